"""Exports of Zendesk: pages of the incremental export, and JSON lines of the full one.

Tickets may hold their comments; else they come beside them, as comments that name their ticket, or as audits.
"""

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
    Turn,
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

SYSTEM = Person("-1", Side.SYSTEM, "Zendesk")
AGENTS = ("agent", "admin")
# What is listed under a name, or has such a field.
SECTIONS = {
    "tickets": "ticket", "users": "user", "organizations": "organization", "groups": "group", "brands": "brand",
    "comments": "comment", "audits": "audit", "ticket_audits": "audit", "metric_sets": "metrics",
    "ticket_metrics": "metrics",
}  # fmt: skip
SIGNS: Sequence[tuple[str, Sequence[str]]] = (
    ("audit", ("events", "ticket_id")),
    ("comment", ("author_id", "public")),
    ("metrics", ("solved_at", "ticket_id")),
    ("ticket", ("status", "requester_id")),
    ("ticket", ("status", "requester")),
    ("user", ("role",)),
    ("organization", ("domain_names",)),
    ("brand", ("subdomain",)),
)
# What hangs on a ticket.
HANGING = {"comment", "audit", "metrics"}
STATUS = {
    "new": "new", "open": "open", "pending": "waiting_customer", "hold": "waiting_third_party", "solved": "resolved",
    "closed": "closed", "deleted": "leave_out",
}  # fmt: skip
PRIORITY = {"low": "low", "normal": "normal", "high": "high", "urgent": "urgent", "": "normal"}
CHANNEL = {
    "email": "email", "chat": "im", "native_messaging": "im", "messaging": "im", "voice": "hotline", "phone": "hotline",
    "forum": "community", "topic": "community", "mobile_sdk": "in_product", "mobile": "in_product",
}  # fmt: skip


def filed(section: str, raw: Raw) -> Iterator[Filed]:
    """Yield what a record is and under which id it is kept. Raises RecordError for one that is nothing known."""
    kind = SECTIONS.get(section) or next((kind for kind, signs in SIGNS if all(sign in raw for sign in signs)), "")
    if not kind and section:
        return
    if not kind:
        raise RecordError("unknown_record", "", ", ".join(sorted(raw))[:80])
    if kind == "metrics":
        yield Filed(kind, key(raw, "ticket_id"), raw, ticket=key(raw, "ticket_id"))
    elif kind in HANGING:
        yield Filed(kind, key(raw), raw, ticket=key(raw, "ticket_id"))
    else:
        yield Filed(kind, key(raw), raw, updated=text(raw, "updated_at"))


def past_of(raw: Raw, hanging: Mapping[str, Sequence[Raw]], look: Look) -> Past:
    """Return a ticket with its history. Raises RecordError for one that cannot be understood."""
    people = _People(raw, look)
    opened_at = instant(raw, "created_at")
    metrics = next(iter(hanging.get("metrics", ())), within(raw, "metric_set"))
    status = text(raw, "status").lower()
    solved_at = maybe_instant(metrics, "solved_at")
    requester = people.of(raw.get("requester_id") or within(raw, "requester").get("id"))
    if requester is None:
        raise RecordError("unknown_requester", "requester_id", raw.get("requester_id") or "")
    return Past(
        id=key(raw),
        subject=text(raw, "subject", 200) or text(raw, "raw_subject", 200) or text(raw, "description", 60),
        status=status,
        opened_at=opened_at,
        updated_at=maybe_instant(raw, "updated_at") or opened_at,
        requester=requester,
        priority=text(raw, "priority").lower(),
        channel=text(within(raw, "via"), "channel").lower(),
        assignee=people.of(raw.get("assignee_id") or within(raw, "assignee").get("id")),
        ended_at=solved_at if status == "solved" else None,
        tags=words(raw, "tags"),
        fields=_fields(raw),
        traits=_traits(raw, look),
        said=_said(raw, hanging, people, opened_at, requester),
        turns=_turns(hanging.get("audit", ()), people),
    )


