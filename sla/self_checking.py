"""The engine's check of itself: what is stored of every open clock, beside what its facts fold to."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Max

from sla import engine
from sla.changing.proposals import things_of
from sla.clock import database_now
from sla.compiled import calendar_of
from sla.folding import facts_of, fold
from sla.models import Drift, Milestone, Observation, SelfCheck

BATCH = 500

Run = tuple[int, str, int]
# {field: [stored, folded]}, both as text or null.
Differences = dict[str, list[str | None]]


@dataclass(frozen=True, slots=True)
class Kept:
    """What is stored of some clocks, read at one instant."""

    facts: Mapping[int, list[Observation]]
    milestones: Mapping[int, list[Milestone]]


def begin(*, at: datetime) -> SelfCheck | None:
    """Begin a check of every open clock and return it; None while another one is under way."""
    with transaction.atomic():
        # Two who begin at once would both find none under way.
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE sla_selfcheck IN SHARE ROW EXCLUSIVE MODE")
        if SelfCheck.objects.filter(finished_at=None).exists():
            return None
        return SelfCheck.objects.create(started_at=at)


def go_on(*, limit: int = BATCH) -> bool:
    """Check the next clocks of a check that is under way; tell whether there was anything to do.

    One process at a time works on a check. What differs is looked at once more under a lock before it is written
    down, so that a ticket that was being worked on is no false alarm.
    """
    with transaction.atomic():
        check = SelfCheck.objects.filter(finished_at=None).select_for_update(skip_locked=True).first()
        if check is None:
            return False
        clocks = _next_clocks(check, limit)
        if clocks:
            _check(check, clocks)
        if len(clocks) < limit:
            check.finished_at = database_now()
        check.save(update_fields=["cursor", "checked", "drifted", "finished_at"])
    return True


def _next_clocks(check: SelfCheck, limit: int) -> list[int]:
    """Return the next clocks that have an open milestone, or were found to differ and have none any more."""
    opened = Milestone.objects.open().filter(clock__gt=check.cursor).values_list("clock", flat=True)
    drifted = Drift.objects.filter(settled_at=None, clock__gt=check.cursor).values_list("clock", flat=True)
    found = {*opened.order_by("clock").distinct()[:limit], *drifted.order_by("clock").distinct()[:limit]}
    return sorted(found)[:limit]


def _check(check: SelfCheck, clocks: Sequence[int]) -> None:
    suspects = _differing(clocks, _read(clocks))
    found = _differing(sorted({clock for clock, _metric, _number in suspects}), None) if suspects else {}
    _write_down(check, clocks, found)
    check.cursor = clocks[-1]
    check.checked += len(clocks)
    check.drifted += len(found)


def _differing(clocks: Sequence[int], kept: Kept | None) -> dict[Run, Differences]:
    """Return what differs in these clocks; without `kept`, as they are now, with nobody else working on them."""
    if kept is None:
        rows = Milestone.objects.filter(clock__in=clocks).order_by("pk").select_for_update(of=("self",))
        list(rows.values_list("pk"))
        kept = _read(clocks)
    found: dict[Run, Differences] = {}
    for clock in clocks:
        for (metric, number), differences in compare(kept.facts[clock], kept.milestones[clock]).items():
            found[clock, metric, number] = differences
    return found


def _read(clocks: Sequence[int]) -> Kept:
    facts: dict[int, list[Observation]] = defaultdict(list)
    for heard in Observation.objects.filter(clock__in=clocks, withdrawn_at=None).order_by("at", "pk"):
        facts[heard.clock_id].append(heard)
    milestones: dict[int, list[Milestone]] = defaultdict(list)
    for row in Milestone.objects.filter(clock__in=clocks):
        milestones[row.clock_id].append(row)
    return Kept(facts, milestones)


def compare(observations: Iterable[Observation], milestones: Sequence[Milestone]) -> dict[tuple[str, int], Differences]:
    """Return by metric and number where stored milestones are not what the facts fold to on their own calendars."""
    stored = {(row.metric, row.number): row for row in milestones}
    pinned = {run: calendar_of(row.calendar_version_id) for run, row in stored.items()}
    found: dict[tuple[str, int], Differences] = {}
    for cycle, compiled in fold(facts_of(observations), milestones, pinned):
        run = (cycle.metric.value, cycle.number)
        row = stored.pop(run, None)
        if row is None:
            found[run] = {"milestone": [None, cycle.state.value]}
        elif differences := _between(row, engine.values_of(cycle, compiled, is_held=row.is_held)):
            found[run] = differences
    # One that was escalated before its facts were taken back stays, cancelled, for the record.
    gone = {run: row for run, row in stored.items() if row.state != Milestone.State.CANCELLED}
    return found | {run: {"milestone": [row.state, None]} for run, row in gone.items()}


def _between(row: Milestone, folded: Mapping[str, Any]) -> Differences:
    differing = {name: value for name, value in folded.items() if getattr(row, name) != value}
    found = {name: [_text(getattr(row, name)), _text(value)] for name, value in differing.items()}
    if not found and (step := lost_step(row)):
        found["next_step_at"] = [_text(row.next_step_at), _text(step)]
    return found


def lost_step(row: Milestone) -> datetime | None:
    """Return a step of the ladder that a milestone would never come to: its timer is gone, or set for another time."""
    if row.attempts or row.quarantined_at or row.next_step_at in {step.at for step in engine.steps_of(row)}:
        return None
    return next((step.at for step in engine.unfired(row)), None)


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _write_down(check: SelfCheck, clocks: Sequence[int], found: Mapping[Run, Differences]) -> None:
    """Keep what differs, once for each milestone, and settle what is in order again."""
    at = database_now()
    standing = {(row.clock_id, row.metric, row.number): row for row in _standing(clocks)}
    over = [row.pk for run, row in standing.items() if run not in found]
    Drift.objects.filter(pk__in=over).update(settled_at=at)
    things = things_of({clock for clock, _metric, _number in found})
    Drift.objects.bulk_create(
        Drift(check_run=check, clock_id=run[0], metric=run[1], number=run[2], thing=things.get(run[0], ""),
              differences=differences, found_at=at)
        for run, differences in found.items() if run not in standing
    )  # fmt: skip
    for run in found.keys() & standing.keys():
        Drift.objects.filter(pk=standing[run].pk).update(differences=found[run])


def _standing(clocks: Sequence[int]) -> list[Drift]:
    return list(Drift.objects.filter(clock__in=clocks, settled_at=None))


def settle(clock: int, *, at: datetime) -> None:
    """Note that a clock was folded anew and is in order again."""
    Drift.objects.filter(clock=clock, settled_at=None).update(settled_at=at)


def last_begun() -> datetime | None:
    """Return when the last check began, if there ever was one."""
    begun: datetime | None = SelfCheck.objects.aggregate(last=Max(F("started_at")))["last"]
    return begun
