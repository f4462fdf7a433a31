"""The only writer of clocks: journals facts, folds them into milestones, and lays the ladder of each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db.models import Model

from sla import ladder, timeline
from sla.actors import Actor
from sla.compiled import CompiledCalendar, calendar_of, calendars_named, policy_of
from sla.inserting import insert_all
from sla.models import Clock, Milestone, Observation, Policy
from sla.timeline import Cycle, Fact, FactKind

# What a refold may change on a milestone that is there already.
FOLDED = (
    "target", "calendar_version", "state", "started_at", "due_at", "completed_at", "stopped_at", "met_by", "budget",
    "remaining", "pauses", "is_provisional", "next_step_at", "next_level",
)  # fmt: skip


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
    opening = _row(clock, heard, {"policy": policy.pk, "priority": priority})
    milestones = [_new(clock, cycle, compiled) for cycle, compiled in fold([_fact(opening)], [])]
    return Start(clock, opening, milestones)


def start(*, policy: Policy, priority: str, heard: Heard) -> tuple[Clock, list[Milestone]]:
    """Start a clock under `policy` with its first fact; return it and its milestones. Call inside atomic."""
    planned = plan(policy=policy, priority=priority, heard=heard)
    insert_all(planned.rows)
    return planned.clock, planned.milestones


def observe(clock: Clock, heard: Sequence[Heard]) -> list[Milestone]:
    """Journal facts, refold all that the clock ever heard, and return its milestones. Call inside atomic."""
    Observation.objects.bulk_create([_row(clock, one) for one in heard])
    return refold(clock)


def replan(clock: Clock, *, policy: Policy, priority: str, heard: Heard) -> list[Milestone]:
    """Put a clock under another policy or priority; what was met or missed before stays judged as it was."""
    clock.policy, clock.priority = policy, priority
    clock.save(update_fields=["policy", "priority"])
    _row(clock, heard, {"policy": policy.pk, "priority": priority}).save(force_insert=True)
    return refold(clock)


def withdraw(clock: Clock, *, source: str, at: datetime) -> list[Milestone]:
    """Take back the facts that stand at `source`, with all they met or paused. Call inside atomic."""
    clock.observations.filter(source=source, withdrawn_at=None).update(withdrawn_at=at)
    return refold(clock)


def refold(clock: Clock) -> list[Milestone]:
    """Fold a clock's facts anew, save what differs, and return its milestones."""
    observations = list(clock.observations.filter(withdrawn_at=None))
    return _save(clock, observations, list(clock.milestones.all()))


def _row(clock: Clock, heard: Heard, fields: dict[str, Any] | None = None) -> Observation:
    return Observation(
        clock=clock, kind=heard.kind, at=heard.at, source=heard.source, fields=heard.fields | (fields or {}),
        actor_kind=heard.actor.kind, actor_ref=heard.actor.ref, actor_display=heard.actor.display,
    )  # fmt: skip


def facts_of(observations: Iterable[Observation]) -> list[Fact]:
    """Return the pure facts of journal rows."""
    return [_fact(row) for row in observations]


def _fact(row: Observation) -> Fact:
    until = row.fields.get("until")
    hold = row.fields.get("hold")
    terms = policy_of(row.fields["policy"]).terms(row.fields["priority"]) if "policy" in row.fields else None
    return Fact(
        kind=FactKind(row.kind),
        at=row.at,
        actor=timeline.ActorKind(row.actor_kind),
        ref=row.pk,
        hold=timeline.Hold(hold) if hold else None,
        until=datetime.fromisoformat(until).astimezone(UTC) if until else None,
        terms=terms,
    )


class _Pins:
    """The calendar version of each run: the one it has, else the one in force now."""

    def __init__(self, facts: Iterable[Fact], milestones: Iterable[Milestone]) -> None:
        self.kept = {(row.metric, row.number): calendar_of(row.calendar_version_id) for row in milestones}
        codes = {target.calendar for fact in facts if fact.terms for target in fact.terms.targets.values()}
        missing = codes - {compiled.code for compiled in self.kept.values()}
        self.current = calendars_named(missing) if missing else {}

    def compiled(self, code: str, metric: str, number: int) -> CompiledCalendar:
        kept = self.kept.get((metric, number))
        if kept and kept.code == code:
            return kept
        if code not in self.current:
            self.current |= calendars_named({code})
        return self.current[code]


def fold(facts: list[Fact], milestones: Iterable[Milestone]) -> list[tuple[Cycle, CompiledCalendar]]:
    """Fold facts into cycles, each with its calendar version: kept where a milestone has one, else the current one."""
    pins = _Pins(facts, milestones)
    folded = timeline.cycles(facts, lambda code, metric, number: pins.compiled(code, metric, number).calendar)
    return [(cycle, pins.compiled(cycle.target.calendar, cycle.metric, cycle.number)) for cycle in folded]