@dataclass(frozen=True, slots=True)
class _People:
    """The people of a ticket: those that it holds itself, and those that are listed beside it."""

    raw: Raw
    look: Look

    def of(self, id: Any) -> Person | None:
        """Return somebody by id; None for nobody."""
        if id in (None, ""):
            return None
        if str(id) == SYSTEM.id:
            return SYSTEM
        held = (within(self.raw, name) for name in ("requester", "submitter", "assignee"))
        found = next((one for one in held if str(one.get("id")) == str(id)), None) or self.look("user", str(id))
        return self._person(str(id), found) if found else self._unlisted(str(id))

    def _person(self, id: str, user: Raw) -> Person:
        listed = self.raw.get("organization_id") if str(self.raw.get("requester_id")) == id else None
        organization = str(listed or user.get("organization_id") or "")
        held = within(self.raw, "organization")
        named = self.look("organization", organization) if organization else None
        return Person(
            id=id,
            side=Side.AGENT if text(user, "role") in AGENTS else Side.CUSTOMER,
            name=text(user, "name", 80) or text(user, "email", 80) or f"#{id}",
            email=text(user, "email", 254),
            phone=text(user, "phone", 32),
            organization=organization,
            organization_name=text(named or held, "name"),
        )

    def _unlisted(self, id: str) -> Person:
        """Return somebody of whom there is nothing but the id: whoever asked is the customer, all others are ours."""
        is_requester = id == str(self.raw.get("requester_id"))
        return Person(id, Side.CUSTOMER if is_requester else Side.AGENT, f"#{id}")


def _fields(raw: Raw) -> dict[str, str]:
    listed = parts(raw, "custom_fields") or parts(raw, "fields")
    named = {str(one.get("id", "")): one.get("value") for one in listed}
    return {id: text({"value": value}, "value", 400) for id, value in named.items() if id and value not in (None, "")}


def _traits(raw: Raw, look: Look) -> dict[str, str]:
    """Return what the rules of a mapping may ask for."""
    group = within(raw, "group") or look("group", str(raw.get("group_id") or "")) or {}
    brand = look("brand", str(raw.get("brand_id") or "")) or {}
    return {
        "type": text(raw, "type").lower(),
        "group": text(group, "name") or text(raw, "group_id"),
        "brand": text(brand, "name") or text(raw, "brand_id"),
        "form": text(raw, "ticket_form_id"),
    }


def _said(
    raw: Raw, hanging: Mapping[str, Sequence[Raw]], people: _People, opened_at: Any, requester: Person
) -> tuple[Said, ...]:
    """Return what was said, once each, however often it is listed; without comments, the description alone."""
    found: dict[str, Said] = {}
    for audit in hanging.get("audit", ()):
        for event in parts(audit, "events"):
            if text(event, "type") in ("Comment", "VoiceComment"):
                one = _comment(
                    {"created_at": audit.get("created_at"), "author_id": audit.get("author_id"), **event}, people
                )
                found[one.id] = one
    for comment in [*parts(raw, "comments"), *hanging.get("comment", ())]:
        one = _comment(comment, people)
        found[one.id] = one
    if not found:
        return (Said("description", opened_at, requester, text(raw, "description")),)
    return in_order(found)


def _comment(raw: Raw, people: _People) -> Said:
    is_public = raw.get("public") is not False
    return Said(
        id=key(raw),
        at=instant(raw, "created_at"),
        author=people.of(raw.get("author_id")) or SYSTEM,
        body=text(raw, "plain_body") or text(raw, "body") or as_text(text(raw, "html_body")),
        is_public=is_public,
        is_call=text(raw, "type") == "VoiceComment",
        files=tuple(_file(one) for one in parts(raw, "attachments")),
    )


def _file(raw: Raw) -> Attached:
    name = text(raw, "file_name", 255) or "file"
    return Attached(
        name, text(raw, "content_type", 120), text(raw, "data") or text(raw, "base64"),
        text(raw, "path") or f"{text(raw, 'id')}/{name}",
    )  # fmt: skip


def _turns(audits: Sequence[Raw], people: _People) -> tuple[Turn, ...]:
    """Return the changes of status that the audits tell of, in order."""
    found = []
    for audit in audits:
        for event in parts(audit, "events"):
            if text(event, "type") == "Change" and text(event, "field_name") == "status":
                author = people.of(audit.get("author_id"))
                found.append(Turn(key(event), instant(audit, "created_at"), author, text(event, "value").lower()))
    return tuple(sorted(found, key=lambda turn: (turn.at, len(turn.id), turn.id)))
