"""Hop 2 of the dispatch: an escalation becomes what its rule says and the mails that tell of it, in one transaction."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from plans.models import User
from sla.actors import SYSTEM
from sla.batching import BACKOFF, in_batches
from sla.ladder import WARNINGS
from sla.models import Escalation
from tickets.actions import ticket as ticket_actions
from tickets.answers import instant
from tickets.lateness import noticed_late
from tickets.ledger import Entry, record
from tickets.locking import lock_free
from tickets.models import Delivery, Ticket, TicketClock, TicketEvent
from tickets.notifications import Notice, queue_many
from tickets.roles import people_in

State = Escalation.State


@dataclass(frozen=True, slots=True)
class Step:
    """One escalation on its ticket, and who is spared because a later step found with it tells them."""

    escalation: Escalation
    ticket: Ticket
    at: datetime
    spared: frozenset[int] = frozenset()

    @property
    def kind(self) -> Delivery.Kind:
        """Return what a mail about it is: a warning until the deadline has passed."""
        return Delivery.Kind.WARNING if self.escalation.mark in WARNINGS else Delivery.Kind.BREACH

    def notice(self, person: User, kind: Delivery.Kind) -> Notice:
        """Return the notice of this step to a person."""
        return Notice(kind, self.escalation, self.ticket, person)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an action came to: the ticket as it is now, who is told, and what the ledger keeps of it."""

    ticket: Ticket
    notices: tuple[Notice, ...] = ()
    fields: tuple[tuple[str, Any], ...] = ()


def act(*, limit: int = 25, later_than: timedelta = timedelta()) -> int:
    """Act on up to `limit` escalations and return how many were claimed.

    One transaction claims, acts and queues the mails. If a row raises, the batch is done again row by row, and the bad
    one is put off, then quarantined. A ticket that somebody is editing waits for the next pass. A batch is small: an
    agent who acts on one of its tickets meanwhile waits for all of it.
    """
    return in_batches(lambda now: _claim(now - later_than, limit), _act, _put_off)


def _claim(before: datetime, limit: int) -> list[Escalation]:
    """Lock escalations with their tickets; milestones before tickets, like everybody, and waiting for nobody."""
    pending = Escalation.objects.pending(before).filter(milestone__clock__ticket_clock__isnull=False)
    locked = pending.select_for_update(skip_locked=True, of=("self", "milestone")).select_related("milestone")
    rows = list(locked[:limit])
    held = _held({row.milestone.clock_id for row in rows})
    return [row for row in rows if row.milestone.clock_id in held]


def _held(clocks: set[int]) -> set[int]:
    """Lock the tickets of clocks, each with all its milestones, and return the clocks of those nobody else holds."""
    ticket_of = dict(TicketClock.objects.filter(clock__in=clocks).values_list("clock_id", "ticket_id"))
    ours = lock_free(set(ticket_of.values()))
    return {clock for clock, ticket in ticket_of.items() if ticket in ours}


def _act(rows: list[Escalation], now: datetime) -> None:
    tickets = _tickets(rows)
    together = _together(rows)
    notices: list[Notice] = []
    for row in rows:
        ticket = tickets[row.milestone.clock_id]
        outcome = _take(Step(row, ticket, now), together)
        notices += outcome.notices
        # Another clock of the same ticket must see what was just done to it.
        tickets |= {clock: outcome.ticket for clock, one in tickets.items() if one.pk == ticket.pk}
    queue_many(notices, at=now)


def _tickets(rows: Iterable[Escalation]) -> dict[int, Ticket]:
    """Return the locked tickets of escalations, by clock."""
    related = ("contact__customer", "contract", "assignee", "team__lead")
    tickets = Ticket.objects.select_related(*related).in_bulk(
        TicketClock.objects.filter(clock__in={row.milestone.clock_id for row in rows}).values_list("ticket", flat=True)
    )
    timed = TicketClock.objects.filter(ticket__in=tickets).values_list("clock_id", "ticket_id")
    return {clock: tickets[ticket] for clock, ticket in timed}


def _together(rows: Sequence[Escalation]) -> dict[tuple[int, datetime, datetime], list[Escalation]]:
    """Return all steps that were found in the same instant as these, by milestone, due instant and finding."""
    found: dict[tuple[int, datetime, datetime], list[Escalation]] = {}
    fired = Escalation.objects.filter(
        milestone__in={row.milestone_id for row in rows}, fired_at__in={row.fired_at for row in rows}
    )
    for row in fired.exclude(state__in=[State.SUPERSEDED, State.QUARANTINED]):
        found.setdefault((row.milestone_id, row.due_at, row.fired_at), []).append(row)
    return found


