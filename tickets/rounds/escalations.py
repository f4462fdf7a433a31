"""Hop 2 of the dispatch: an escalation becomes what its rule says and the mails that tell of it, in one transaction."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from plans.accounts import account_teams
from plans.models import Contact, User
from plans.models.people import Language
from sla.actors import SYSTEM
from sla.batching import BACKOFF, in_batches
from sla.changing import recomputing, replanning
from sla.ladder import WARNINGS, Mark, is_silent
from sla.models import Escalation, Milestone
from tickets.actions import side_tasks
from tickets.actions import ticket as ticket_actions
from tickets.answers import instant
from tickets.ledger import Entry, record
from tickets.locking import lock_free
from tickets.models import Delivery, Ticket, TicketClock, TicketEvent
from tickets.showing.lateness import noticed_late
from tickets.telling.notifications import Notice, queue_for_subscribers, queue_many, queue_webhook
from tickets.telling.roles import ON_CALL, Meant, Scene, cast_for, lacks_on_call, meant_by, unknown_in

State = Escalation.State
Fields = tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One escalation on its ticket, and who is spared because a later step found with it tells them."""

    escalation: Escalation
    scene: Scene
    spared: frozenset[int] = frozenset()

    @property
    def ticket(self) -> Ticket:
        return self.scene.ticket

    @property
    def at(self) -> datetime:
        return self.scene.at

    @property
    def kind(self) -> Delivery.Kind:
        """Return what a mail about it is: a warning until the deadline has passed."""
        return Delivery.Kind.WARNING if self.escalation.mark in WARNINGS else Delivery.Kind.BREACH

    def notice(self, meant: Meant, kind: Delivery.Kind) -> Notice:
        """Return the notice of this step to a person; who is on call hears of it at any hour."""
        is_on_call = meant.role == ON_CALL and self.scene.cast.roster.has(meant.person.pk, self.at)
        return Notice(kind, self.escalation, self.ticket, meant.person, is_on_call)

    def on(self, ticket: Ticket) -> "Step":
        """Return the same step on the ticket as it has become."""
        return replace(self, scene=replace(self.scene, ticket=ticket))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an action came to: the ticket as it is now, who is told, and what the ledger keeps of it."""

    ticket: Ticket
    notices: tuple[Notice, ...] = ()
    fields: Fields = ()


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
    # A rule that changed since these steps came true may void them: nobody is told by a deadline about to move.
    replanning.bring_up_to_date(recomputing.bring_up_to_date([row.milestone for row in rows], now), now)
    # What that changed is read once for all; what a step does to its ticket, by whoever comes after it there.
    anew = Milestone.objects.in_bulk({row.milestone_id for row in rows})
    tickets = _tickets(rows)
    together = _together(rows)
    found = [*rows, *(one for others in together.values() for one in others)]
    cast = cast_for((action for row in found for action in row.actions), now)
    notices: list[Notice] = []
    done: list[tuple[Escalation, Ticket]] = []
    stirred: set[int] = set()
    for row in rows:
        row.milestone = anew[row.milestone_id]
        ticket = tickets[row.milestone.clock_id]
        if ticket.pk in stirred:
            row.milestone.refresh_from_db()
        stirred.add(ticket.pk)
        outcome = _take(Step(row, Scene(ticket, now, cast)), together)
        notices += outcome.notices
        done += [(row, outcome.ticket)] if row.state == State.DONE else []
        # Another clock of the same ticket must see what was just done to it.
        tickets |= {clock: outcome.ticket for clock, one in tickets.items() if one.pk == ticket.pk}
    queue_many(notices, at=now)
    queue_for_subscribers(done, at=now)


def _tickets(rows: Iterable[Escalation]) -> dict[int, Ticket]:
    """Return the locked tickets of escalations, by clock."""
    related = ("contact__customer", "contract__plan", "assignee", "team__lead")
    tickets = (
        Ticket.objects.select_related(*related)
        .prefetch_related(account_teams("contract"))
        .in_bulk(
            TicketClock.objects.filter(clock__in={row.milestone.clock_id for row in rows}).values_list(
                "ticket", flat=True
            )
        )
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
    if void := _void(step):
        return _supersede(step, void)
    later = [
        one
        for one in together.get((row.milestone_id, row.due_at, row.fired_at), [])
        if (one.step_at, one.level) > (row.step_at, row.level)
    ]
    spared = frozenset(person.pk for one in later for person in addressed(one, step.scene))
    return _carry_out(replace(step, spared=spared))


def _void(step: Step) -> str:
    """Return why an escalation no longer holds, if it does not."""
    row = step.escalation
    if row.milestone.stopped_at:
        return "stopped"
    if row.milestone.due_at != row.due_at:
        return "deadline_moved"
    if row.mark in WARNINGS and step.at > row.due_at:
        return "overtaken"
    return "acknowledged" if is_silent(Mark(row.mark), row.due_at, row.milestone.acknowledged_at) else ""


def _supersede(step: Step, reason: str) -> Outcome:
    _settle(step, State.SUPERSEDED, reason)
    record(step.ticket, _entry(step, {"superseded": reason}))
    return Outcome(step.ticket)


def _carry_out(step: Step) -> Outcome:
    notices: list[Notice] = []
    fields: dict[str, Any] = {}
    for action in step.escalation.actions:
        outcome = HANDLERS[action["do"]](step, action)
        step = step.on(outcome.ticket)
        notices += outcome.notices
        for name, value in outcome.fields:
            fields[name] = [*fields.get(name, ()), *value] if isinstance(value, list) else value
    told = one_each(notices)
    people = [notice.recipient for notice in told]
    fields["told"] = [str(person) for person in people if person.email]
    if unreachable := [str(person) for person in people if not person.email]:
        fields["without_address"] = unreachable
    _settle(step, State.DONE)
    record(step.ticket, _entry(step, fields))
    return Outcome(step.ticket, told)


def one_each(notices: Iterable[Notice]) -> tuple[Notice, ...]:
    """Return one notice for each person: whom a step tells anyway gets that mail, not one of being given the ticket."""
    found: dict[User | Contact, Notice] = {}
    for notice in sorted(notices, key=lambda notice: notice.kind == Delivery.Kind.REASSIGNED):
        first = found.setdefault(notice.recipient, notice)
        if notice.is_on_call:
            found[notice.recipient] = replace(first, is_on_call=True)
    return tuple(found.values())


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


def addressed(row: Escalation, scene: Scene) -> list[User]:
    """Return whom the actions of an escalation write to."""
    writing = (action for action in row.actions if action["do"] in ("tell", "reassign"))
    return [meant.person for action in writing for meant in meant_by(action, scene)]


def missed(step: Step, action: dict[str, Any]) -> Fields:
    """Return whom an action means that is not there: names that nobody answers to, and nobody on call."""
    gone = unknown_in(action, step.scene)
    said: Fields = (("gone", gone),) if gone else ()
    return (*said, ("nobody_on_call", True)) if lacks_on_call(action, step.scene) else said


def _tell(step: Step, action: dict[str, Any]) -> Outcome:
    meant = [one for one in meant_by(action, step.scene) if one.person.pk not in step.spared]
    return Outcome(step.ticket, tuple(step.notice(one, step.kind) for one in meant), missed(step, action))


def _raise_priority(step: Step, action: dict[str, Any]) -> Outcome:
    before = step.ticket.priority
    ticket = ticket_actions.raise_priority(ticket=step.ticket, actor=SYSTEM, at=step.at)
    return Outcome(ticket, fields=() if ticket.priority == before else (("raised_to", ticket.priority),))


def _reassign(step: Step, action: dict[str, Any]) -> Outcome:
    """Give the ticket to who is in a role; if they have it already, or nobody is, nothing changes."""
    found = meant_by(action, step.scene)
    if not found or found[0].person.pk == step.ticket.assignee_id:
        return Outcome(step.ticket, fields=missed(step, action))
    ticket = ticket_actions.reassign(ticket=step.ticket, to=found[0].person, actor=SYSTEM, at=step.at)
    fields: Fields = (("reassigned_to", str(found[0].person)), *missed(step, action))
    return Outcome(ticket, given_to(found[0], step), fields)


def given_to(meant: Meant, step: Step) -> tuple[Notice, ...]:
    """Return the notice that a ticket is somebody's now; a later step found with this one tells them anyway."""
    return () if meant.person.pk in step.spared else (step.notice(meant, Delivery.Kind.REASSIGNED),)


