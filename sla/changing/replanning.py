"""A changed or retired policy reaches the open clocks under it, batch by batch; verdicts of the past stand. C16, C42"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from sla import engine
from sla.actors import Actor
from sla.batching import BACKOFF, together_or_alone
from sla.changing.recomputing import AGAIN, PROGRESS, begin_again, others_write
from sla.changing.updating import update_all
from sla.clock import database_now
from sla.compiled import calendar_of, in_force, policy_of
from sla.engine import Folded, Heard
from sla.models import Clock, DueMove, Milestone, Observation, Policy, Recompute
from sla.timeline import ActorKind, FactKind

Verdict = DueMove.Verdict
# What a milestone was before: its due instant, whether it was open, and its calendar version.
Before = tuple[datetime | None, bool, int]


def replan_due(*, limit: int = 200, later_than: timedelta = timedelta()) -> int:
    """Put the next batch of open clocks under a changed policy; return how many changes were gone on with.

    Changes of one policy come one after the other; one that another process is at is passed over.
    """
    with transaction.atomic():
        now = database_now()
        change = _claim(now - later_than)
        if change is None:
            return 0
        replan_batch(change, limit=limit, at=now)
        return 1


def _claim(before: datetime) -> Recompute | None:
    older = Recompute.objects.unfinished().filter(kind=OuterRef("kind"), code=OuterRef("code"), pk__lt=OuterRef("pk"))
    ready = Recompute.objects.ready(before).filter(~Exists(older), kind=Recompute.Kind.POLICY)
    return ready.select_for_update(skip_locked=True, no_key=True).first()


def replan_batch(recompute: Recompute, *, limit: int, at: datetime) -> int:
    """Put up to `limit` open clocks under the version in force of a policy, or under none; return how many.

    The change notes how far it came, and is finished once no clock is left. A clock that somebody is at waits for the
    next pass; one that raises is put off, then quarantined. Call inside atomic with the change locked.
    """
    recompute.started_at = recompute.started_at or at
    found = list(behind(recompute).filter(pk__gt=recompute.cursor)[:limit])
    ours = _locked(found)

    def put_off(clock: Clock, error: str) -> None:
        _put_off(clock, error, at)
        recompute.error = error

    together_or_alone(ours, lambda some: bring(recompute, some, at), put_off)
    recompute.cursor = found[-1].pk if found else recompute.cursor
    if len(found) < limit:
        _end_pass(recompute, at)
    recompute.save(update_fields=PROGRESS)
    return len(ours)


def behind(recompute: Recompute) -> QuerySet[Clock]:
    """Return the open clocks that a changed policy has not reached yet, by key."""
    goal = _goal(recompute)
    is_open = Milestone.objects.open().filter(clock=OuterRef("pk"), quarantined_at=None)
    clocks = Clock.objects.filter(Exists(is_open), policy__code=recompute.code).select_related("policy")
    return (clocks.exclude(policy=goal) if goal else clocks).order_by("pk")


def _goal(recompute: Recompute) -> Policy | None:
    return Policy.objects.current().filter(code=recompute.code).first()


def _locked(clocks: Sequence[Clock]) -> list[Clock]:
    """Lock the milestones of clocks and return those clocks of which nobody holds any; wait for none."""
    keys = [clock.pk for clock in clocks]
    rows = Milestone.objects.filter(clock__in=keys).order_by("pk")
    ours = set(rows.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True))
    busy = {clock for pk, clock in rows.values_list("pk", "clock") if pk not in ours}
    return [clock for clock in clocks if clock.pk not in busy]


def bring(recompute: Recompute, clocks: Sequence[Clock], at: datetime) -> None:
    """Put clocks, locked by the caller, under the version in force, each moved deadline with its row."""
    facts, rows = _facts(clocks), _milestones(clocks)
    for fact in _journaled(recompute, clocks, facts, rows):
        facts[fact.clock_id].append(fact)
    before = {row.pk: (row.due_at, row.stopped_at is None, row.calendar_version_id) for row in _all(rows)}
    hours = in_force(_calendars(facts))
    folded = [engine.folded(clock, facts[clock.pk], rows[clock.pk], hours) for clock in clocks]
    _save(folded)
    moves = [move for said in folded for move in _moves(said, before, recompute, at)]
    DueMove.objects.bulk_create(moves, ignore_conflicts=True)
    recompute.touched += len(clocks)


def _journaled(
    recompute: Recompute,
    clocks: Sequence[Clock],
    facts: Mapping[int, Sequence[Observation]],
    milestones: Mapping[int, Sequence[Milestone]],
) -> list[Observation]:
    """Write into each clock's journal that it was put under the version in force, by whom and why; return the facts."""
    goal = _goal(recompute)
    rows = [_fact(recompute, clock, facts[clock.pk], goal) for clock in clocks]
    for row in rows:
        row.fields |= engine.pins_of(milestones[row.clock_id])
    if goal:
        Clock.objects.filter(pk__in=[clock.pk for clock in clocks]).update(policy=goal)
        for clock in clocks:
            clock.policy = goal
    return Observation.objects.bulk_create(rows)


