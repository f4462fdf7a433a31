"""A ticket as one row of a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.urls import reverse

from plans.models import Plan
from plans.wording import name_of as named
from tickets.console.guard import Reader
from tickets.models import Ticket
from tickets.showing.countdown import Countdown
from tickets.showing.promises import Promise, current_of, promises_of
from tickets.showing.strip import Strip
from tickets.showing.wording import name_of

RELATED = ("customer", "contact", "contract__plan", "assignee")


@dataclass(frozen=True)
class Seal:
    """A plan as lists show it: one character, its name, and how heavy it is drawn, from 0 to 3."""

    seal: str
    name: str
    weight: int

    @classmethod
    def of(cls, plan: Plan) -> "Seal":
        return cls(plan.seal, named(plan), min(max(plan.rank // 10 - 1, 0), 3))


@dataclass(frozen=True)
class Row:
    """One ticket in a list, with the promise to look at."""

    ticket: Ticket
    promise: Promise | None
    # The last that ended, told where none is open.
    ended: Promise | None
    view_key: str

    @property
    def number(self) -> str:
        return self.ticket.number

    @property
    def url(self) -> str:
        return f"{reverse('console:ticket', args=[self.number])}?view={self.view_key}"

    @property
    def channel(self) -> str:
        return self.ticket.channel

    @property
    def channel_name(self) -> str:
        return self.ticket.get_channel_display()

    @property
    def plan(self) -> Seal:
        return Seal.of(self.ticket.contract.plan)

    @property
    def priority(self) -> str:
        return self.ticket.priority

    @property
    def priority_name(self) -> str:
        return self.ticket.get_priority_display()

    @property
    def status_name(self) -> str:
        return self.ticket.get_status_display()

    @property
    def subject(self) -> str:
        return self.ticket.subject

    @property
    def requester(self) -> str:
        return name_of(self.ticket.contact)

    @property
    def customer(self) -> str:
        return named(self.ticket.customer)

    @property
    def assignee(self) -> str:
        return name_of(self.ticket.assignee)

    @property
    def opened_at(self) -> datetime:
        return self.ticket.opened_at

    @property
    def strip(self) -> Strip | None:
        return self.promise.row if self.promise else None

    @property
    def card(self) -> Strip | None:
        return self.promise.strip if self.promise else None

    @property
    def clock(self) -> Countdown | None:
        return self.promise.clock if self.promise else None

    @property
    def metric_name(self) -> str:
        return self.promise.name if self.promise else ""


def rows_of(tickets: QuerySet[Ticket] | Sequence[Ticket], reader: Reader, view_key: str) -> list[Row]:
    """Return a row for each ticket, all promises in one query."""
    listed = list(tickets.select_related(*RELATED) if isinstance(tickets, QuerySet) else tickets)
    promises = promises_of(listed, reader.at, reader.user)
    return [_row(ticket, promises[ticket.pk], view_key) for ticket in listed]


def _row(ticket: Ticket, promises: Sequence[Promise], view_key: str) -> Row:
    ended = max((promise for promise in promises if promise.stopped_at), key=_stopped, default=None)
    return Row(ticket, current_of(promises), ended, view_key)


def _stopped(promise: Promise) -> datetime:
    return promise.stopped_at or promise.started_at
