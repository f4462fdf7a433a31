"""A changed calendar reaches the open milestones that it touches: batch by batch, each at most once for a change."""

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Count, Exists, OuterRef, Q

from sla.batching import BACKOFF, together_or_alone
from sla.changing.reckoning import Open, Outcome, Touch, outcomes, touched, touched_among
from sla.clock import database_now
from sla.comparing import Span
from sla.compiled import CompiledCalendar, calendar_of
from sla.engine import pauses_to
from sla.models import CalendarVersion, DueMove, Milestone, Recompute

# How soon a change is looked at again when somebody held a milestone, or was writing while it was made.
AGAIN = timedelta(seconds=1)
# Whoever was writing when a change was made has ended by then, or writes no clocks.
LONGEST_WAIT = timedelta(minutes=1)

PROGRESS = (
    "started_at", "finished_at", "cursor", "touched", "moved", "held", "attempts", "retry_at", "error",
)  # fmt: skip

# Whoever began before us may be writing a milestone by the old version without our seeing it.
OTHERS = """
SELECT EXISTS (
  SELECT FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
    AND xact_start < clock_timestamp() - %s * interval '1 second'
)
"""
GO_OVER = """
UPDATE sla_milestone AS milestone
SET calendar_version_id = %s, target_id = gone.target, state = gone.state, started_at = gone.started_at,
    due_at = gone.due_at, budget = gone.budget, remaining = gone.remaining,
    pauses = coalesce(gone.pauses, milestone.pauses), is_provisional = gone.is_provisional,
    next_step_at = CASE WHEN relaid THEN gone.next_step_at ELSE milestone.next_step_at END,
    next_level = CASE WHEN relaid THEN gone.next_level ELSE milestone.next_level END,
    acknowledged_at = CASE WHEN moved THEN NULL ELSE acknowledged_at END,
    acknowledged_ref = CASE WHEN moved THEN '' ELSE acknowledged_ref END,
    acknowledged_by = CASE WHEN moved THEN '' ELSE acknowledged_by END,
    attempts = 0, error = ''
FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::interval[],
  %s::interval[], %s::jsonb[], %s::boolean[], %s::boolean[], %s::boolean[], %s::timestamptz[],
  %s::smallint[])
  AS gone (id, target, state, started_at, due_at, budget, remaining, pauses, is_provisional, moved, relaid,
    next_step_at, next_level)
WHERE milestone.id = gone.id
"""
HOLD = "UPDATE sla_milestone SET is_held = true, is_provisional = false WHERE id = ANY(%s)"
NOTE_MOVES = """
INSERT INTO sla_duemove (recompute_id, milestone_id, from_version_id, to_version_id, old_due_at, new_due_at, verdict,
  undid_breach, found_at, retry_at, attempts, error)
SELECT %s, moved.*, %s, %s, 0, ''
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::text[], %s::boolean[])
  AS moved
ON CONFLICT DO NOTHING
"""
UNDO = """
UPDATE sla_escalation AS escalation SET undone_at = %s
FROM unnest(%s::bigint[], %s::timestamptz[]) AS undone (milestone_id, due_at)
WHERE escalation.milestone_id = undone.milestone_id AND escalation.due_at = undone.due_at
  AND escalation.mark IN ('breach', 'after') AND escalation.undone_at IS NULL
"""


def recompute_due(*, limit: int = 500, later_than: timedelta = timedelta()) -> int:
    """Bring the next batch of open milestones to a changed calendar; return how many changes were gone on with.

    One transaction claims a change, computes up to `limit` milestones and saves them with what moved. A milestone
    that raises is put off, then quarantined, and the others go on. Changes of one calendar come one after the other.
    """
    with transaction.atomic():
        now = database_now()
        change = _claim(now - later_than)
        if change is None:
            return 0
        change.started_at = change.started_at or now
        _go_on(change, limit, now)
        return 1


def _claim(before: datetime) -> Recompute | None:
    """Lock the oldest change of a calendar that may be gone on with; one that another process holds is passed over.

    The lock lets others note what they moved by the same change.
    """
    older = Recompute.objects.unfinished().filter(kind=OuterRef("kind"), code=OuterRef("code"), pk__lt=OuterRef("pk"))
    ready = Recompute.objects.ready(before).filter(~Exists(older), kind=Recompute.Kind.CALENDAR)
    return ready.select_for_update(skip_locked=True, no_key=True).first()


def _go_on(change: Recompute, limit: int, now: datetime) -> None:
    rows = touched(_touch(change), after=change.cursor, limit=limit, lock=True)
    calendar = _calendar_of(change)

    def bring(some: Sequence[Open]) -> None:
        found = outcomes(some, calendar, now)
        _save(found, change, calendar, now)
        change.touched += len(found)

    def put_off(row: Open, error: str) -> None:
        _put_off(row, error, now)
        change.error = error

    together_or_alone(rows, bring, put_off)
    change.cursor = rows[-1].pk if rows else change.cursor
    if len(rows) < limit:
        _end_pass(change, now)
    change.save(update_fields=PROGRESS)


def _touch(change: Recompute) -> Touch:
    older = CalendarVersion.objects.filter(code=change.code, version__lt=change.version)
    return Touch(list(older.values_list("pk", flat=True)), spans_of(change))


