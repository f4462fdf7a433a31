"""The ledger of a ticket: one numbered line an event, and the only way its clocks hear of anything."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Model

from plans.models import Contact, User
from sla import engine
from sla.actors import Actor
from sla.changing.replanning import catch_up
from sla.engine import Heard
from sla.inserting import insert_all
from sla.models import Clock, Milestone, Policy
from sla.timeline import ActorKind, FactKind
from tickets import team_clocks
from tickets.answers import instant
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
    Kind.PUBLISHED: FactKind.REPLY,
    Kind.WAITING: FactKind.WAIT,
    Kind.RESUMED: FactKind.RESUME,
    Kind.RESOLVED: FactKind.RESOLVE,
    Kind.REOPENED: FactKind.REOPEN,
    Kind.CLOSED: FactKind.CLOSE,
    Kind.MERGED: FactKind.MERGE,
}

# What a fact takes along of the fields of its line.
CARRIED = ("hold", "until", "remark", "team")

# After these a ticket stands otherwise than before.
TURNS = (Kind.OPENED, Kind.WAITING, Kind.RESUMED, Kind.RESOLVED, Kind.REOPENED, Kind.CLOSED, Kind.MERGED)

# What a ticket was opened under, and may be put under anew.
CLASSED = (
    "priority", "category", "product", "module", "contract", "deployment", "customisation", "outcome", "promise",
    "clause", "clause_en", "reason", "reason_en", "ways_on", "ways_on_en", "plan_rank",
)  # fmt: skip

# What an action may have changed on the ticket by the time it records it.
KEPT = (
    "status", "priority", "team", "assignee", "waiting_until", "resolved_at", "closed_at", "merged_into", "next_due_at",
    "event_count", "updated_at",
)  # fmt: skip


# What stands behind a line that somebody else's rules wrote: the milestones have changed already.
NOTED = """
UPDATE tickets_ticket AS ticket
SET event_count = noted.event_count, updated_at = noted.updated_at, next_due_at = (
  SELECT min(milestone.due_at) FROM tickets_ticketclock AS timed
  JOIN sla_milestone AS milestone ON milestone.clock_id = timed.clock_id AND milestone.stopped_at IS NULL
  WHERE timed.ticket_id = ticket.id
)
FROM unnest(%s::bigint[], %s::integer[], %s::timestamptz[]) AS noted (id, event_count, updated_at)
WHERE ticket.id = noted.id
"""


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


def open_with(ticket: Ticket, entry: Entry, policy: Policy | None, beside: Sequence[Model] = ()) -> Opened:
    """Write the first line of a new, unsaved ticket and start its clock, if the plan times anything.

    Unsaved rows `beside` it, which may point to it, are written in the same statement.
    """
    ticket.event_count, ticket.updated_at = 1, entry.at
    rows: list[Model] = [ticket, *beside]
    milestones: list[Milestone] = []
    if policy:
        planned = _planned(ticket, entry, policy)
        milestones = planned.milestones
        rows += [*planned.rows, TicketClock(ticket=ticket, clock=planned.clock)]
    ticket.next_due_at = next_due(milestones)
    if entry.message:
        entry.message.ticket = ticket
        rows.append(entry.message)
    event = event_of(ticket, entry, 1)
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
    events = [event_of(ticket, entry, number) for number, entry in enumerate(entries, first)]
    TicketEvent.objects.bulk_create(events)
    facts = [_heard(ticket, event, entry) for event, entry in zip(events, entries, strict=True) if _is_fact(entry)]
    if facts:
        rows = _tell(ticket, facts)
        ticket.next_due_at = next_due(rows)
        _note_holds(ticket, events, rows)
    ticket.event_count += len(entries)
    ticket.updated_at = max(ticket.updated_at, entries[-1].at)
    ticket.save(update_fields=KEPT)
    return events


def _note_holds(ticket: Ticket, events: Iterable[TicketEvent], rows: Iterable[Milestone]) -> None:
    """Write into the line of a wait which of the customer's promises it pauses, and which go on all the same."""
    waits = [event for event in events if event.kind == Kind.WAITING]
    seen = team_clocks.without_teams(ticket, rows) if waits else []
    running = [row for row in seen if row.stopped_at is None]
    for event in waits if running else ():
        is_held = {row.metric: row.state_at(event.at) == Milestone.State.PAUSED for row in running}
        event.fields["paused"] = [metric for metric, held in is_held.items() if held]
        event.fields["running"] = [metric for metric, held in is_held.items() if not held]
        event.save(update_fields=["fields"])


