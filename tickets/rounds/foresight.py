"""Who will be told of what, if nobody does anything: each step that is to come, walked through without a trace.

A step does here what it would do, on a copy: it reassigns, raises the priority, moves deadlines by that, and tells
whoever then is in each role. Only what a storm holds back for a minute is not foreseen. Source: C26, C29
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from plans.accounts import account_teams
from plans.models import Contact, Team, User
from sla.actors import SYSTEM
from sla.compiled import policy_with
from sla.engine import Heard
from sla.firing import escalations_of, passed_at
from sla.foretelling import Hours, hours_under, replanned, started, would_replan
from sla.ladder import Step as Mark
from sla.models import Escalation, Milestone, Observation, Policy
from sla.timeline import FactKind
from tickets.models import Delivery, Priority, SideTask, Ticket, TicketClock, WebhookEndpoint
from tickets.rounds.escalations import HANDLERS, Outcome, Step, addressed, given_to, missed, one_each, title_for
from tickets.telling.notifications import Notice, Wishes, wishes_of
from tickets.telling.roles import Cast, Scene, cast_for, meant_by

State = Escalation.State
Row = Milestone

# A step comes true in the first instant after its mark.
JUST_AFTER = timedelta(microseconds=1)
# Promises walked through at most: what lies beyond the first that is left out is not foreseen.
MOST = 1000
RELATED = ("customer", "contact__customer", "contract", "assignee", "team__lead")


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody who will be told, as what, and when it reaches them; never, if they have no address."""

    person: User | Contact
    roles: tuple[str, ...]
    kind: str
    goes_at: datetime | None


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One step as it will come true: what it is, on which ticket as that will be then, who is told and what is done."""

    at: datetime
    ticket: Ticket
    milestone: Milestone
    due_at: datetime
    mark: Mark
    told: tuple[Told, ...]
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Foresight:
    """What is foreseen, in order of time; nothing is missing before `until`."""

    rows: list[Foreseen]
    until: datetime
    is_whole: bool


@dataclass(frozen=True)
class Stage:
    """Everything that the steps to come may ask for, read once for all of them."""

    cast: Cast
    wishes: Wishes
    teams: Mapping[int, Team]
    policies: Mapping[str, Policy]
    endpoints: frozenset[str]
    # Of clocks whose deadlines a step may move.
    facts: Mapping[int, list[Observation]]
    hours: Hours
    # The side tasks that are asked for already, by ticket; those foreseen are added.
    asked: dict[int, set[str]] = field(default_factory=dict)


def who_is_told(
    *, since: datetime, until: datetime, limit: int = MOST, tickets: QuerySet[Ticket] | None = None
) -> Foresight:
    """Return every step that comes true from an instant to another if nobody acts, of some tickets or of all.

    The number of queries does not depend on how many there are.
    """
    to_come = Milestone.objects.due(until).filter(clock__ticket_clock__isnull=False)
    if tickets is not None:
        to_come = to_come.filter(clock__ticket_clock__ticket__in=tickets)
    first = list(to_come[: limit + 1])
    is_whole = len(first) <= limit
    until = until if is_whole else min(until, first[limit].next_step_at or until)
    walked = _walked_through(first[:limit], since, until)
    rows = sorted(walked, key=lambda one: (one.at, one.ticket.number, one.mark.level))
    return Foresight([one for one in rows if one.at < until], until, is_whole)


def _walked_through(first: Sequence[Row], since: datetime, until: datetime) -> Iterator[Foreseen]:
    timed = {
        timed.clock_id: timed
        for timed in TicketClock.objects.filter(clock__in={row.clock_id for row in first}).select_related("clock")
    }
    tickets = _tickets({one.ticket_id for one in timed.values()})
    stage = _stage(first, timed, since)
    by_ticket: dict[int, list[Row]] = {}
    for row in [*first, *_others(first, stage)]:
        row.clock = timed[row.clock_id].clock
        row.clock.ticket_clock = timed[row.clock_id]
        by_ticket.setdefault(timed[row.clock_id].ticket_id, []).append(row)
    for key, rows in by_ticket.items():
        yield from _walk(tickets[key], rows, stage, (since, until))


def _tickets(keys: Iterable[int]) -> dict[int, Ticket]:
    related = Ticket.objects.select_related(*RELATED).prefetch_related(account_teams("contract"))
    return related.in_bulk(set(keys))


def _stage(first: Sequence[Row], timed: Mapping[int, TicketClock], since: datetime) -> Stage:
    actions = [action for row in first for level in _ladder(row) for action in level]
    facts = _facts({row.clock_id for row in first if _may_move(row)})
    teams = Team.objects.select_related("lead").in_bulk()
    policies = Policy.objects.current().filter(code__in={team.policy for team in teams.values()} - {""})
    under = {fact.fields["policy"] for heard in facts.values() for fact in heard if fact.fields.get("policy")}
    return Stage(
        cast=cast_for(actions, since),
        wishes=wishes_of(User.objects.filter(~Q(alert_calendar="", alert_every=0), is_active=True), since),
        teams=teams,
        policies={policy.code: policy for policy in policies},
        endpoints=frozenset(WebhookEndpoint.objects.filter(is_active=True).values_list("name", flat=True)),
        facts=facts,
        hours=hours_under(under | {policy.pk for policy in policies}),
        asked=_asked({one.ticket_id for one in timed.values()}),
    )


def _facts(clocks: Collection[int]) -> dict[int, list[Observation]]:
    found: dict[int, list[Observation]] = {clock: [] for clock in clocks}
    for heard in Observation.objects.filter(clock__in=clocks, withdrawn_at=None) if clocks else ():
        found[heard.clock_id].append(heard)
    return found


def _asked(tickets: Collection[int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for ticket, title in SideTask.objects.filter(ticket__in=tickets, done_at=None).values_list("ticket", "title"):
        found.setdefault(ticket, set()).add(title)
    return found


def _ladder(row: Row) -> list[list[dict[str, Any]]]:
    compiled = policy_with(row.target_id)
    return [actions for (metric, _level), actions in compiled.actions.items() if metric == row.metric]


def _may_move(row: Row) -> bool:
    """Tell whether a step of a promise raises the priority, and that could move what its clock promises."""
    raises = any(action["do"] == "raise_priority" for actions in _ladder(row) for action in actions)
    return raises and any(target.priority for target in policy_with(row.target_id).targets)


def _others(first: Sequence[Row], stage: Stage) -> list[Row]:
    """Return the other promises of clocks whose deadlines may move, which may so come within reach."""
    if not stage.facts:
        return []
    return list(Milestone.objects.filter(clock__in=stage.facts).exclude(pk__in=[row.pk for row in first]))


# --- One ticket --------------------------------------------------------------------------------------------------


def _walk(ticket: Ticket, rows: list[Row], stage: Stage, span: tuple[datetime, datetime]) -> Iterator[Foreseen]:
    """Yield the steps of one ticket, each on the ticket as those before it left it."""
    since, until = span
    while row := _next(rows, until):
        # A step may make another one due that would have come before it: that one comes true with it.
        at = since = max(row.next_step_at or since, since)
        for step, mark in _come_true(row, at, Scene(ticket, at, stage.cast)):
            if step.escalation.due_at != row.due_at:
                continue
            foreseen = _take(step.on(ticket), mark, stage)
            rows = _after(foreseen.ticket, ticket, rows, stage, at + JUST_AFTER)
            ticket = foreseen.ticket
            yield foreseen


def _next(rows: Iterable[Row], until: datetime) -> Row | None:
    """Return the promise whose step comes first, if one comes in time."""
    owed = [row for row in rows if row.next_step_at and row.next_step_at < until]
    return min(owed, key=lambda row: (row.next_step_at, row.pk or 0), default=None)


def _come_true(row: Row, at: datetime, scene: Scene) -> list[tuple[Step, Mark]]:
    """Fire what is due of a promise, in memory, and return what is to be acted on."""
    passed, upcoming = passed_at(row, at + JUST_AFTER)
    found = list(zip(escalations_of(row, passed, at), passed, strict=True))
    row.next_step_at, row.next_level = (upcoming.at, upcoming.level) if upcoming else (None, 0)
    row.fired_through = passed[-1].at if passed else row.fired_through
    live = [(one, mark) for one, mark in found if one.state == State.PENDING]
    steps = []
    for place, (one, mark) in enumerate(live):
        spared = frozenset(person.pk for later, _mark in live[place + 1 :] for person in addressed(later, scene))
        steps.append((Step(one, scene, spared), mark))
    return steps


def _take(step: Step, mark: Mark, stage: Stage) -> Foreseen:
    """Return what a step comes to, as `tickets.rounds.escalations` would do it."""
    at, row = step.at, step.escalation.milestone
    notices: list[Notice] = []
    tasks: list[Notice] = []
    roles: dict[tuple[bool, int], dict[str, None]] = {}
    fields: dict[str, Any] = {}
    for action in step.escalation.actions:
        is_task = action["do"] == "side_task"
        for meant in meant_by(action, step.scene):
            roles.setdefault((is_task, meant.person.pk), {})[meant.role] = None
        outcome = WOULD.get(action["do"], _would_tell)(step, action, stage)
        step = step.on(outcome.ticket)
        (tasks if is_task else notices).extend(outcome.notices)
        for name, value in outcome.fields:
            fields[name] = [*fields.get(name, ()), *value] if isinstance(value, list) else value
    told = [*one_each(notices), *tasks]
    people = tuple(
        _told(notice, tuple(roles[notice in tasks, notice.recipient.pk]), stage.wishes, at) for notice in told
    )
    return Foreseen(at, step.ticket, copy(row), step.escalation.due_at, mark, people, fields)


def _told(notice: Notice, roles: tuple[str, ...], wishes: Wishes, at: datetime) -> Told:
    goes_at = wishes.told_at(notice, at) if notice.recipient.email else None
    return Told(notice.recipient, roles, notice.kind, goes_at)


def _after(ticket: Ticket, before: Ticket, rows: list[Row], stage: Stage, at: datetime) -> list[Row]:
    """Return the promises of a ticket as a step that changed it leaves them."""
    if ticket.priority != before.priority:
        rows = _replanned(rows, ticket.priority, stage, at)
    if ticket.team_id != before.team_id:
        rows = _in_team(rows, ticket, stage, at)
    return rows


def _replanned(rows: list[Row], priority: str, stage: Stage, at: datetime) -> list[Row]:
    """Return promises under another priority. Source: C41"""
    found: list[Row] = []
    for clock in {row.clock_id: row.clock for row in rows}.values():
        ours = [row for row in rows if row.clock_id == clock.pk]
        changes = clock.pk in stage.facts and would_replan(clock, priority)
        clock.priority = priority
        if changes:
            ours = replanned(clock, stage.facts[clock.pk], ours, Heard(FactKind.REPLAN, at, SYSTEM), stage.hours)
        found += ours
    return found


def _in_team(rows: list[Row], ticket: Ticket, stage: Stage, at: datetime) -> list[Row]:
    """Return promises after a hand-over: what the team before owed ends, and the new one's clock starts. Source: C32"""
    kept = [row for row in rows if row.clock.ticket_clock.part != TicketClock.Part.TEAM]
    policy = stage.policies.get(ticket.team.policy) if ticket.team else None
    if policy is None:
        return kept
    owed = started(policy=policy, priority=ticket.priority, at=at, hours=stage.hours)
    for row in owed:
        row.clock.ticket_clock = TicketClock(ticket=ticket, clock=row.clock, part=TicketClock.Part.TEAM)
    return [*kept, *owed]


