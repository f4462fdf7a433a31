"""Exports of Zammad: what its REST API answers with `expand=true`, as lists, pages or JSON lines."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tickets.importing.records import (
    Attached,
    Past,
    Person,
    Raw,
    RecordError,
    Said,
    Side,
    in_order,
    instant,
    key,
    maybe_instant,
    parts,
    text,
    within,
    words,
)
from tickets.importing.spooled import Filed, Look
from tickets.mailing.pages import as_text

SYSTEM = Person("1", Side.SYSTEM, "Zammad")
SECTIONS = {
    "tickets": "ticket", "articles": "article", "ticket_articles": "article", "users": "user",
    "organizations": "organization",
}  # fmt: skip
SIGNS: Sequence[tuple[str, Sequence[str]]] = (
    ("article", ("ticket_id", "sender")),
    ("article", ("ticket_id", "internal")),
    ("ticket", ("title", "state")),
    ("user", ("login",)),
    ("organization", ("name", "member_ids")),
    ("organization", ("name", "shared")),
)
# What a page in the API's compact form says: names are missing in it.
COMPACT: Sequence[Sequence[str]] = (("title", "state_id"),)
STATUS = {
    "new": "new", "open": "open", "pending reminder": "waiting_customer", "pending close": "waiting_customer",
    "closed": "closed", "merged": "closed", "removed": "leave_out",
}  # fmt: skip
PRIORITY = {"1 low": "low", "2 normal": "normal", "3 high": "high", "": "normal"}
CHANNEL = {"email": "email", "phone": "hotline", "chat": "im", "web": "portal", "sms": "im"}
AGENT_ROLES = {"agent", "admin"}


def filed(section: str, raw: Raw) -> Iterator[Filed]:
    """Yield what a record is and under which id it is kept. Raises RecordError for one that is nothing known."""
    kind = SECTIONS.get(section) or next((kind for kind, signs in SIGNS if all(sign in raw for sign in signs)), "")
    if not kind and section:
        return
    if any(all(sign in raw for sign in signs) for signs in COMPACT) and "state" not in raw:
        raise RecordError("not_expanded", "state", key(raw))
    if not kind:
        raise RecordError("unknown_record", "", ", ".join(sorted(raw))[:80])
    if kind == "article":
        yield Filed(kind, key(raw), raw, ticket=key(raw, "ticket_id"))
        return
    yield Filed(kind, key(raw), raw, updated=text(raw, "updated_at"))
    # The expanded form names people by login or address, not by id.
    for name in ("login", "email") if kind == "user" else ("name",) if kind == "organization" else ():
        if named := text(raw, name).lower():
            yield Filed(f"{kind}_named", named, raw, updated=text(raw, "updated_at"))


def past_of(raw: Raw, hanging: Mapping[str, Sequence[Raw]], look: Look) -> Past:
    """Return a ticket with its history. Raises RecordError for one that cannot be understood."""
    people = _People(look, text(raw, "organization"), str(raw.get("customer_id") or ""))
    opened_at = instant(raw, "created_at")
    requester = people.of(raw.get("customer"), raw.get("customer_id"), Side.CUSTOMER)
    if requester is None:
        raise RecordError("unknown_requester", "customer")
    articles = {one.id: one for one in map(people.said, [*parts(raw, "articles"), *hanging.get("article", ())])}
    said = in_order(articles) or (Said("title", opened_at, requester, text(raw, "title")),)
    owner = text(raw, "owner")
    return Past(
        id=key(raw),
        number=text(raw, "number", 64),
        subject=text(raw, "title", 200),
        status=text(raw, "state").lower(),
        opened_at=opened_at,
        updated_at=maybe_instant(raw, "updated_at") or opened_at,
        requester=requester,
        priority=text(raw, "priority").lower(),
        channel=text(raw, "create_article_type").lower() or _first_way(raw, hanging),
        assignee=people.of(owner, raw.get("owner_id"), Side.AGENT) if owner not in ("", "-") else None,
        ended_at=maybe_instant(raw, "close_at") or maybe_instant(raw, "last_close_at"),
        tags=words(raw, "tags"),
        fields={name: text(raw, name, 400) for name in raw if name not in KNOWN and text(raw, name)},
        traits={"type": text(raw, "type").lower(), "group": text(raw, "group")},
        said=said,
    )


def _first_way(raw: Raw, hanging: Mapping[str, Sequence[Raw]]) -> str:
    """Return by which way the first article came."""
    listed = [*parts(raw, "articles"), *hanging.get("article", ())]
    first = min(listed, key=lambda one: (text(one, "created_at"), len(text(one, "id")), text(one, "id")), default={})
    return text(first, "type").lower()


@dataclass(frozen=True, slots=True)
class _People:
    """The people of a ticket, by name or id; of somebody who is not listed the name says what it can."""

    look: Look
    organization: str
    customer_id: str

    def of(self, named: Any, id: Any, side: Side) -> Person | None:
        """Return somebody; None for nobody."""
        name = text({"name": named}, "name", 254)
        if not name and id in (None, ""):
            return None
        if name == "-" or (str(id) == SYSTEM.id and name in ("", "-")):
            return SYSTEM
        found = (self.look("user", str(id)) if id else None) or self.look("user_named", name.lower())
        return self._person(found, side) if found else self._unlisted(name, str(id or ""), side)

    def _person(self, user: Raw, side: Side) -> Person:
        roles = {role.lower() for role in words(user, "roles")}
        whole = " ".join(filter(None, (text(user, "firstname"), text(user, "lastname"))))
        is_requester = text(user, "id") == self.customer_id
        belongs = (self.organization if is_requester else "") or text(user, "organization")
        return Person(
            id=text(user, "id", 64),
            side=(Side.AGENT if roles & AGENT_ROLES else Side.CUSTOMER) if roles else side,
            name=whole[:80] or text(user, "login", 80),
            email=text(user, "email", 254),
            phone=text(user, "phone", 32),
            organization=text(user, "organization_id"),
            organization_name=belongs,
        )

    def _unlisted(self, name: str, id: str, side: Side) -> Person:
        belongs = self.organization if id == self.customer_id else ""
        email = name if "@" in name else ""
        return Person(id or name[:64], side, name[:80] or f"#{id}", email, organization_name=belongs)

    def said(self, raw: Raw) -> Said:
        """Return what an article says."""
        side = {"agent": Side.AGENT, "system": Side.SYSTEM}.get(text(raw, "sender").lower(), Side.CUSTOMER)
        id = raw.get("origin_by_id") or raw.get("created_by_id")
        author = SYSTEM if side is Side.SYSTEM else self.of(raw.get("origin_by") or raw.get("created_by"), id, side)
        body = text(raw, "body")
        return Said(
            id=key(raw),
            at=instant(raw, "created_at"),
            author=_on(author or SYSTEM, side),
            body=as_text(body) if "html" in text(raw, "content_type").lower() else body,
            is_public=raw.get("internal") is not True,
            is_call=text(raw, "type").lower() == "phone" and side is Side.AGENT,
            files=tuple(map(_file, parts(raw, "attachments"))),
        )


def _on(author: Person, side: Side) -> Person:
    """Return somebody on the side on which an article says that they wrote."""
    if author.side is side:
        return author
    return Person(
        author.id, side, author.name, author.email, author.phone, author.organization, author.organization_name
    )


def _file(raw: Raw) -> Attached:
    name = text(raw, "filename", 255) or "file"
    said = within(raw, "preferences")
    content_type = text(raw, "mime-type") or text(said, "Content-Type") or text(said, "Mime-Type")
    path = text(raw, "path") or f"{text(raw, 'id')}/{name}"
    return Attached(name, content_type[:120], text(raw, "data") or text(raw, "base64"), path)


# What every ticket has; anything else is a field of somebody's own.
KNOWN = {
    "id", "group_id", "priority_id", "state_id", "organization_id", "number", "title", "owner_id", "customer_id",
    "note", "first_response_at", "first_response_escalation_at", "first_response_in_min", "first_response_diff_in_min",
    "close_at", "close_escalation_at", "close_in_min", "close_diff_in_min", "update_escalation_at", "update_in_min",
    "update_diff_in_min", "last_close_at", "last_contact_at", "last_contact_agent_at", "last_contact_customer_at",
    "last_owner_update_at", "create_article_type_id", "create_article_sender_id", "article_count", "escalation_at",
    "pending_time", "type", "time_unit", "preferences", "updated_by_id", "created_by_id", "created_at", "updated_at",
    "group", "priority", "state", "organization", "owner", "customer", "created_by", "updated_by", "article_ids",
    "ticket_time_accounting_ids", "create_article_type", "create_article_sender", "articles", "tags",
    "ticket_time_accounting", "checklist_id", "referencing_checklist_ids", "mention_ids",
}  # fmt: skip