def note_all(lines: Sequence[tuple[Ticket, Entry]]) -> list[TicketEvent]:
    """Write lines of many tickets that tell no clock anything, in two statements; each ticket's next deadline is new.

    Call inside atomic with the tickets locked and as they are stored.
    """
    events = []
    for ticket, entry in lines:
        ticket.event_count += 1
        ticket.updated_at = entry.at
        events.append(event_of(ticket, entry, ticket.event_count))
    TicketEvent.objects.bulk_create(events)
    tickets = {ticket.pk: ticket for ticket, _entry in lines}.values()
    columns = [(ticket.pk, ticket.event_count, ticket.updated_at) for ticket in tickets]
    with connection.cursor() as cursor:
        cursor.execute(NOTED, [list(column) for column in zip(*columns, strict=True)])
    return events


def _tell(ticket: Ticket, facts: list[Heard]) -> list[Milestone]:
    """Let the clocks of a ticket hear facts; a team that it comes to or leaves may have one of its own. Source: C32"""
    moved = next((place for place, fact in enumerate(facts) if "team" in fact.fields), None)
    rows: list[Milestone] = []
    for timed in team_clocks.running(ticket):
        catch_up(timed.clock, facts[0].at)
        is_team = timed.part == TicketClock.Part.TEAM
        told = team_clocks.until_left(facts, moved) if is_team and moved is not None else facts
        rows += engine.observe(timed.clock, told)
    return rows if moved is None else [*rows, *team_clocks.start(ticket, facts[moved:])]


def policy_over(ticket: Ticket) -> Policy | None:
    """Return the policy that times a ticket now, None where nothing does."""
    timed = ticket.ticket_clocks.filter(part=TicketClock.Part.TICKET).select_related("clock__policy").first()
    return engine.policy_over(timed.clock) if timed else None


def replan(ticket: Ticket, entry: Entry, policy: Policy | None) -> TicketEvent:
    """Write a change of what a ticket is worked under, put its clocks under it, and say which deadlines that moved.

    The ticket's own clock goes under `policy`, or under none; those of a chat, a call or a team keep theirs, and hear
    of the priority only. Call inside atomic with the ticket locked.
    """
    at = max(entry.at, _turned_at(ticket))
    cause = {"cause": entry.fields["reason"]} if "reason" in entry.fields else {}
    heard = Heard(FactKind.REPLAN, at, entry.actor, f"{ticket.number}#{ticket.event_count + 1}", cause)
    open_before = {row.pk: row.due_at for row in _open_milestones(ticket)}
    rows = _replanned(ticket, heard, policy)
    ticket.next_due_at = next_due(rows)
    ticket.save(update_fields=CLASSED)
    moved = _moved(open_before, team_clocks.without_teams(ticket, rows), at)
    dues = {"dues": moved} if moved else {}
    return record(ticket, replace(entry, at=at, fields=entry.fields | dues))[0]


def _open_milestones(ticket: Ticket) -> Iterable[Milestone]:
    return Milestone.objects.open().filter(clock__ticket_clock__ticket=ticket)


def _replanned(ticket: Ticket, heard: Heard, policy: Policy | None) -> list[Milestone]:
    rows: list[Milestone] = []
    is_timed = False
    for timed in team_clocks.running(ticket):
        is_own = timed.part == TicketClock.Part.TICKET
        under = policy if is_own else engine.policy_over(timed.clock)
        rows += engine.replan(timed.clock, policy=under, priority=ticket.priority, heard=heard)
        is_timed = is_timed or is_own
    if policy and not is_timed:
        clock, more = engine.take_up(policy=policy, priority=ticket.priority, heard=[*_past(ticket), heard])
        TicketClock.objects.create(ticket=ticket, clock=clock)
        rows += more
    return rows


def _past(ticket: Ticket) -> list[Heard]:
    """Return what the ledger has to tell a clock that starts late: all that was not taken back."""
    return [heard_of(ticket, event) for event in _standing(ticket) if is_told(event)]


def _standing(ticket: Ticket, since: int = 0) -> list[TicketEvent]:
    """Return the lines after one that nobody has taken back, in order."""
    events = list(ticket.events.filter(number__gt=since).order_by("number"))
    retracted = {event.fields.get("event") for event in events if event.kind == Kind.RETRACTED}
    return [event for event in events if event.number not in retracted]


def is_told(event: TicketEvent) -> bool:
    """Tell whether the clocks hear of a line."""
    return event.kind == Kind.OPENED or (event.kind in FACTS and event.fields.get("answered", True))


def heard_of(ticket: Ticket, event: TicketEvent) -> Heard:
    """Return what a line tells the clocks."""
    actor = _actor_in(event)
    if event.kind == Kind.OPENED:
        return Heard(FactKind.OPEN, event.at, actor, f"{ticket.number}#{event.number}")
    return _heard(ticket, event, Entry(Kind(event.kind), actor, event.at, fields=event.fields))


