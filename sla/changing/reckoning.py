"""Open milestones by another version of their calendar: what each would then be. Nothing is written here."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection

from sla import timeline
from sla.comparing import Span
from sla.compiled import CompiledCalendar, policy_with
from sla.engine import next_owed, pauses_from, steps_on
from sla.folding import facts_of, fold
from sla.ladder import Mark, Step
from sla.models import DueMove, Milestone, Observation
from sla.timeline import FactKind, Pause

Verdict = DueMove.Verdict

# Clocks that heard one of these may stand under another target than their milestone's row can tell.
TURNING = (FactKind.REPLAN, FactKind.REOPEN)
# What is owed by a date may come to be due later by a day that opens after it is due now, up to that date in any zone.
# The whole span counts, not only what lies after the last pause: a fold would read all of it, too.
TOUCHED = """
SELECT id, clock_id, metric, number, target_id, calendar_version_id, started_at, due_at, due_on, pauses,
  next_step_at, next_level, fired_through, acknowledged_at
FROM sla_milestone
WHERE stopped_at IS NULL AND NOT is_held AND quarantined_at IS NULL AND calendar_version_id = ANY(%s)
  AND tstzrange(
    started_at, CASE WHEN due_at IS NOT NULL THEN greatest(due_at, (due_on + 2)::timestamp AT TIME ZONE 'UTC') END, '[]'
  ) && %s::tstzmultirange
"""
NEXT = f"{TOUCHED} AND id > %s ORDER BY id LIMIT %s"
CHOSEN = f"{TOUCHED} AND id = ANY(%s) ORDER BY id"


class Touch(NamedTuple):
    """Which open milestones a changed calendar concerns: those on these versions whose span meets one of these."""

    versions: Collection[int]
    spans: Collection[Span]

    @property
    def terms(self) -> list[Any]:
        """Return the two as the statement takes them."""
        spans = ",".join(f"[{start.isoformat()},{end.isoformat()})" for start, end in self.spans)
        return [list(self.versions), f"{{{spans}}}"]


class Open(NamedTuple):
    """An open milestone as it is stored, as far as its calendar says anything about it."""

    pk: int
    clock: int
    metric: str
    number: int
    target: int
    version: int
    started_at: datetime
    due_at: datetime | None
    due_on: date | None
    # JSON, as stored.
    pauses: str
    next_step_at: datetime | None
    next_level: int
    fired_through: datetime | None
    acknowledged_at: datetime | None


class Reckoned(NamedTuple):
    """What an open milestone is by another version of its calendar."""

    target: int
    started_at: datetime
    due_at: datetime | None
    budget: timedelta | None
    remaining: timedelta | None
    pauses: Sequence[Pause]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A stored milestone beside what it would be; no verdict: its deadline does not move."""

    row: Open
    reckoned: Reckoned
    verdict: Verdict | None
    # Its ladder stands otherwise: what of it comes next.
    is_relaid: bool
    next_step: Step | None
    undoes_breach: bool


def touched(touch: Touch, *, limit: int, after: int = 0, lock: bool = False) -> list[Open]:
    """Return the open milestones that a change concerns, by key from `after` on.

    What is held or quarantined is left out. With `lock` they are locked, and those that somebody else holds passed
    over.
    """
    return _read(NEXT + (" FOR UPDATE SKIP LOCKED" if lock else ""), [*touch.terms, after, limit])


def touched_among(touch: Touch, keys: Collection[int]) -> list[Open]:
    """Return those of some milestones that a change concerns."""
    return _read(CHOSEN, [*touch.terms, list(keys)])


def _read(statement: str, values: list[Any]) -> list[Open]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [Open(*row) for row in cursor.fetchall()]


def outcomes(rows: Sequence[Open], calendar: CompiledCalendar, at: datetime) -> list[Outcome]:
    """Return what these milestones, all of one calendar, would be by another version of it, as seen at `at`."""
    turned = _refolded(rows, calendar)
    return [_outcome(row, turned.get(row.pk) or _reckoned(row, calendar), calendar, at) for row in rows]


def _reckoned(row: Open, calendar: CompiledCalendar) -> Reckoned:
    """Return a milestone anew from its own row, without reading its facts."""
    target = policy_with(row.target).pure_of[row.target].by(row.due_on)
    pauses = pauses_from(json.loads(row.pauses)) if row.pauses != "[]" else []
    due_at, remaining = timeline.due_of(target, calendar.calendar, row.started_at, pauses)
    budget = target.budget or timeline.budget_of(target, calendar.calendar, row.started_at)
    return Reckoned(row.target, row.started_at, due_at, budget, remaining, pauses)


