"""By which version of which calendar a run is folded, whatever changes under it: other hours, other terms, its end."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from sla import engine
from sla.actions import Hours, put_calendars
from sla.changing.recomputing import recompute_due
from sla.firing import fire_due
from sla.models import Clock, DueMove, Escalation, Milestone, Observation
from sla.self_checking import compare
from tests.clocks import AGENT, clock_at, heard, policy_row
from tests.hours import EIGHT_HOURS, ROUND_THE_CLOCK, WEEKDAYS, WORKDAYS, beijing

pytestmark = pytest.mark.django_db

WEEKS = {
    "a5": {day: [list(pair) for pair in EIGHT_HOURS] for day in WORKDAYS},
    "a24": {day: [list(pair) for pair in ROUND_THE_CLOCK] for day in WEEKDAYS},
}


def save(code: str, at: str, **special: list[list[str]]) -> None:
    """Save one of the two calendars with other hours on dates such as `d03_08` of 2026."""
    rows = [
        {"date": f"2026-{name[1:].replace('_', '-')}", "hours": hours, "name": "变", "name_en": "x", "source": "y"}
        for name, hours in special.items()
    ]
    rules = {"timezone": "Asia/Shanghai", "weekly": WEEKS[code], "working_day_seconds": 28800, "special": rows}
    put_calendars(calendars=[Hours(code, code, code, rules)], cause="改时间", actor=AGENT, at=beijing(at))


def recompute(at: str) -> None:
    with clock_at(at):
        while recompute_due(limit=2):
            pass


@pytest.fixture(autouse=True)
def calendars():
    save("a5", "2026-01-01 09:00")
    save("a24", "2026-01-01 09:00")


def start(at: str, hours: int = 8, **more: Any) -> Clock:
    return engine.start(policy=resolved_in(hours, **more), priority="", heard=heard("customer open", at))[0]


def resolved_in(hours: int, calendar: str = "a5", **more: Any):
    """Return a policy that promises an end within so many hours of a calendar."""
    target = {"metric": "resolution", "amount": Decimal(hours * 3600), "met_on": ["resolve"], "calendar": calendar}
    return policy_row(f"{calendar}-{hours}", target | {"pauses_on": ["customer"]}, **more)


def put_under(clock: Clock, policy, at: str) -> Milestone:
    return engine.replan(clock, policy=policy, priority="", heard=heard("replan", at))[0]


def only(clock: Clock) -> Milestone:
    return clock.milestones.get()


def drifts(clock: Clock) -> object:
    return compare(Observation.objects.filter(clock=clock, withdrawn_at=None), list(clock.milestones.all()))


def test_terms_on_another_calendar_are_no_drift_and_outlive_its_changes__C41_C42():
    clock = start("2026-03-06 15:00")
    fast = put_under(clock, resolved_in(40, "a24"), "2026-03-07 10:00")
    assert (fast.due_at, drifts(clock)) == (beijing("2026-03-08 07:00"), {})
    save("a24", "2026-03-07 11:00", d03_08=[])
    recompute("2026-03-07 11:00:01")
    assert (only(clock).target, only(clock).due_at) == (fast.target, beijing("2026-03-09 07:00"))
    assert drifts(clock) == {}


def test_what_was_in_time_when_its_terms_changed_stays_so_when_the_old_hours_change__C42():
    clock = start("2026-03-02 09:30")
    fast = put_under(clock, resolved_in(40, "a24"), "2026-03-03 08:40")
    save("a5", "2026-03-03 11:00", d03_02=[["08:30", "22:00"]])
    recompute("2026-03-03 11:00:01")
    engine.observe(clock, [heard("progress", "2026-03-03 12:00")])
    assert (only(clock).target, only(clock).due_at) == (fast.target, beijing("2026-03-04 01:30"))
    assert drifts(clock) == {}


def test_a_breach_is_undone_too_where_a_wait_now_holds_the_promise__Y17():
    clock = start("2026-03-06 08:30", 2)
    with clock_at("2026-03-06 10:45"):
        fire_due()
    engine.observe(clock, [heard("wait", "2026-03-06 10:50", hold="customer")])
    save("a5", "2026-03-06 11:00", d03_06=[])
    recompute("2026-03-06 11:00:01")
    row = only(clock)
    assert (row.state, row.remaining, row.due_at, row.next_step_at) == ("paused", timedelta(hours=2), None, None)
    move = DueMove.objects.get()
    assert (move.verdict, move.new_due_at, move.undid_breach) == ("later", None, True)
    assert Escalation.objects.get(mark="breach").undone_at == move.found_at


def test_what_is_reopened_while_a_change_is_under_way_hears_of_those_before__C38():
    clock = start("2026-03-02 08:30")
    engine.observe(clock, [heard("resolve", "2026-03-02 10:30")])
    save("a5", "2026-03-02 11:00", d03_04=[])
    recompute("2026-03-02 11:00:01")
    save("a5", "2026-03-02 12:00", d03_04=[], d06_04=[])
    engine.observe(clock, [heard("reopen", "2026-03-03 13:00")])
    assert only(clock).due_at == beijing("2026-03-05 10:00")


def test_a_promise_that_grows_into_an_earlier_change_is_computed_by_it__Y17():
    clock = start("2026-03-02 08:30")
    save("a5", "2026-03-02 11:00", d03_04=[])
    recompute("2026-03-02 11:00:01")
    save("a5", "2026-03-02 12:00", d03_04=[], d06_04=[])
    engine.observe(clock, [heard("wait", "2026-03-02 12:30", hold="customer")])
    engine.observe(clock, [heard("resume", "2026-03-03 16:30")])
    assert only(clock).due_at == beijing("2026-03-05 12:00")


def test_what_is_held_moves_again_on_another_calendar__Y17():
    ladder = (("before", 3600), ("breach", 0))
    clock = start("2026-03-06 15:00", ladder=ladder)
    save("a5", "2026-03-07 15:00", d03_07=[["08:00", "16:00"]])
    recompute("2026-03-07 15:00:01")
    assert only(clock).is_held
    assert not put_under(clock, resolved_in(40, "a24"), "2026-03-07 15:10").is_held
    save("a24", "2026-03-07 15:30", d03_08=[])
    recompute("2026-03-07 15:30:01")
    assert (only(clock).due_at, drifts(clock)) == (beijing("2026-03-09 07:00"), {})