def _actor_in(event: TicketEvent) -> Actor:
    return Actor(ActorKind(event.actor_kind), event.actor_ref, event.actor_display)


def _moved(before: dict[int, datetime | None], rows: Iterable[Milestone], at: datetime) -> list[dict[str, Any]]:
    """Return each deadline that a change of terms moved, ended or started, as the ledger keeps it.

    `late`: the change itself put it in the past; nobody had missed it before. Source: C07, C41
    """
    moved = []
    for row in rows:
        was_open, is_open = row.pk in before, row.stopped_at is None
        old, new = before.get(row.pk), row.due_at if is_open else None
        if not (was_open or is_open) or (was_open == is_open and old == new):
            continue
        line: dict[str, Any] = {"metric": row.metric, "number": row.number, "from": instant(old), "to": instant(new)}
        if is_open and new and new < at and not (old and old < at):
            line["late"] = True
        if was_open != is_open:
            line["ended" if was_open else "started"] = True
        moved.append(line)
    return moved


def withdraw(ticket: Ticket, event: TicketEvent, entry: Entry) -> TicketEvent:
    """Take back what a line told the clocks, write that down with what is owed again by when, and return the new line.

    Call inside atomic with the ticket locked.
    """
    open_before = {row.pk for row in _open_milestones(ticket)}
    source = f"{ticket.number}#{event.number}"
    left = team_clocks.left_with(ticket, source)
    rows: list[Milestone] = []
    for timed in ticket.ticket_clocks.select_related("clock__policy"):
        found = engine.withdraw(timed.clock, source=source, at=entry.at)
        rows += _hear_missed(ticket, timed.clock, event.number, entry.at) if timed.clock_id in left else found
    ticket.next_due_at = next_due(rows)
    seen = team_clocks.without_teams(ticket, rows)
    again = [row for row in seen if row.stopped_at is None and row.pk not in open_before]
    owed = [{"metric": row.metric, "number": row.number, "due_at": instant(row.due_at)} for row in again]
    return record(ticket, replace(entry, fields=entry.fields | ({"owed": owed} if owed else {})))[0]


def _hear_missed(ticket: Ticket, clock: Clock, since: int, at: datetime) -> list[Milestone]:
    """Let the clock of a team that a ticket did not leave after all hear what came since, until the ticket did leave.

    Returns its milestones. Source: C21, C32
    """
    for line in _standing(ticket, since):
        if priority := _priority_since(line):
            heard = Heard(FactKind.REPLAN, line.at, _actor_in(line), f"{ticket.number}#{line.number}")
            engine.replan(clock, policy=engine.policy_over(clock), priority=priority, heard=heard)
        elif is_told(line):
            fact = heard_of(ticket, line)
            has_left = "team" in fact.fields
            engine.observe(clock, team_clocks.until_left([fact], 0 if has_left else None))
            if has_left:
                break
    catch_up(clock, at)
    return engine.refold(clock)


def _priority_since(line: TicketEvent) -> str:
    """Return the priority that a line gave its ticket, nothing where it gave none."""
    if line.kind == Kind.PRIORITY_CHANGED:
        return str(line.fields["to"])
    changed = line.fields.get("changed", {}) if line.kind == Kind.RECLASSIFIED else {}
    return str(changed.get("priority", {}).get("to", ""))


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


def next_due(rows: Iterable[Milestone]) -> datetime | None:
    """Return the earliest due instant among open milestones."""
    return min((row.due_at for row in rows if row.due_at and row.stopped_at is None), default=None)


def _is_fact(entry: Entry) -> bool:
    """Tell whether the clocks hear of it; a call that nobody answered is no contact. Source: K02"""
    return entry.kind in FACTS and entry.fields.get("answered", True)


def _heard(ticket: Ticket, event: TicketEvent, entry: Entry) -> Heard:
    fields: dict[str, Any] = {name: entry.fields[name] for name in CARRIED if name in entry.fields}
    return Heard(FACTS[entry.kind], entry.at, entry.actor, f"{ticket.number}#{event.number}", fields)


def event_of(ticket: Ticket, entry: Entry, number: int) -> TicketEvent:
    """Return a line as a row that is not saved yet."""
    return TicketEvent(
        ticket=ticket, number=number, kind=entry.kind, at=entry.at, message=entry.message, fields=entry.fields,
        is_public=entry.is_public, actor_kind=entry.actor.kind, actor_ref=entry.actor.ref,
        actor_display=entry.actor.display,
    )  # fmt: skip