def _take(step: Step, together: dict[tuple[int, datetime, datetime], list[Escalation]]) -> Outcome:
    """Carry out one escalation, or void it when it no longer holds."""
    row = step.escalation
    row.milestone.refresh_from_db()
    if void := _void(step):
        return _supersede(step, void)
    later = [
        one
        for one in together.get((row.milestone_id, row.due_at, row.fired_at), [])
        if (one.step_at, one.level) > (row.step_at, row.level)
    ]
    spared = frozenset(person.pk for one in later for person in _addressed(one, step.ticket))
    return _carry_out(Step(row, step.ticket, step.at, spared))


def _void(step: Step) -> str:
    """Return why an escalation no longer holds, if it does not."""
    row = step.escalation
    if row.milestone.stopped_at:
        return "stopped"
    if row.milestone.due_at != row.due_at:
        return "deadline_moved"
    return "overtaken" if row.mark in WARNINGS and step.at > row.due_at else ""


def _supersede(step: Step, reason: str) -> Outcome:
    _settle(step, State.SUPERSEDED, reason)
    record(step.ticket, _entry(step, {"superseded": reason}))
    return Outcome(step.ticket)


def _carry_out(step: Step) -> Outcome:
    ticket = step.ticket
    notices: tuple[Notice, ...] = ()
    fields: dict[str, Any] = {}
    for action in step.escalation.actions:
        outcome = HANDLERS[action["do"]](Step(step.escalation, ticket, step.at, step.spared), action)
        ticket, notices = outcome.ticket, (*notices, *outcome.notices)
        fields |= dict(outcome.fields)
    # Whom the escalation tells anyway gets that one mail, which also says that the ticket is theirs now.
    notices = tuple(sorted(notices, key=lambda notice: notice.kind == Delivery.Kind.REASSIGNED))
    told = list(dict.fromkeys(notice.recipient for notice in notices))
    fields["told"] = [str(person) for person in told if person.email]
    if unreachable := [str(person) for person in told if not person.email]:
        fields["without_address"] = unreachable
    _settle(step, State.DONE)
    record(ticket, _entry(step, fields))
    return Outcome(ticket, notices)


def _entry(step: Step, fields: dict[str, Any]) -> Entry:
    """Return the ledger's line of an escalation: internal, and no clock hears it."""
    row = step.escalation
    said = {
        "metric": row.milestone.metric,
        "mark": row.mark,
        "level": row.level,
        "due_at": instant(row.due_at),
        **fields,
    }
    if late := noticed_late(row, step.ticket):
        said["noticed_late_by"] = int(late.total_seconds())
    return Entry(TicketEvent.Kind.ESCALATED, SYSTEM, step.at, fields=said, is_public=False)


def _settle(step: Step, state: str, error: str = "") -> None:
    row = step.escalation
    row.state, row.acted_at, row.error = state, step.at, error
    row.save(update_fields=["state", "acted_at", "error"])


def _addressed(row: Escalation, ticket: Ticket) -> list[User]:
    """Return whom the actions of an escalation tell."""
    roles = [role for action in row.actions for role in (action.get("roles") or [action.get("role")]) if role]
    return people_in(roles, ticket)


def _tell(step: Step, action: dict[str, Any]) -> Outcome:
    people = [person for person in people_in(action["roles"], step.ticket) if person.pk not in step.spared]
    return Outcome(step.ticket, tuple(step.notice(person, step.kind) for person in people))


def _raise_priority(step: Step, action: dict[str, Any]) -> Outcome:
    before = step.ticket.priority
    ticket = ticket_actions.raise_priority(ticket=step.ticket, actor=SYSTEM, at=step.at)
    return Outcome(ticket, fields=() if ticket.priority == before else (("raised_to", ticket.priority),))


def _reassign(step: Step, action: dict[str, Any]) -> Outcome:
    """Give the ticket to who is in a role; if they have it already, or nobody is, nothing changes."""
    found = people_in([action["role"]], step.ticket)
    if not found or found[0].pk == step.ticket.assignee_id:
        return Outcome(step.ticket)
    ticket = ticket_actions.reassign(ticket=step.ticket, to=found[0], actor=SYSTEM, at=step.at)
    return Outcome(ticket, (step.notice(found[0], Delivery.Kind.REASSIGNED),), (("reassigned_to", str(found[0])),))


HANDLERS: dict[str, Callable[[Step, dict[str, Any]], Outcome]] = {
    "tell": _tell,
    "raise_priority": _raise_priority,
    "reassign": _reassign,
}


def _put_off(row: Escalation, now: datetime, error: str) -> None:
    """Leave an escalation that raised alone for a while; after the last try it is quarantined until someone looks."""
    row.attempts += 1
    is_hopeless = row.attempts > len(BACKOFF)
    # The try that raised may have left another state on the object; it was rolled back in the database.
    row.state = State.QUARANTINED if is_hopeless else State.PENDING
    row.retry_at = now if is_hopeless else now + BACKOFF[row.attempts - 1]
    row.acted_at, row.error = None, error
    row.save(update_fields=["attempts", "error", "state", "retry_at", "acted_at"])
