"""Write down a past that was lived elsewhere: whole tickets with their ledgers, of many at once.

No clock hears of it, nobody is told, nothing is counted; `judge` and `take_up` start a clock where one is wanted.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db import connection

from sla import engine
from sla.actors import Actor
from sla.engine import Heard
from sla.inserting import insert_all
from sla.models import Milestone, Policy
from sla.timeline import FactKind, Hold
from tickets.ledger import Entry, event_of, heard_of, is_told, next_due
from tickets.models import Message, Status, Ticket, TicketClock, TicketEvent

HOLDS = {Status.WAITING_CUSTOMER: Hold.CUSTOMER, Status.WAITING_THIRD_PARTY: Hold.THIRD_PARTY}

Past = tuple[Ticket, Sequence[Entry]]


def write_down(pasts: Sequence[Past]) -> dict[int, list[TicketEvent]]:
    """Write new tickets with all their lines, in three statements; return the lines by ticket. Call inside atomic."""
    for ticket, entries in pasts:
        ticket.event_count, ticket.updated_at = len(entries), entries[-1].at
    Ticket.objects.bulk_create([ticket for ticket, _entries in pasts])
    said = [(ticket, entry.message) for ticket, entries in pasts for entry in entries if entry.message]
    for ticket, message in said:
        message.ticket = ticket
    Message.objects.bulk_create([message for _ticket, message in said])
    lines = {
        ticket.pk: [event_of(ticket, entry, number) for number, entry in enumerate(entries, start=1)]
        for ticket, entries in pasts
    }
    TicketEvent.objects.bulk_create([line for written in lines.values() for line in written])
    return lines


def judge(ticket: Ticket, lines: Sequence[TicketEvent], policy: Policy, at: datetime) -> None:
    """Let a clock hear all that a ticket's lines tell, from its opening on; what was late before `at` stays silent."""
    _start(ticket, policy, [heard_of(ticket, line) for line in lines if is_told(line)], at)


def take_up(ticket: Ticket, lines: Sequence[TicketEvent], policy: Policy, at: datetime) -> None:
    """Start the clock of an open ticket at `at`, as it stands: answered or not, waiting or not."""
    opener = heard_of(ticket, lines[0])
    facts = [replace(opener, at=at)]
    answered = [line for line in lines[1:] if line.kind == TicketEvent.Kind.REPLY]
    if answered:
        facts.append(replace(heard_of(ticket, answered[-1]), at=at))
    if hold := HOLDS.get(Status(ticket.status)):
        actor: Actor = facts[-1].actor
        facts.append(Heard(FactKind.WAIT, at, actor, f"{ticket.number}#{len(lines)}", {"hold": hold.value}))
    _start(ticket, policy, facts, at)


def _start(ticket: Ticket, policy: Policy, facts: Sequence[Heard], at: datetime) -> None:
    started = engine.plan(policy=policy, priority=ticket.priority, heard=facts[0])
    insert_all([*started.rows, TicketClock(ticket=ticket, clock=started.clock)])
    rows = engine.observe(started.clock, facts[1:]) if len(facts) > 1 else started.milestones
    for row in rows:
        if row.stopped_at is None:
            _silence(row, at)
    ticket.next_due_at = next_due(rows)
    ticket.save(update_fields=["next_due_at"])


def _silence(row: Milestone, at: datetime) -> None:
    """Let a promise tell nobody of what came before `at`; one that was late by then is taken on by nobody in person."""
    row.fired_through = at
    if row.due_at and row.due_at <= at:
        row.acknowledged_at, row.acknowledged_ref, row.acknowledged_by = at, "", ""
    row.save(update_fields=["fired_through", *engine.ACKNOWLEDGED])
    engine.lay_anew(row)


def next_numbers(opened: Sequence[datetime]) -> list[str]:
    """Return a new number for each ticket, of the year in which it was opened."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('ticket_number') FROM generate_series(1, %s)", [len(opened)])
        return [f"T-{at.year}-{row[0]:06d}" for at, row in zip(opened, cursor.fetchall(), strict=True)]
