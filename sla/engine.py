"""The only writer of clocks: journals facts, folds them into milestones, and lays the ladder of each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Model

from sla import ladder, timeline
from sla.actors import Actor
from sla.calendar import Calendar
from sla.compiled import CompiledCalendar, InForce, calendar_of, policy_with
from sla.folding import facts_of, fold
from sla.inserting import insert_all
from sla.models import Clock, Milestone, Observation, Policy
from sla.timeline import Cycle, FactKind

# What a refold may change on a milestone that is there already.
FOLDED = (
    "target", "calendar_version", "state", "started_at", "due_at", "due_on", "completed_at", "stopped_at", "met_by",
    "budget", "remaining", "pauses", "is_provisional", "next_step_at", "next_level",
)  # fmt: skip
# Who took a milestone on, and when; forgotten when its deadline moves.
ACKNOWLEDGED = ("acknowledged_at", "acknowledged_ref", "acknowledged_by")
CHANGED = (*FOLDED, *ACKNOWLEDGED, "is_held")


@dataclass(frozen=True, slots=True)
class Heard:
    """A fact on its way into a clock's journal. `source` says where it stands in the timed thing's own ledger."""

    kind: FactKind
    at: datetime
    actor: Actor
    source: str = ""
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Start:
    """A clock with its first fact and the milestones folded from it."""

    clock: Clock
    opening: Observation
    milestones: list[Milestone]

    @property
    def rows(self) -> list[Model]:
        """Return everything that is to be inserted."""
        return [self.clock, self.opening, *self.milestones]


def plan(*, policy: Policy, priority: str, heard: Heard) -> Start:
    """Return a clock that starts under `policy` with its first fact, not yet saved: its rows go in with the thing's."""
    clock = Clock(policy=policy, priority=priority, started_at=heard.at)
    opening = row_of(clock, heard, {"policy": policy.pk, "priority": priority})
    milestones = [_new(clock, cycle, compiled) for cycle, compiled in fold(facts_of([opening]), [])]
    return Start(clock, opening, milestones)


def start(*, policy: Policy, priority: str, heard: Heard) -> tuple[Clock, list[Milestone]]:
    """Start a clock under `policy` with its first fact; return it and its milestones. Call inside atomic."""
    planned = plan(policy=policy, priority=priority, heard=heard)
    insert_all(planned.rows)
    return planned.clock, planned.milestones


def observe(clock: Clock, heard: Sequence[Heard]) -> list[Milestone]:
    """Journal facts, refold all that the clock ever heard, and return its milestones. Call inside atomic."""
    reopens = any(one.kind == FactKind.REOPEN for one in heard)
    pins = pins_of(clock.milestones.all()) if reopens else {}
    Observation.objects.bulk_create([
        row_of(clock, one, pins if one.kind == FactKind.REOPEN else None) for one in heard
    ])  # fmt: skip
    return refold(clock)


def pins_of(milestones: Iterable[Milestone]) -> dict[str, Any]:
    """Return what a fact that may change a run's calendar keeps of those that runs had: of the last of each metric."""
    last = {row.metric: row for row in sorted(milestones, key=lambda row: row.number)}
    return {"pins": [[metric, row.number, row.calendar_version_id] for metric, row in last.items()]} if last else {}


def replan(clock: Clock, *, policy: Policy | None, priority: str, heard: Heard) -> list[Milestone]:
    """Put a clock under another policy or priority, or under none; what was met or missed stays judged as it was.

    Under none everything that runs ends; the clock keeps the key of the policy that it was under last.
    """
    clock.policy, clock.priority = policy or clock.policy, priority
    clock.save(update_fields=["policy", "priority"])
    fields = {"policy": policy.pk if policy else None, "priority": priority} | pins_of(clock.milestones.all())
    row_of(clock, heard, fields).save(force_insert=True)
    return refold(clock)


def take_up(*, policy: Policy, priority: str, heard: Sequence[Heard]) -> tuple[Clock, list[Milestone]]:
    """Start a clock for a thing that nothing timed so far: it hears the past, then, last of all, of the policy."""
    clock = Clock.objects.create(policy=policy, priority=priority, started_at=heard[0].at)
    *past, last = heard
    rows = [row_of(clock, one) for one in past]
    rows.append(row_of(clock, last, {"policy": policy.pk, "priority": priority}))
    Observation.objects.bulk_create(rows)
    return clock, refold(clock)


def policy_over(clock: Clock) -> Policy | None:
    """Return the policy that a clock is under, None where it was put under none."""
    put = clock.observations.filter(withdrawn_at=None, fields__has_key="policy").order_by("at", "pk").last()
    return clock.policy if put is None or put.fields["policy"] else None


def withdraw(clock: Clock, *, source: str, at: datetime) -> list[Milestone]:
    """Take back the facts that stand at `source`, with all they met or paused. Call inside atomic."""
    clock.observations.filter(source=source, withdrawn_at=None).update(withdrawn_at=at)
    return refold(clock)


