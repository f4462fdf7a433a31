"""A ticket's page in its parts: the list beside it, the head, the conversation, and the side sheet."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from plans.models import Team, User
from plans.models.people import STAFF_ROLES, Language
from plans.quotas.rights import rights_of as contract_rights
from plans.quotas.words import left_words
from plans.terms import local_date
from plans.wording import name_of as named
from tickets.answers import decision_of
from tickets.console.accounts.guard import SEE_ALL
from tickets.console.acts import COMPOSED, offered
from tickets.console.guard import Reader
from tickets.console.ordering import by_name
from tickets.console.queue import Wish, rows_for
from tickets.console.rail import View
from tickets.console.rows import Seal
from tickets.console.side_tasks import tasks_of
from tickets.console.waiting import waits_of
from tickets.models import Alert, Channel, Status, Ticket, TicketEvent
from tickets.models.ticket import WAITING
from tickets.showing.conversation import entries_of
from tickets.showing.happenings import words_of
from tickets.showing.holders import splits_of
from tickets.showing.names import names_in
from tickets.showing.promises import Promise, current_of, promises_of
from tickets.showing.wording import name_of, zone_words

BESIDE = 30
OTHERS = 5
ALERTS = 30
RELATED = ("customer", "contact__customer", "contract__plan", "product", "assignee", "team", "merged_into")


@dataclass(frozen=True)
class Draft:
    """What was typed but not accepted, and why: the error, the clause behind it and what can be done instead."""

    kind: str = "reply"
    body: str = ""
    error: str = ""
    clause: str = ""
    ways_on: tuple[str, ...] = ()
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def is_composed(self) -> bool:
        """Tell whether it stands in the composer, not beside one of the buttons."""
        return self.kind in COMPOSED


def find_ticket(number: str, reader: Reader) -> Ticket:
    """Return a ticket. Raises Http404 for one that the reader may not see as for one that never was."""
    ticket = Ticket.objects.visible_to(reader.user).select_related(*RELATED).filter(number=number).first()
    if ticket is None:
        raise Http404
    return ticket


@dataclass(frozen=True)
class Desk:
    """One ticket as its page shows it; each part reads only what it needs."""

    ticket: Ticket
    reader: Reader
    view: View
    draft: Draft = Draft()

    @cached_property
    def promises(self) -> list[Promise]:
        return promises_of([self.ticket], self.reader.at, self.reader.user)[self.ticket.pk]

    @property
    def url(self) -> str:
        return f"{reverse('console:ticket', args=[self.ticket.number])}?view={self.view.key}"

    @property
    def act_url(self) -> str:
        return reverse("console:act", args=[self.ticket.number]) + f"?view={self.view.key}"

    def whole(self) -> dict[str, Any]:
        """Return what the whole page needs."""
        return {**self.head(), **self.talk(), **self.sheet(), **self.beside(), **self.composer()}

    def head(self) -> dict[str, Any]:
        """Return what the head needs: the facts, and the acts that make sense."""
        return {
            "ticket": facts(self.ticket),
            "post": self.ticket.posts.first() if self.ticket.channel == Channel.COMMUNITY else None,
            "acts": offered(self.ticket, self.reader.user),
            "people": self.colleagues,
            "teams": self.teams(),
            "act_url": self.act_url,
            "sending": secrets.token_urlsafe(12),
            "draft": self.draft,
            "now": self.reader.at,
            "head_url": f"{self.url}&part=head",
        }

    @cached_property
    def colleagues(self) -> list[dict[str, Any]]:
        """Return who may be given the ticket: its team, the reader's, and whoever asks."""
        teams = {pk for pk in (self.ticket.team_id, self.reader.user.team_id) if pk}
        near = Q(team__in=teams) | Q(pk=self.reader.user.pk) | Q(leads__in=teams)
        staff = by_name(User.objects.filter(near, is_active=True, role__in=STAFF_ROLES).distinct())
        return [
            {"id": person.pk, "name": name_of(person), "is_holder": person.pk == self.ticket.assignee_id}
            for person in staff
        ]

    def teams(self) -> list[dict[str, Any]]:
        """Return the teams that the ticket may be given to: those of its plan's vendor, but for the one that has it."""
        others = by_name(Team.objects.filter(vendor=self.ticket.contract.plan.vendor))
        held = self.ticket.team_id if self.ticket.assignee_id is None else None
        return [{"id": team.pk, "name": named(team)} for team in others if team.pk != held]

    def talk(self) -> dict[str, Any]:
        """Return what the conversation needs."""
        return {
            "entries": entries_of(self.ticket, self.promises, self.reader.user, self.reader.at),
            "current": current_of(self.promises),
            "now": self.reader.at,
            "live_url": f"{self.url}&part=talk",
            "act_url": self.act_url,
            "sending": secrets.token_urlsafe(12),
        }

    def composer(self) -> dict[str, Any]:
        """Return what the composer needs."""
        allowed = offered(self.ticket, self.reader.user)
        kinds = [
            {"code": code, "icon": icon, "name": name} for code, (icon, name) in COMPOSED.items() if code in allowed
        ]
        chosen = self.draft.kind if self.draft.kind in allowed else next((kind["code"] for kind in kinds), "")
        waits = waits_of(self.ticket, self.promises) if "wait" in allowed else []
        return {"kinds": kinds, "chosen": chosen, "waits": waits}

    def sheet(self) -> dict[str, Any]:
        """Return what the side sheet needs: promises, the customer, and what the contract gives."""
        ordered = sorted(self.promises, key=lambda promise: (not promise.is_open, promise.due_at or self.reader.at))
        events = list(self.ticket.events.order_by("number"))
        splits = splits_of(self.ticket, events, [promise.milestone for promise in ordered], self.reader.at)
        return {
            "milestones": [replace(promise, split=splits[promise.id]) for promise in ordered],
            "nearest": nearest_of(ordered),
            "wait": wait_words(self.ticket, events),
            "customer": customer_of(self.ticket, self.reader),
            "others": self.others(),
            "rights": rights_of(self.ticket, self.reader.at),
            "decision": decision_of(self.ticket),
            "details": details(self.ticket),
            "alerts": self.alerts(),
            "tasks": tasks_of(self.ticket, self.reader),
            "people": self.colleagues,
            "may_ask": not self.ticket.is_ended,
            "now": self.reader.at,
            "act_url": self.act_url,
            "sending": secrets.token_urlsafe(12),
            "sheet_url": f"{self.url}&part=sheet",
        }  # fmt: skip

    def alerts(self) -> list[Alert]:
        """Return what monitoring reported, what fires in front; nothing of other tickets."""
        if self.ticket.channel != Channel.MONITORING:
            return []
        return list(self.ticket.alerts.order_by("state", "-last_seen_at", "pk")[:ALERTS])

    def others(self) -> list[Ticket]:
        """Return the customer's other tickets, the last opened in front."""
        seen = Ticket.objects.visible_to(self.reader.user).filter(customer=self.ticket.customer_id)
        return list(seen.exclude(pk=self.ticket.pk).order_by("-opened_at", "-pk")[:OTHERS])

    def beside(self) -> dict[str, Any]:
        """Return what the list beside the ticket needs: the first of the view it was opened from."""
        rows, _page = rows_for(Wish(self.view), self.reader, BESIDE)
        return {
            "slips": rows,
            "current_number": self.ticket.number,
            "back_url": self.view.url,
            "list_url": f"{self.url}&part=list",
        }