def _save(clock: Clock, observations: list[Observation], milestones: list[Milestone]) -> list[Milestone]:
    """Bring the stored milestones to what the facts say; rows that say it already are not touched."""
    stored = {(row.metric, row.number): row for row in milestones}
    rules = policy_of(clock.policy_id).rules
    kept, added = [], []
    for cycle, compiled in fold(facts_of(observations), milestones):
        values = _values(cycle, compiled)
        row = stored.pop((cycle.metric.value, cycle.number), None)
        if row is None:
            row = _new(clock, cycle, compiled)
            added.append(row)
        elif _differs(row, values):
            _change(row, values, cycle, rules.get(cycle.metric, []))
        kept.append(row)
    if added:
        Milestone.objects.bulk_create(added)
    _drop(stored.values())
    return kept


def _new(clock: Clock, cycle: Cycle, compiled: CompiledCalendar) -> Milestone:
    """Return a milestone that was not there before, not yet saved."""
    row = Milestone(clock=clock, metric=cycle.metric, number=cycle.number, **_values(cycle, compiled))
    _lay(row, cycle, policy_of(clock.policy_id).rules.get(cycle.metric, []))
    return row


def _values(cycle: Cycle, compiled: CompiledCalendar) -> dict[str, Any]:
    end = cycle.due_at or cycle.stopped_at or cycle.started_at
    return {
        "target_id": cycle.target.ref,
        "calendar_version_id": compiled.pk,
        "state": cycle.state.value,
        "started_at": cycle.started_at,
        "due_at": cycle.due_at,
        "completed_at": cycle.completed_at,
        "stopped_at": cycle.stopped_at,
        "met_by_id": cycle.met_by,
        "budget": cycle.budget,
        "remaining": cycle.remaining,
        "pauses": [_pause(pause) for pause in cycle.pauses],
        "is_provisional": compiled.is_provisional(cycle.started_at, end),
    }


def _pause(pause: timeline.Pause) -> dict[str, str | None]:
    return {
        "start": pause.start.isoformat(),
        "end": pause.end.isoformat() if pause.end else None,
        "cause": str(pause.cause),
    }


def pauses_of(milestone: Milestone) -> list[timeline.Pause]:
    """Return the pauses of a stored milestone."""
    return [
        timeline.Pause(
            datetime.fromisoformat(row["start"]),
            datetime.fromisoformat(row["end"]) if row["end"] else None,
            row["cause"],
        )
        for row in milestone.pauses
    ]


def _differs(row: Milestone, values: Mapping[str, Any]) -> bool:
    return any(getattr(row, name) != value for name, value in values.items())


def _change(row: Milestone, values: dict[str, Any], cycle: Cycle, rules: list[ladder.Rule]) -> None:
    """Write new values to a milestone; its ladder is laid anew where the due instant moved."""
    is_new = row.due_at != values["due_at"] or row.stopped_at is not None
    for name, value in values.items():
        setattr(row, name, value)
    if row.stopped_at or row.due_at is None:
        row.next_step_at = None
    elif is_new:
        _lay(row, cycle, rules)
    row.save(update_fields=FOLDED)


def _lay(row: Milestone, cycle: Cycle, rules: list[ladder.Rule]) -> None:
    """Set the next step of a milestone whose due instant is new.

    A warning is not repeated for an instant that already had one; a breach of the new due instant always comes.
    """
    if row.stopped_at or row.due_at is None:
        return
    laid = ladder.steps(
        rules=rules, calendar=cycle.calendar, start=row.started_at, due_at=row.due_at, pauses=cycle.pauses
    )
    upcoming = [step for step in laid if _is_owed(step, row.fired_through)]
    row.next_step_at = upcoming[0].at if upcoming else None
    row.next_level = upcoming[0].level if upcoming else 0


def _is_owed(step: ladder.Step, fired_through: datetime | None) -> bool:
    return fired_through is None or step.at > fired_through or step.mark in (ladder.Mark.BREACH, ladder.Mark.AFTER)


def steps_of(milestone: Milestone) -> list[ladder.Step]:
    """Return the ladder of a stored milestone that has a due instant, in order."""
    if milestone.due_at is None:
        return []
    policy = policy_of(milestone.clock.policy_id)
    return ladder.steps(
        rules=policy.rules.get(milestone.metric, []),
        calendar=calendar_of(milestone.calendar_version_id).calendar,
        start=milestone.started_at,
        due_at=milestone.due_at,
        pauses=pauses_of(milestone),
    )


def _drop(vanished: Iterable[Milestone]) -> None:
    """Remove milestones that no fact speaks of any more; one that was escalated stays, cancelled, for the record."""
    for row in vanished:
        if row.escalations.exists():
            row.state, row.next_step_at = Milestone.State.CANCELLED, None
            row.stopped_at = row.stopped_at or row.started_at
            row.completed_at = row.met_by_id = row.remaining = None
            row.save(update_fields=FOLDED)
        else:
            row.delete()