def _side_task(step: Step, action: dict[str, Any]) -> Outcome:
    """Ask who is in a role for something on the way; what they are asked for already is not asked twice."""
    found = meant_by(action, step.scene)
    assignee = found[0].person if found else None
    title = title_for(assignee, action)
    if step.ticket.is_ended or step.ticket.side_tasks.filter(title=title, done_at=None).exists():
        return Outcome(step.ticket)
    task = side_tasks.add(
        ticket=step.ticket, title=title, assignee=assignee, escalation=step.escalation, actor=SYSTEM, at=step.at
    )
    return Outcome(task.ticket, fields=missed(step, action))


def title_for(assignee: User | None, action: dict[str, Any]) -> str:
    """Return what a side task is called, in the language of who is asked."""
    is_english = assignee is not None and assignee.language == Language.ENGLISH
    return str(action["title_en" if is_english else "title"])


def _webhook(step: Step, action: dict[str, Any]) -> Outcome:
    """Call another program; one that is not there, or is switched off, is named in the ledger."""
    name = action["endpoint"]
    queued = queue_webhook(escalation=step.escalation, ticket=step.ticket, endpoint=name, at=step.at)
    return Outcome(step.ticket, fields=(("called" if queued else "not_called", [name]),))


HANDLERS: dict[str, Callable[[Step, dict[str, Any]], Outcome]] = {
    "tell": _tell,
    "raise_priority": _raise_priority,
    "reassign": _reassign,
    "side_task": _side_task,
    "webhook": _webhook,
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
