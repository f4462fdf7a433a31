"""Hop 1 of the dispatch: milestones whose next step has come become Escalation rows, each in effect exactly once."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection

from sla.batching import BACKOFF, in_batches
from sla.changing import recomputing, replanning
from sla.compiled import policy_with
from sla.engine import steps_ahead
from sla.ladder import WARNINGS, Step
from sla.models import Escalation, Milestone

MOVE_ON = """
UPDATE sla_milestone AS milestone
SET next_step_at = moved.next_step_at, next_level = moved.next_level, fired_through = moved.fired_through,
    attempts = 0, error = ''
FROM unnest(%s::bigint[], %s::timestamptz[], %s::smallint[], %s::timestamptz[])
  AS moved (id, next_step_at, next_level, fired_through)
WHERE milestone.id = moved.id
"""


def fire_due(*, limit: int = 200, later_than: timedelta = timedelta()) -> int:
    """Fire the steps of up to `limit` due milestones and return how many were claimed.

    One transaction claims, writes the escalations and moves the milestones on. If a row raises, the batch is done
    again row by row, and the bad one is put off, then quarantined. `later_than` leaves alone what is not yet that
    late. Rows that another process holds are passed over.
    """
    return in_batches(lambda now: claim_due(now - later_than, limit), _fire, _put_off)


def claim_due(before: datetime, limit: int) -> list[Milestone]:
    """Lock up to `limit` milestones whose step came before an instant, oldest first. Call inside atomic."""
    due = Milestone.objects.due(before).select_for_update(skip_locked=True, of=("self",))
    return list(due.select_related("clock")[:limit])


def _fire(rows: list[Milestone], now: datetime) -> None:
    escalations: list[Escalation] = []
    moved: list[tuple[int, datetime | None, int, datetime]] = []
    for row in replanning.bring_up_to_date(recomputing.bring_up_to_date(rows, now), now):
        passed, upcoming = passed_at(row, now)
        escalations += escalations_of(row, passed, now)
        moved.append((
            row.pk,
            upcoming.at if upcoming else None,
            upcoming.level if upcoming else 0,
            passed[-1].at if passed else row.fired_through or now,
        ))  # fmt: skip
    if not moved:
        return
    _take_up_again(escalations, now)
    Escalation.objects.bulk_create(escalations, ignore_conflicts=True)
    with connection.cursor() as cursor:
        cursor.execute(MOVE_ON, [list(column) for column in zip(*moved, strict=True)])


def passed_at(row: Milestone, now: datetime) -> tuple[list[Step], Step | None]:
    """Return the steps of a milestone that have come true unfired, and the one that comes next."""
    owed = steps_ahead(row, until=now)
    passed = [step for step in owed if step.at < now]
    return passed, next((step for step in owed if step.at >= now), None)


def escalations_of(row: Milestone, passed: list[Step], now: datetime) -> Iterable[Escalation]:
    """Yield the unsaved row of each step that came true, with what its rule asks for; some are overtaken by others."""
    if row.due_at is None:
        return
    actions = policy_with(row.target_id).actions
    for step in passed:
        overtaken = _overtaken(step, passed)
        yield Escalation(
            milestone=row,
            due_at=row.due_at,
            level=step.level,
            mark=step.mark,
            step_at=step.at,
            fired_at=now,
            retry_at=now,
            actions=actions[row.metric, step.rule],
            state=Escalation.State.SUPERSEDED if overtaken else Escalation.State.PENDING,
            error=overtaken,
        )


def _overtaken(step: Step, found: list[Step]) -> str:
    """Return by what a step was overtaken that was found with others in one look, if it was.

    A warning is by the breach that it warns of, a round by a later round of the same level; nobody hears both.
    """
    if step.mark in WARNINGS:
        return "overtaken by the breach" if any(one.mark not in WARNINGS for one in found) else ""
    last = max(one.level for one in found if one.rule == step.rule)
    return "overtaken by a later round" if step.rule != step.level < last else ""


def _take_up_again(escalations: Iterable[Escalation], now: datetime) -> None:
    """Put back those that were void when they were to be acted on, and hold again: nobody was told of them."""
    owed = {(row.milestone_id, row.due_at, row.level) for row in escalations if row.state == Escalation.State.PENDING}
    void = Escalation.objects.filter(
        milestone__in={milestone for milestone, _due_at, _level in owed},
        state=Escalation.State.SUPERSEDED,
        acted_at__isnull=False,
    )
    again = [row.pk for row in void if (row.milestone_id, row.due_at, row.level) in owed]
    if again:
        put_back = {"state": Escalation.State.PENDING, "acted_at": None, "error": "", "fired_at": now, "retry_at": now}
        Escalation.objects.filter(pk__in=again).update(**put_back)


def _put_off(row: Milestone, now: datetime, error: str) -> None:
    """Leave a milestone that raised alone for a while; after the last try it is quarantined until someone looks."""
    row.attempts += 1
    row.error = error
    if row.attempts > len(BACKOFF):
        row.next_step_at, row.quarantined_at = None, now
    else:
        row.next_step_at = now + BACKOFF[row.attempts - 1]
    row.save(update_fields=["attempts", "error", "next_step_at", "quarantined_at"])
