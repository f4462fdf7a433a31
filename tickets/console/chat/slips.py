"""A conversation as one slip of the desk: who, on which plan, what they ask, how long they have waited."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import groupby
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from plans.models import Plan
from plans.wording import name_of as named
from sla.models import Milestone
from tickets.console.chat import finding
from tickets.console.guard import Reader
from tickets.console.rows import Seal
from tickets.models import Chat, Presence, Ticket
from tickets.showing.promises import Promise
from tickets.showing.wording import name_of

# What one person may take at a time where they have not said.
USUAL = 4


@dataclass(frozen=True)
class Slip:
    """One conversation on the desk. `place` is where it stands in its line, from 1; 0 where it does not wait."""

    chat: Chat
    reader: Reader
    promise: Promise | None = None
    place: int = 0

    @property
    def url(self) -> str:
        return reverse("console:chats:chat", args=[self.chat.code])

    @property
    def who(self) -> str:
        return person_of(self.chat)

    @property
    def customer(self) -> str:
        return named(self.chat.customer) if self.chat.customer else ""

    @property
    def plan(self) -> Seal | None:
        return Seal.of(self.chat.contract.plan) if self.chat.contract else None

    @property
    def product(self) -> str:
        return named(self.chat.product) if self.chat.product else ""

    @property
    def asked(self) -> str:
        """Return what the customer said last, on one line."""
        return " ".join((getattr(self.chat, "asked", "") or "").split())[:200]

    @property
    def unread(self) -> int:
        return getattr(self.chat, "unread", 0) or 0

    @property
    def holder(self) -> str:
        return name_of(self.chat.assignee)

    @property
    def given_to(self) -> str:
        """Return the team for which it waits, where that is another than the contract's."""
        chat = self.chat
        usual = chat.contract.team_id if chat.contract else None
        return named(chat.team) if chat.team and chat.team_id != usual else ""

    @property
    def is_mine(self) -> bool:
        return self.chat.assignee_id == self.reader.user.pk

    @cached_property
    def since(self) -> datetime:
        """Return since when the customer has waited: for a person, or for their next word."""
        chat = self.chat
        return (chat.customer_at if chat.accepted_at else chat.waiting_since) or chat.opened_at

    @property
    def waited(self) -> timedelta:
        """Return for how long, as of now."""
        return max(self.reader.at - self.since, timedelta())

    @property
    def is_late(self) -> bool:
        """Tell whether a person's first answer is overdue."""
        return bool(self.promise and self.promise.is_open and self.promise.tone == "breached")

    @property
    def awaits_answer(self) -> bool:
        """Tell whether the customer spoke last."""
        chat = self.chat
        return bool(chat.customer_at and (chat.agent_at is None or chat.customer_at > chat.agent_at))


@dataclass(frozen=True, slots=True)
class Line:
    """One vendor's waiting line; it has a name only where the desk has several."""

    name: str
    slips: Sequence[Slip]


def person_of(chat: Chat) -> str:
    """Return who is on the other end, in the reader's language."""
    if chat.contact:
        return name_of(chat.contact)
    return (chat.visitor.name if chat.visitor else "") or _("访客")


def desk_of(reader: Reader) -> dict[str, Any]:
    """Return everything that the left of the desk shows."""
    rows = [list(finding.waiting(reader)), list(finding.mine(reader)), list(finding.others(reader))]
    promised = promises_of([chat for part in rows for chat in part], reader)
    waiting, mine, others = ([Slip(chat, reader, promised.get(chat.pk)) for chat in part] for part in rows)
    presence = presence_of(reader)
    led = [slip for slip in mine if slip.is_mine]
    return {
        "lines": _lines(waiting),
        "waiting_count": len(waiting),
        "late_count": sum(slip.is_late for slip in waiting),
        "offer": _turn(waiting) if presence.is_available and len(led) < presence.at_most else None,
        "is_full": presence.is_available and len(led) >= presence.at_most,
        "mine": mine,
        "led": led,
        "unread_count": sum(slip.unread for slip in mine),
        "others": others,
        "bot_count": finding.with_bot(reader),
        "presence": presence,
        "has_line": bool(finding.vendors_of(reader)),
        "is_leading": finding.leads(reader),
        "now": reader.at,
    }


def _turn(slips: Iterable[Slip]) -> Slip | None:
    """Return whose turn it is over all lines that a reader looks after, None where nobody waits. Source: Y06"""

    def by_turn(slip: Slip) -> tuple[int, datetime, int]:
        return -slip.chat.plan_rank, slip.chat.waiting_since or slip.chat.opened_at, slip.chat.pk

    return min(slips, key=by_turn, default=None)


def _lines(slips: Iterable[Slip]) -> list[Line]:
    """Return the slips a line each, numbered; where there is but one line it needs no name."""
    parts = [(vendor, list(part)) for vendor, part in groupby(slips, lambda slip: slip.chat.vendor)]
    named_apart = len(parts) > 1
    return [
        Line(
            vendor_name(vendor) if named_apart else "",
            [Slip(slip.chat, slip.reader, slip.promise, place) for place, slip in enumerate(part, 1)],
        )
        for vendor, part in parts
    ]


def vendor_name(vendor: str) -> str:
    """Return what a vendor is called: as its plans begin, else its code."""
    names: dict[str, str] = {"yonsuite": "YonSuite", "kingdee": _("金蝶")}
    return names.get(vendor) or (vendor if Plan.objects.filter(vendor=vendor).exists() else "")


def promises_of(chats: Sequence[Chat], reader: Reader) -> dict[int, Promise]:
    """Return the promise of a person's first answer that each conversation has, by its key, in one question."""
    rows = Milestone.objects.filter(clock__chat__in=chats).select_related("target__policy", "clock__chat")
    return {row.clock.chat.pk: promise_shown(row, reader) for row in rows.order_by("number")}


def promise_shown(row: Milestone, reader: Reader) -> Promise:
    """Return a conversation's promise as pages draw it; asked for strip and clock alone, it needs no ticket."""
    return Promise(row, Ticket(), reader.at, reader.user)


def presence_of(reader: Reader) -> Presence:
    """Return whether the reader takes chats now; nobody does before they say so."""
    row = Presence.objects.filter(user=reader.user).first()
    return row or Presence(user=reader.user, is_available=False, at_most=USUAL)
