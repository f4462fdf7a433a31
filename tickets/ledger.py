"""The ledger of a ticket: one numbered line an event, and the only way its clocks hear of anything."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import Model

from plans.models import Contact, User
from sla import engine
from sla.actors import Actor
from sla.engine import Heard
from sla.inserting import insert_all
from sla.models import Milestone, Policy
from sla.timeline import ActorKind, FactKind
from tickets.models import Message, Ticket, TicketClock, TicketEvent

Kind = TicketEvent.Kind

# What a line of the ledger tells the clocks; a line that is not here tells them nothing.
FACTS = {
    Kind.CUSTOMER_MESSAGE: FactKind.CUSTOMER_MESSAGE,
    Kind.BOT_REPLY: FactKind.REPLY,
    Kind.ACCEPTED: FactKind.ACCEPT,
    Kind.ASSIGNED: FactKind.ASSIGN,
    Kind.PROGRESS: FactKind.PROGRESS,
    Kind.REPLY: FactKind.REPLY,
    Kind.CALL: FactKind.CALL,
    Kind.WAITING: FactKind.WAIT,
    Kind.RESUMED: FactKind.RESUME,
    Kind.RESOLVED: FactKind.RESOLVE,
    Kind.REOPENED: FactKind.REOPEN,
    Kind.CLOSED: FactKind.CLOSE,
    Kind.MERGED: FactKind.MERGE,
}

# After these a ticket stands otherwise than before.
TURNS = (Kind.OPENED, Kind.WAITING, Kind.RESUMED, Kind.RESOLVED, Kind.REOPENED, Kind.CLOSED, Kind.MERGED)

# What an action may have changed on the ticket by the time it records it.
KEPT = (
    "status", "priority", "team", "assignee", "waiting_until", "resolved_at", "closed_at", "merged_into", "next_due_at",
    "event_count", "updated_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """A line to be written: what happened, who did it, when, and what was said."""

    kind: TicketEvent.Kind
    actor: Actor
    at: datetime
    message: Message | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    is_public: bool = True


def actor_of(person: User | Contact) -> Actor:
    """Return a person as the ledger names them."""
    if isinstance(person, Contact):
        return Actor(ActorKind.CUSTOMER, f"contact:{person.pk}", person.name)
    return Actor(ActorKind.AGENT if person.is_agent else ActorKind.CUSTOMER, f"user:{person.pk}", str(person))


@dataclass(frozen=True, slots=True)
class Opened:
    """The first line of a ticket, and what is promised from then on."""

    event: TicketEvent
    milestones: list[Milestone]


def open_with(ticket: Ticket, entry: Entry, policy: Policy | None) -> Opened:
    """Write the first line of a new, unsaved ticket and start its clock, if the plan times anything."""
    ticket.event_count, ticket.updated_at = 1, entry.at
    rows: list[Model] = [ticket]
    milestones: list[Milestone] = []
    if policy:
        planned = _planned(ticket, entry, policy)
        milestones = planned.milestones
        rows += [*planned.rows, TicketClock(ticket=ticket, clock=planned.clock)]
    ticket.next_due_at = _next_due(milestones)
    if entry.message:
        entry.message.ticket = ticket
        rows.append(entry.message)
    event = _event(ticket, entry, 1)
    insert_all([*rows, event])
    return Opened(event, milestones)


def _planned(ticket: Ticket, entry: Entry, policy: Policy) -> engine.Start:
    heard = Heard(FactKind.OPEN, entry.at, entry.actor, f"{ticket.number}#1")
    return engine.plan(policy=policy, priority=ticket.priority, heard=heard)


def record(ticket: Ticket, *written: Entry) -> list[TicketEvent]:
    """Write lines, tell the clocks what people did, and save the ticket with them.

    Call inside atomic with the ticket locked. The ticket's own fields are saved too, so an action sets them first.
    """
    first = ticket.event_count + 1
    entries = _in_turn(ticket, written)
    events = [_event(ticket, entry, number) for number, entry in enumerate(entries, first)]
    TicketEvent.objects.bulk_create(events)
    heard = [_heard(ticket, event, entry) for event, entry in zip(events, entries, strict=True) if _is_fact(entry)]
    if heard:
        _tell(ticket, heard)
    ticket.event_count += len(entries)
    ticket.updated_at = entries[-1].at
    ticket.save(update_fields=KEPT)
    return events


def _tell(ticket: Ticket, heard: list[Heard]) -> None:
    rows: list[Milestone] = []
    for timed in ticket.ticket_clocks.select_related("clock"):
        rows += engine.observe(timed.clock, heard)
    ticket.next_due_at = _next_due(rows)


def replan(ticket: Ticket, entry: Entry) -> TicketEvent:
    """Write a change of priority and put the ticket's clocks under it."""
    at = max(entry.at, _turned_at(ticket))
    heard = Heard(FactKind.REPLAN, at, entry.actor, f"{ticket.number}#{ticket.event_count + 1}")
    rows: list[Milestone] = []
    for timed in ticket.ticket_clocks.select_related("clock__policy"):
        rows += engine.replan(timed.clock, policy=timed.clock.policy, priority=ticket.priority, heard=heard)
    ticket.next_due_at = _next_due(rows)
    return record(ticket, replace(entry, at=at))[0]


def _in_turn(ticket: Ticket, entries: Sequence[Entry]) -> Sequence[Entry]:
    """Return lines that tell the clocks nothing of a time when the ticket still stood otherwise.

    A request reads the clock, then may have to wait for the ticket: it acts on what it then finds there.
    """
    if not any(_is_fact(entry) for entry in entries):
        return entries
    turned_at = _turned_at(ticket)
    return [replace(entry, at=max(entry.at, turned_at)) for entry in entries]


def _turned_at(ticket: Ticket) -> datetime:
    """Return when the ticket last came to stand as it does."""
    turns = ticket.events.filter(kind__in=TURNS).order_by("-number")
    return turns.values_list("at", flat=True).first() or ticket.opened_at


def _next_due(rows: Iterable[Milestone]) -> datetime | None:
    """Return the earliest due instant among open milestones."""
    return min((row.due_at for row in rows if row.due_at and row.stopped_at is None), default=None)


def _is_fact(entry: Entry) -> bool:
    """Tell whether the clocks hear of it; a call that nobody answered is no contact. Source: K02"""
    return entry.kind in FACTS and entry.fields.get("answered", True)


def _heard(ticket: Ticket, event: TicketEvent, entry: Entry) -> Heard:
    fields: dict[str, Any] = {name: entry.fields[name] for name in ("hold", "until", "remark") if name in entry.fields}
    return Heard(FACTS[entry.kind], entry.at, entry.actor, f"{ticket.number}#{event.number}", fields)


def _event(ticket: Ticket, entry: Entry, number: int) -> TicketEvent:
    return TicketEvent(
        ticket=ticket, number=number, kind=entry.kind, at=entry.at, message=entry.message, fields=entry.fields,
        is_public=entry.is_public, actor_kind=entry.actor.kind, actor_ref=entry.actor.ref,
        actor_display=entry.actor.display,
    )  # fmt: skip