def _refolded(rows: Sequence[Open], calendar: CompiledCalendar) -> dict[int, Reckoned]:
    """Return the milestones of clocks that were re-planned or reopened, each folded from all its facts."""
    clocks = {row.clock for row in rows}
    heard = Observation.objects.filter(clock__in=clocks, kind__in=TURNING, withdrawn_at=None)
    turned = set(heard.values_list("clock", flat=True))
    if not turned:
        return {}
    facts, siblings = defaultdict(list), defaultdict(list)
    for fact in Observation.objects.filter(clock__in=turned, withdrawn_at=None).order_by("at", "pk"):
        facts[fact.clock_id].append(fact)
    for milestone in Milestone.objects.filter(clock__in=turned):
        siblings[milestone.clock_id].append(milestone)
    return {
        row.pk: _folded(row, facts[row.clock], siblings[row.clock], calendar) for row in rows if row.clock in turned
    }


def _folded(
    row: Open, facts: Sequence[Observation], siblings: Sequence[Milestone], calendar: CompiledCalendar
) -> Reckoned:
    run = (row.metric, row.number)
    for cycle, _compiled in fold(facts_of(facts), siblings, {run: calendar}):
        if (cycle.metric.value, cycle.number) == run:
            return Reckoned(
                cycle.target.ref, cycle.started_at, cycle.due_at, cycle.budget, cycle.remaining, cycle.pauses
            )
    raise LookupError(f"No fact speaks of {row.metric} #{row.number} of clock {row.clock} any more.")


def _outcome(row: Open, reckoned: Reckoned, calendar: CompiledCalendar, at: datetime) -> Outcome:
    if reckoned.remaining is not None and row.due_at is None:
        return Outcome(row, reckoned, None, is_relaid=False, next_step=None, undoes_breach=False)
    steps = _steps(row, reckoned, calendar)
    if reckoned.due_at == row.due_at:
        upcoming = _next_warning(row, steps, at)
        return Outcome(row, reckoned, None, is_relaid=upcoming is not None, next_step=upcoming, undoes_breach=False)
    verdict = _verdict(row, reckoned, steps, calendar, at)
    undoes = row.due_at is not None and row.due_at < at and verdict == Verdict.LATER
    upcoming = next_owed(steps, row.fired_through)
    return Outcome(row, reckoned, verdict, is_relaid=True, next_step=upcoming, undoes_breach=undoes)


def _next_warning(row: Open, steps: Iterable[Step], at: datetime) -> Step | None:
    """Return the step that comes next on the way to a deadline that stays, where it comes at another instant now.

    A day off for a day worked may leave the deadline where it is and move its warnings.
    """
    if row.next_step_at is None or row.acknowledged_at or row.due_at is None or row.due_at < at:
        return None
    upcoming = next((step for step in steps if row.fired_through is None or step.at > row.fired_through), None)
    return upcoming if upcoming and upcoming.at != row.next_step_at else None


def _steps(row: Open, reckoned: Reckoned, calendar: CompiledCalendar) -> list[Step]:
    if reckoned.due_at is None:
        return []
    return steps_on(
        target=reckoned.target, metric=row.metric, calendar=calendar.calendar, start=reckoned.started_at,
        due_at=reckoned.due_at, pauses=reckoned.pauses,
    )  # fmt: skip


def _verdict(row: Open, reckoned: Reckoned, steps: Iterable[Step], calendar: CompiledCalendar, at: datetime) -> Verdict:
    """Return what a deadline that differs comes to. None is moved to where it could not be kept. Source: Y17"""
    old, new = row.due_at, reckoned.due_at
    if new is None or (old is not None and old < new and at < new):
        return Verdict.LATER
    if new <= at:
        return Verdict.HELD
    if old is None:
        return Verdict.MUCH_EARLIER
    if any(step.mark not in (Mark.BREACH, Mark.AFTER) and step.at < at for step in steps):
        return Verdict.HELD
    if new.astimezone(calendar.zone).date() < old.astimezone(calendar.zone).date():
        return Verdict.MUCH_EARLIER
    return Verdict.EARLIER
