"""What holds of every recompute, whatever was lived before: it is a refold, it is done once, it ends while open. I8"""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sla import engine
from sla.actions import Hours, put_calendars
from sla.changing.recomputing import recompute_due
from sla.compiled import calendar_named
from sla.engine import facts_of, fold
from sla.models import DueMove, Milestone, Recompute
from tests.clocks import AGENT, clock_at, heard, policy_row
from tests.hours import beijing

pytestmark = pytest.mark.django_db

WEEK = {day: [["08:30", "12:00"], ["13:00", "17:30"]] for day in ("mon", "tue", "wed", "thu", "fri")}
BEGINS = beijing("2026-03-02 08:30")
FIRST_DATE = date(2026, 3, 1)
KEPT = ("state", "started_at", "due_at", "budget", "remaining", "pauses", "is_provisional", "target_id")

spans = st.sampled_from([[], [["08:30", "12:00"]], [["10:00", "20:00"]], [["00:00", "24:00"]]])
changes = st.dictionaries(st.integers(0, 20), spans, min_size=1, max_size=6)
acts = st.sampled_from([
    ("wait", {"hold": "customer"}),
    ("wait", {"hold": "third_party", "until": "2026-03-06T02:00:00+00:00"}),
    ("resume", {}),
    ("customer customer_message", {}),
    ("progress", {}),
    ("replan", {}),
    ("resolve", {}),
    ("customer reopen", {}),
])  # fmt: skip
lives = st.lists(st.tuples(acts, st.integers(1, 2000)), max_size=5)


def save(changed: dict[int, list[list[str]]], at: datetime) -> None:
    """Save the calendar with other hours on dates counted from 1 March 2026."""
    rows = [
        {"date": str(FIRST_DATE + timedelta(days=day)), "hours": hours, "name": "变", "name_en": "x", "source": "y"}
        for day, hours in sorted(changed.items())
    ]
    rules = {"timezone": "Asia/Shanghai", "weekly": WEEK, "working_day_seconds": 28800, "special": rows}
    put_calendars(calendars=[Hours("law", "法", "Law", rules)], actor=AGENT, at=at)


def live(life, hours: float, started: int) -> tuple[engine.Clock, datetime]:
    """Start a clock and live through some facts; return it with the instant of the last."""
    target = {"metric": "resolution", "met_on": ["resolve"], "calendar": "law", "amount": Decimal(str(hours * 3600))}
    policy = policy_row("law", {**target, "pauses_on": ["customer", "third_party"]}, ladder=(("percent", 75),))
    other = policy_row("other", {**target, "amount": Decimal(7200)}, ladder=(("breach", 0),))
    at = BEGINS + timedelta(minutes=started)
    clock = engine.start(policy=policy, priority="", heard=heard("customer open", at))[0]
    for (words, fields), minutes in life:
        at += timedelta(minutes=minutes)
        if words == "replan":
            engine.replan(clock, policy=other, priority="", heard=heard("replan", at))
        else:
            engine.observe(clock, [heard(words, at, **fields)])
    return clock, at


def recompute(at: datetime) -> None:
    with clock_at(at):
        while recompute_due():
            pass


def seen(clock: engine.Clock) -> list[tuple]:
    rows = clock.milestones.order_by("metric", "number")
    return [(row.metric, row.number, *(getattr(row, name) for name in KEPT)) for row in rows]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lives, changes, changes, st.sampled_from([1, 4, 8, 16.5]), st.integers(0, 4000))
def test_a_recompute_is_a_refold_and_done_once_and_ends_while_open__I8(life, first, second, hours, started):
    with transaction.atomic():
        savepoint = transaction.savepoint()
        save(first, BEGINS)
        clock, at = live(life, hours, started)
        save(second, at)
        recompute(at)
        assert not Recompute.objects.filter(finished_at=None).exists()
        _is_a_refold(clock)
        _is_due_while_open(clock)
        _is_done_once(clock, at)
        transaction.savepoint_rollback(savepoint)


def _is_a_refold(clock: engine.Clock) -> None:
    """Check open milestones that are not held against what their facts come to by the hours in force."""
    fresh = {
        (cycle.metric.value, cycle.number): engine.values_of(cycle, compiled)
        for cycle, compiled in fold(facts_of(clock.observations.all()), [])
    }
    for row in clock.milestones.filter(stopped_at=None, is_held=False):
        values = fresh[row.metric, row.number]
        assert {name: getattr(row, name) for name in KEPT} == {name: values[name] for name in KEPT}


def _is_due_while_open(clock: engine.Clock) -> None:
    calendar = calendar_named("law").calendar
    for row in clock.milestones.filter(stopped_at=None, is_held=False, due_at__isnull=False):
        before = row.due_at - timedelta(microseconds=1)
        assert calendar.is_open(row.due_at) or calendar.is_open(before)


def _is_done_once(clock: engine.Clock, at: datetime) -> None:
    """Check that the same work, done again, finds nothing; and that what is folded later stays the same."""
    before, moved = seen(clock), DueMove.objects.count()
    work = Recompute.objects.order_by("pk").last()
    if work:
        work.pk, work.finished_at, work.cursor = None, None, 0
        work.save(force_insert=True)
    recompute(at)
    engine.refold(clock)
    assert (seen(clock), DueMove.objects.count()) == (before, moved)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes, st.integers(0, 4000), st.integers(0, 3000))
def test_no_open_deadline_is_ever_moved_into_the_past__Y17(changed, started, later):
    with transaction.atomic():
        savepoint = transaction.savepoint()
        save({}, BEGINS)
        clock, at = live([], 4, started)
        now = at + timedelta(minutes=later)
        save(changed, now)
        before = Milestone.objects.get(clock=clock).due_at
        recompute(now)
        after = Milestone.objects.get(clock=clock).due_at
        assert after == before or after > now
        transaction.savepoint_rollback(savepoint)