def _fact(recompute: Recompute, clock: Clock, facts: Sequence[Observation], goal: Policy | None) -> Observation:
    """Return the fact that a clock was put under other terms: as of the change, however late it reaches the clock.

    Terms that it was put under after that, by somebody who did not know of the change yet, go before it.
    """
    put = max((fact.at for fact in facts if "policy" in fact.fields), default=clock.started_at)
    actor = Actor(ActorKind(recompute.actor_kind), recompute.actor_ref, recompute.actor_display)
    heard = Heard(FactKind.REPLAN, max(recompute.created_at, put), actor, fields={"cause": recompute.cause})
    return engine.row_of(clock, heard, {"policy": goal.pk if goal else None, "priority": clock.priority})


def _facts(clocks: Iterable[Clock]) -> dict[int, list[Observation]]:
    facts = defaultdict(list)
    for fact in Observation.objects.filter(clock__in=[clock.pk for clock in clocks], withdrawn_at=None):
        facts[fact.clock_id].append(fact)
    return facts


def _calendars(facts: Mapping[int, Sequence[Observation]]) -> set[str]:
    """Return the calendars of all policies that these clocks were ever under."""
    policies = {fact.fields.get("policy") for some in facts.values() for fact in some} - {None}
    return {target.calendar for policy in policies for target in policy_of(policy).targets}


def _milestones(clocks: Iterable[Clock]) -> dict[int, list[Milestone]]:
    rows = defaultdict(list)
    for row in Milestone.objects.filter(clock__in=[clock.pk for clock in clocks]):
        rows[row.clock_id].append(row)
    return rows


def _all(rows: dict[int, list[Milestone]]) -> Iterator[Milestone]:
    return (row for some in rows.values() for row in some)


def _save(folded: Sequence[Folded]) -> None:
    update_all([row for said in folded for row in said.changed], engine.CHANGED)
    Milestone.objects.bulk_create(row for said in folded for row in said.added)
    engine.drop(row for said in folded for row in said.vanished)


def _moves(said: Folded, before: dict[int, Before], recompute: Recompute, at: datetime) -> Iterator[DueMove]:
    """Yield a row for each deadline that was moved, ended or newly set."""
    for row in [*said.changed, *said.added]:
        old, was_open, version = before.get(row.pk, (None, False, row.calendar_version_id))
        new = row.due_at if row.stopped_at is None else None
        old = old if was_open else None
        if old != new:
            yield DueMove(
                recompute=recompute, milestone=row, from_version_id=version, to_version_id=row.calendar_version_id,
                old_due_at=old, new_due_at=new, verdict=verdict_of(old, new, row), found_at=at, retry_at=at,
            )  # fmt: skip


def verdict_of(old: datetime | None, new: datetime | None, row: Milestone) -> Verdict:
    """Return which way a deadline moved: one that ended is as if for ever later, one that is new is no worse."""
    if new is None or (old and new > old):
        return Verdict.LATER
    zone = calendar_of(row.calendar_version_id).zone
    is_other_day = old is not None and new.astimezone(zone).date() < old.astimezone(zone).date()
    return Verdict.MUCH_EARLIER if is_other_day else Verdict.EARLIER


def _end_pass(change: Recompute, now: datetime) -> None:
    """Finish a change once no clock is left; else begin again from the first, a little later."""
    change.moved = DueMove.objects.filter(recompute=change).count()
    # In this order: what others wrote until they ended is seen by the second look.
    if others_write(change.started_at, now):
        change.cursor, change.retry_at = 0, now + AGAIN
    elif behind(change).exists():
        begin_again(change, now)
    else:
        change.finished_at, change.error = now, ""


def _put_off(clock: Clock, error: str, now: datetime) -> None:
    """Leave a clock that raised for the next pass; after the last try it is quarantined until someone looks."""
    for row in Milestone.objects.open().filter(clock=clock):
        row.attempts, row.error = row.attempts + 1, error
        if row.attempts > len(BACKOFF):
            row.quarantined_at, row.next_step_at = now, None
        row.save(update_fields=["attempts", "error", "quarantined_at", "next_step_at"])


def catch_up(clock: Clock, at: datetime) -> None:
    """Put a clock on which nothing ran when its policy changed under the version in force, before it hears more.

    Call inside atomic with its milestones locked; `clock.policy` is read already.
    """
    if clock.policy.is_current:
        return
    change = Recompute.objects.filter(kind=Recompute.Kind.POLICY, code=clock.policy.code).order_by("pk").last()
    if change and engine.policy_over(clock):
        bring(change, [clock], at)


def bring_up_to_date(rows: Sequence[Milestone], now: datetime) -> list[Milestone]:
    """Put the clocks of due milestones under a changed policy first, and return those that are due all the same.

    Call inside atomic with the milestones locked. One whose clock somebody else is at waits for the next pass.
    """
    changes = list(Recompute.objects.unfinished().filter(kind=Recompute.Kind.POLICY))
    clocks = {row.clock_id for row in rows}
    busy: set[int] = set()
    brought: set[int] = set()
    for change in changes:
        stale = list(behind(change).filter(pk__in=clocks - brought))
        ours = _locked(stale)
        bring(change, ours, now)
        brought |= {clock.pk for clock in ours}
        busy |= {clock.pk for clock in stale} - brought
    if not brought and not busy:
        return list(rows)
    anew = Milestone.objects.select_related("clock").in_bulk([row.pk for row in rows if row.clock_id in brought])
    due = [anew.get(row.pk, row) for row in rows if row.clock_id not in busy]
    return [row for row in due if row.next_step_at and row.next_step_at < now]