def _calendar_of(change: Recompute) -> CompiledCalendar:
    version = CalendarVersion.objects.filter(code=change.code, version=change.version)
    return calendar_of(version.values_list("pk", flat=True).get())


def spans_of(change: Recompute) -> list[Span]:
    """Return the time in which a changed calendar differs from the one before."""
    return [(datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in change.spans]


def _end_pass(change: Recompute, now: datetime) -> None:
    """Finish a change once nothing that it touches is left; else begin again from the first key, a little later."""
    counted = DueMove.objects.filter(recompute=change).aggregate(
        all=Count("pk"), held=Count("pk", filter=Q(verdict=DueMove.Verdict.HELD))
    )
    change.moved, change.held = counted["all"] - counted["held"], counted["held"]
    # In this order: what others wrote until they ended is seen by the second look.
    if others_write(change.started_at, now):
        change.retry_at = now + AGAIN
    elif touched(_touch(change), limit=1):
        begin_again(change, now)
    else:
        change.finished_at, change.error = now, ""


def others_write(since: datetime | None, now: datetime) -> bool:
    """Tell whether somebody still writes who began before a change of then, and may not know of it."""
    age = now - (since or now)
    if age > LONGEST_WAIT:
        return False
    with connection.cursor() as cursor:
        cursor.execute(OTHERS, [age.total_seconds()])
        return bool(cursor.fetchone()[0])


def begin_again(change: Recompute, now: datetime) -> None:
    """Let a change be gone on with from the first key, a little later; longer if something raised."""
    change.cursor = 0
    if change.error:
        change.retry_at = now + BACKOFF[min(change.attempts, len(BACKOFF) - 1)]
        change.attempts += 1
    else:
        change.retry_at = now + AGAIN


def _put_off(row: Open, error: str, now: datetime) -> None:
    """Leave a milestone that raised for the next pass; after the last try it is quarantined until someone looks."""
    milestone = Milestone.objects.only("attempts").get(pk=row.pk)
    values: dict[str, object] = {"attempts": milestone.attempts + 1, "error": error}
    if milestone.attempts >= len(BACKOFF):
        values |= {"quarantined_at": now, "next_step_at": None}
    Milestone.objects.filter(pk=row.pk).update(**values)


def bring_up_to_date(rows: Sequence[Milestone], now: datetime) -> list[Milestone]:
    """Compute due milestones anew that a change has not reached yet, and return those that are due all the same.

    Call inside atomic with the milestones locked: none is fired by a deadline that is about to move.
    """
    codes = {calendar_of(row.calendar_version_id).code for row in rows}
    keys: set[int] = set()
    for change in Recompute.objects.unfinished().filter(kind=Recompute.Kind.CALENDAR, code__in=codes):
        found = touched_among(_touch(change), [row.pk for row in rows])
        calendar = _calendar_of(change)
        _save(outcomes(found, calendar, now), change, calendar, now)
        keys |= {row.pk for row in found}
    if not keys:
        return list(rows)
    anew = Milestone.objects.select_related("clock").in_bulk(keys)
    due = [anew.get(row.pk, row) for row in rows]
    return [row for row in due if row.next_step_at and row.next_step_at < now]


def _save(found: Sequence[Outcome], change: Recompute, calendar: CompiledCalendar, now: datetime) -> None:
    """Write what milestones are by another version, each moved or held one with its row, in a few statements."""
    held = [one.row.pk for one in found if one.verdict == DueMove.Verdict.HELD]
    gone = [_columns(one, calendar) for one in found if one.verdict != DueMove.Verdict.HELD]
    moved = [one for one in found if one.verdict]
    undone = [(one.row.pk, one.row.due_at) for one in found if one.undoes_breach]
    with connection.cursor() as cursor:
        if gone:
            cursor.execute(GO_OVER, [calendar.pk, *_turned(gone)])
        if held:
            cursor.execute(HOLD, [held])
        if moved:
            columns = _turned(_move(one, calendar) for one in moved)
            cursor.execute(NOTE_MOVES, [change.pk, now, now, *columns])
        if undone:
            cursor.execute(UNDO, [now, *_turned(undone)])


def _turned(rows: Iterable[Collection[object]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _columns(one: Outcome, calendar: CompiledCalendar) -> tuple[object, ...]:
    new, step = one.reckoned, one.next_step
    state = Milestone.State.RUNNING if new.remaining is None else Milestone.State.PAUSED
    is_cut_anew = new.started_at != one.row.started_at or new.target != one.row.target
    return (
        one.row.pk, new.target, state.value, new.started_at, new.due_at, new.budget, new.remaining,
        json.dumps(pauses_to(new.pauses)) if is_cut_anew else None,
        calendar.is_provisional(new.started_at, new.due_at or new.started_at), one.verdict is not None,
        one.is_relaid, step.at if step else None, step.level if step else 0,
    )  # fmt: skip


def _move(one: Outcome, calendar: CompiledCalendar) -> tuple[object, ...]:
    return (
        one.row.pk, one.row.version, calendar.pk, one.row.due_at, one.reckoned.due_at, str(one.verdict),
        one.undoes_breach,
    )  # fmt: skip