def refold(clock: Clock) -> list[Milestone]:
    """Fold a clock's facts anew, save what differs, and return its milestones."""
    observations = list(clock.observations.filter(withdrawn_at=None))
    said = folded(clock, observations, clock.milestones.all())
    for row in said.changed:
        row.save(update_fields=CHANGED)
    if said.added:
        Milestone.objects.bulk_create(said.added)
    drop(said.vanished)
    return said.kept


def row_of(clock: Clock, heard: Heard, fields: dict[str, Any] | None = None) -> Observation:
    """Return a fact as a row of a clock's journal, not saved; `fields` is what it says besides."""
    return Observation(
        clock=clock, kind=heard.kind, at=heard.at, source=heard.source, fields=heard.fields | (fields or {}),
        actor_kind=heard.actor.kind, actor_ref=heard.actor.ref, actor_display=heard.actor.display,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Folded:
    """The milestones of a clock as its facts say, not saved: of those that stay the new and the changed ones by name.

    Of `vanished` no fact speaks any more.
    """

    kept: list[Milestone]
    added: list[Milestone]
    changed: list[Milestone]
    vanished: list[Milestone]


def folded(
    clock: Clock,
    observations: Iterable[Observation],
    milestones: Iterable[Milestone],
    known: Mapping[str, InForce] | None = None,
) -> Folded:
    """Bring milestones to what the facts say and return them; rows that say it already are not touched.

    `known` are calendars in force that need not be asked for again.
    """
    milestones = list(milestones)
    stored = {(row.metric, row.number): row for row in milestones}
    said = Folded([], [], [], [])
    for cycle, compiled in fold(facts_of(observations), milestones, known=known):
        row = stored.pop((cycle.metric.value, cycle.number), None)
        values = values_of(cycle, compiled, is_held=row is not None and _is_held_on(row, compiled))
        if row is None:
            row = _new(clock, cycle, compiled)
            said.added.append(row)
        elif _differs(row, values):
            _change(row, values, cycle)
            said.changed.append(row)
        said.kept.append(row)
    said.vanished.extend(stored.values())
    return said


def _new(clock: Clock, cycle: Cycle, compiled: CompiledCalendar) -> Milestone:
    """Return a milestone that was not there before, not yet saved."""
    row = Milestone(clock=clock, metric=cycle.metric, number=cycle.number, **values_of(cycle, compiled))
    _lay(row, cycle)
    return row


def values_of(cycle: Cycle, compiled: CompiledCalendar, *, is_held: bool = False) -> dict[str, Any]:
    """Return what a milestone stores of a cycle. One that is held may not move any more, whatever year it touches."""
    end = cycle.due_at or cycle.stopped_at or cycle.started_at
    return {
        "target_id": cycle.target.ref,
        "calendar_version_id": compiled.pk,
        "state": cycle.state.value,
        "started_at": cycle.started_at,
        "due_at": cycle.due_at,
        "due_on": cycle.target.due_on,
        "completed_at": cycle.completed_at,
        "stopped_at": cycle.stopped_at,
        "met_by_id": cycle.met_by,
        "budget": cycle.budget,
        "remaining": cycle.remaining,
        "pauses": pauses_to(cycle.pauses),
        "is_provisional": not is_held and compiled.is_provisional(cycle.started_at, end),
    }


def pauses_to(pauses: Iterable[timeline.Pause]) -> list[dict[str, str | None]]:
    """Return pauses as they are stored."""
    return [
        {
            "start": pause.start.isoformat(),
            "end": pause.end.isoformat() if pause.end else None,
            "cause": str(pause.cause),
        }
        for pause in pauses
    ]


def pauses_of(milestone: Milestone) -> list[timeline.Pause]:
    """Return the pauses of a stored milestone."""
    return pauses_from(milestone.pauses)


def pauses_from(rows: Iterable[Mapping[str, Any]]) -> list[timeline.Pause]:
    """Return stored pauses."""
    return [
        timeline.Pause(
            datetime.fromisoformat(row["start"]),
            datetime.fromisoformat(row["end"]) if row["end"] else None,
            row["cause"],
        )
        for row in rows
    ]


def _is_held_on(row: Milestone, compiled: CompiledCalendar) -> bool:
    """Tell whether a milestone is held on a calendar: one that goes over to another calendar moves with that."""
    return row.is_held and calendar_of(row.calendar_version_id).code == compiled.code


def _differs(row: Milestone, values: Mapping[str, Any]) -> bool:
    return any(getattr(row, name) != value for name, value in values.items())


def _change(row: Milestone, values: dict[str, Any], cycle: Cycle) -> None:
    """Give a milestone new values; its ladder is laid anew where the due instant moved, or its target is new."""
    is_new = row.due_at != values["due_at"] or row.stopped_at is not None or row.target_id != values["target_id"]
    if row.due_at != values["due_at"]:
        row.acknowledged_at, row.acknowledged_ref, row.acknowledged_by = None, "", ""
    row.is_held = _is_held_on(row, calendar_of(values["calendar_version_id"]))
    for name, value in values.items():
        setattr(row, name, value)
    if row.stopped_at or row.due_at is None:
        row.next_step_at = None
    elif is_new:
        _lay(row, cycle)


def _lay(row: Milestone, cycle: Cycle) -> None:
    """Set the next step of a milestone whose due instant is new, on the ladder of its own target's policy.

    A warning is not repeated for an instant that already had one; a breach of the new due instant always comes.
    """
    if row.stopped_at or row.due_at is None:
        return
    laid = steps_on(
        target=row.target_id, metric=row.metric, calendar=cycle.calendar, start=row.started_at, due_at=row.due_at,
        pauses=cycle.pauses,
    )  # fmt: skip
    upcoming = next_owed(laid, row.fired_through)
    row.next_step_at = upcoming.at if upcoming else None
    row.next_level = upcoming.level if upcoming else 0


def next_owed(steps: Iterable[ladder.Step], fired_through: datetime | None) -> ladder.Step | None:
    """Return the first step of a ladder that is still to be fired, if it has one."""
    return next((step for step in steps if _is_owed(step, fired_through)), None)


def _is_owed(step: ladder.Step, fired_through: datetime | None) -> bool:
    return fired_through is None or step.at > fired_through or step.mark in (ladder.Mark.BREACH, ladder.Mark.AFTER)


def steps_on(
    *, target: int, metric: str, calendar: Calendar, start: datetime, due_at: datetime,
    pauses: Sequence[timeline.Pause],
) -> list[ladder.Step]:  # fmt: skip
    """Lay the ladder of a target on a run: that of the policy version that promised it, also after the clock went on.

    The steps come in the order in which they come true; of what comes again after the deadline there is none.
    """
    return _steps(target, metric, ladder.Span(calendar, start, due_at, pauses), until=due_at)


def _steps(target: int, metric: str, span: ladder.Span, *, until: datetime | None) -> list[ladder.Step]:
    laid = policy_with(target).ladders.get(metric)
    return ladder.steps(laid, span, until=until) if laid else []


def steps_of(milestone: Milestone, *, until: datetime | None = None) -> list[ladder.Step]:
    """Return the ladder of a stored milestone that has a due instant, in order; what comes again as `ladder.steps`."""
    if milestone.due_at is None:
        return []
    calendar = calendar_of(milestone.calendar_version_id).calendar
    span = ladder.Span(calendar, milestone.started_at, milestone.due_at, pauses_of(milestone))
    return _steps(milestone.target_id, milestone.metric, span, until=until)


def steps_ahead(milestone: Milestone, *, until: datetime | None = None) -> list[ladder.Step]:
    """Return the steps of a stored milestone that are still to be fired, in order, without those it keeps silent."""
    due_at = milestone.due_at
    if due_at is None or milestone.next_step_at is None:
        return []
    laid = steps_of(milestone, until=until)
    first = next((place for place, step in enumerate(laid) if step.level == milestone.next_level), 0)
    return [step for step in laid[first:] if not step.is_silent(due_at, milestone.acknowledged_at)]


def unfired(milestone: Milestone) -> list[ladder.Step]:
    """Return the steps that come after the last one fired, in order, without those that a milestone keeps silent."""
    due_at, through = milestone.due_at, milestone.fired_through
    if due_at is None or milestone.stopped_at:
        return []
    laid = [step for step in steps_of(milestone) if through is None or step.at > through]
    return [step for step in laid if not step.is_silent(due_at, milestone.acknowledged_at)]


def lay_anew(milestone: Milestone) -> None:
    """Set the timer of a milestone that lost it for the first step that was not fired. Call with the row locked."""
    upcoming = next(iter(unfired(milestone)), None)
    milestone.next_step_at = upcoming.at if upcoming else None
    milestone.next_level = upcoming.level if upcoming else 0
    milestone.save(update_fields=["next_step_at", "next_level"])


def acknowledge(milestone: Milestone, *, actor: Actor, at: datetime) -> None:
    """Note that somebody took a late or threatened promise on, and keep silent what they need no telling of.

    Before its deadline that is every further warning, after it every later level and round; the breach always comes.
    It holds until the deadline moves. Call inside atomic with the row locked. Source: C29
    """
    milestone.acknowledged_at, milestone.acknowledged_ref, milestone.acknowledged_by = at, actor.ref, actor.display
    upcoming = next(iter(steps_ahead(milestone)), None)
    milestone.next_step_at = upcoming.at if upcoming else None
    milestone.next_level = upcoming.level if upcoming else 0
    milestone.save(update_fields=[*ACKNOWLEDGED, "next_step_at", "next_level"])


def drop(vanished: Iterable[Milestone]) -> None:
    """Remove milestones that no fact speaks of any more; one that was escalated stays, cancelled, for the record."""
    for row in vanished:
        if row.escalations.exists():
            row.state, row.next_step_at = Milestone.State.CANCELLED, None
            row.stopped_at = row.stopped_at or row.started_at
            row.completed_at = row.met_by_id = row.remaining = None
            row.save(update_fields=FOLDED)
        else:
            row.delete()