def wait_words(ticket: Ticket, events: Sequence[TicketEvent]) -> str:
    """Return who waits for whom, until when and why; nothing while the ticket does not wait."""
    last = next((event for event in reversed(events) if event.kind == TicketEvent.Kind.WAITING), None)
    return words_of(last, names_in([last], [])) if last and ticket.status in WAITING else ""


def nearest_of(promises: Iterable[Promise]) -> int | None:
    """Return the key of the open promise that is due first; None unless it is one of several. Source: C32"""
    dated = [promise for promise in promises if promise.is_open and promise.due_at]
    current = current_of(dated)
    return current.id if current and len(dated) > 1 else None


def facts(ticket: Ticket) -> dict[str, Any]:
    """Return what the head says of a ticket."""
    return {
        "number": ticket.number,
        "subject": ticket.subject,
        "status": ticket.status,
        "status_name": ticket.get_status_display(),
        "channel": ticket.channel,
        "channel_name": ticket.get_channel_display(),
        "plan": Seal.of(ticket.contract.plan),
        "customer": named(ticket.customer),
        "requester": name_of(ticket.contact),
        "category_name": ticket.get_category_display(),
        "priority": ticket.priority,
        "priority_name": ticket.get_priority_display(),
        "product": named(ticket.product) if ticket.product else "",
        "opened_at": ticket.opened_at,
        "assignee": name_of(ticket.assignee),
        "waiting_until": ticket.waiting_until,
        "is_merged": ticket.status == Status.MERGED,
        "merged_into": ticket.merged_into.number if ticket.merged_into else "",
        "language_name": language_name(ticket),
        "url": reverse("console:ticket", args=[ticket.number]),
    }


def language_name(ticket: Ticket) -> str:
    """Return the language in which the customer is written to."""
    return str(dict(Language.choices).get(ticket.language or ticket.contact.reads, ""))


def details(ticket: Ticket) -> list[tuple[str, str]]:
    """Return what the customer said of where it happens, as far as they did."""
    said = [
        (_("产品"), named(ticket.product) if ticket.product else ""),
        (_("模块"), ticket.module),
        (_("版本"), ticket.version),
        (_("租户"), ticket.tenant),
        (_("环境"), ticket.environment),
        (_("错误码"), ticket.error_code),
        (_("外部编号"), ticket.external_id),
    ]
    return [(name, value) for name, value in said if value]


def customer_of(ticket: Ticket, reader: Reader) -> dict[str, Any]:
    """Return who asks, what they hold, and who of ours stands for them."""
    contact, contract = ticket.contact, ticket.contract
    zone = ZoneInfo(contact.zone)
    members = list(contract.account_team.select_related("user"))
    may_see = reader.user.role in SEE_ALL or reader.user in [member.user for member in members]
    return {
        "name": named(ticket.customer),
        "url": reverse("console:accounts:customer", args=[ticket.customer.code]) if may_see else "",
        "contact": contact,
        "contact_name": name_of(contact),
        "local_time": f"{reader.at.astimezone(zone):%H:%M} {zone_words(zone)}",
        "plan": Seal.of(contract.plan),
        "contract": contract.number,
        "ticket": ticket.number,
        "ends_on": contract.ended_on or contract.ends_on,
        "account_team": [{"role": member.get_seat_display(), "name": name_of(member.user)} for member in members],
    }


def rights_of(ticket: Ticket, at: datetime) -> list[dict[str, str]]:
    """Return what the contract gives by number, and how much of it is left."""
    return [
        {"name": named(item), "words": left_words(right), "section": item.section}
        for right in contract_rights(ticket.contract, local_date(ticket.contract, at))
        if (item := right.entitlement.item) and right.balance
    ]


def find_promise(promises: Iterable[Promise], pk: int) -> Promise:
    """Return one promise of a ticket. Raises Http404 when it is another's."""
    found = next((promise for promise in promises if promise.id == pk), None)
    if found is None:
        raise Http404
    return found