# --- What each action would do -----------------------------------------------------------------------------------


def _would_tell(step: Step, action: dict[str, Any], stage: Stage) -> Outcome:
    return HANDLERS["tell"](step, action)


def _would_raise(step: Step, action: dict[str, Any], stage: Stage) -> Outcome:
    ladder = list(Priority)
    place = ladder.index(Priority(step.ticket.priority)) + 1
    if place == len(ladder) or step.ticket.is_ended:
        return Outcome(step.ticket)
    ticket = copy(step.ticket)
    ticket.priority = ladder[place]
    return Outcome(ticket, fields=(("raised_to", ticket.priority),))


def _would_reassign(step: Step, action: dict[str, Any], stage: Stage) -> Outcome:
    found = meant_by(action, step.scene)
    if not found or found[0].person.pk == step.ticket.assignee_id or step.ticket.is_ended:
        return Outcome(step.ticket, fields=missed(step, action))
    person, ticket = found[0].person, copy(step.ticket)
    ticket.assignee = person
    ticket.team = stage.teams.get(person.team_id or 0) or ticket.team
    return Outcome(ticket, given_to(found[0], step), (("reassigned_to", str(person)), *missed(step, action)))


def _would_ask(step: Step, action: dict[str, Any], stage: Stage) -> Outcome:
    found = meant_by(action, step.scene)
    title = title_for(found[0].person if found else None, action)
    asked = stage.asked.setdefault(step.ticket.pk, set())
    if title in asked or step.ticket.is_ended:
        return Outcome(step.ticket)
    asked.add(title)
    notices = tuple(step.notice(one, Delivery.Kind.SIDE_TASK) for one in found[:1])
    return Outcome(step.ticket, notices, (("asked", [title]), *missed(step, action)))


def _would_call(step: Step, action: dict[str, Any], stage: Stage) -> Outcome:
    name = action["endpoint"]
    return Outcome(step.ticket, fields=(("called" if name in stage.endpoints else "not_called", [name]),))


WOULD: dict[str, Callable[[Step, dict[str, Any], Stage], Outcome]] = {
    "raise_priority": _would_raise,
    "reassign": _would_reassign,
    "side_task": _would_ask,
    "webhook": _would_call,
}
