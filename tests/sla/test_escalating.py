"""A ladder as it fires: levels once, rounds until their cap, and silence once somebody has taken the matter on."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sla import engine
from sla.firing import fire_due
from sla.models import Clock, Escalation, Milestone
from tests.clocks import AGENT, calendar_row, clock_at, heard, policy_row
from tests.hours import TWELVE_HOURS, WEEKDAYS, beijing

pytestmark = pytest.mark.django_db

LOOP = {"from": 2, "every": 1800, "times": 3}
# Levels 1, 2 and 3, as plans number them.
THREE = (("percent", 75), ("breach", 0), ("after", 600), ("after", 1200))


@pytest.fixture(autouse=True)
def calendars():
    calendar_row("a5", working_day_seconds=28800)
    calendar_row("a12", intervals=TWELVE_HOURS, days=WEEKDAYS)


def start(at: str, *targets, ladder=THREE, repeat=None) -> Clock:
    """Start a clock of two hours; its ladder's warning has level 0, its breach 1."""
    repeats = {"first_response": repeat} if repeat else {}
    policy = policy_row("plain", *targets, ladder=ladder, repeats=repeats)
    return engine.start(policy=policy, priority="normal", heard=heard("customer open", at))[0]


def only(clock: Clock) -> Milestone:
    return clock.milestones.get()


def fire(at: str) -> int:
    with clock_at(at):
        return fire_due()


def fired(state: str = "pending") -> list[tuple[int, str]]:
    rows = Escalation.objects.filter(state=state).order_by("step_at", "level")
    return [(row.level, f"{row.step_at.astimezone(beijing('2026-03-02').tzinfo):%H:%M}") for row in rows]


def acknowledge(clock: Clock, at: str) -> Milestone:
    engine.acknowledge(only(clock), actor=AGENT, at=beijing(at))
    return only(clock)


def test_levels_ten_and_twenty_minutes_late_come_once_in_120_runs__C27():
    start("2026-03-02 10:00", ladder=(("after", 600), ("after", 1200)))
    for minute in range(120):
        fire(f"2026-03-02 {12 + (minute + 1) // 60:02d}:{(minute + 1) % 60:02d}")
    # Nobody works between 12:00, when it is due, and 13:00.
    assert fired() == [(0, "13:10"), (1, "13:20")]


def test_two_hours_from_half_past_seven_warn_at_nine_and_are_missed_at_half_past__C28():
    start("2026-03-02 19:30", {"calendar": "a12"})
    for at in ("2026-03-03 08:59:59", "2026-03-03 09:00:01", "2026-03-03 09:29:59", "2026-03-03 09:30:01"):
        fire(at)
    assert fired() == [(0, "09:00"), (1, "09:30")]


def test_rounds_go_on_to_their_cap_however_often_one_looks__C29_C27():
    clock = start("2026-03-02 08:30", ladder=THREE[1:], repeat={"from": 1, "every": 1800, "times": 2})
    for minute in range(150):
        fire(f"2026-03-02 {(10 * 60 + 30 + minute) // 60:02d}:{(30 + minute) % 60:02d}:01")
    walls = ("10:30", "10:40", "10:50", "11:10", "11:20", "11:40", "11:50")
    assert fired() == list(enumerate(walls))
    assert only(clock).next_step_at is None
    assert Escalation.objects.filter(level__gte=3).values_list("mark", flat=True).distinct().get() == "after"


def test_each_round_does_what_its_level_asks_for__C29():
    policy = policy_row("plain", ladder=THREE[1:], repeats={"first_response": {"from": 1, "every": 1800, "times": 1}})
    for rule in policy.escalation_rules.all():
        rule.actions = [{"do": "tell", "roles": [f"role-{rule.level}"]}]
        rule.save()
    engine.start(policy=policy, priority="", heard=heard("customer open", "2026-03-02 08:30"))
    for at in ("10:31", "10:41", "10:51", "11:11", "11:21"):
        fire(f"2026-03-02 {at}")
    told = [row.actions[0]["roles"][0] for row in Escalation.objects.order_by("level")]
    assert told == ["role-0", "role-1", "role-2", "role-1", "role-2"]


def test_acknowledging_a_missed_promise_stops_its_loop__C29():
    clock = start("2026-03-02 08:30", repeat=LOOP)
    for at in ("10:31", "10:41", "10:51", "11:11"):
        fire(f"2026-03-02 {at}")
    taken = acknowledge(clock, "2026-03-02 11:15")
    assert (taken.next_step_at, taken.acknowledged_by, taken.acknowledged_ref) == (None, "李工", "user:1")
    assert fire("2026-03-02 17:00") == 0
    assert fired() == [(1, "10:30"), (2, "10:40"), (3, "10:50"), (4, "11:10")]


def test_acknowledging_a_warning_silences_warnings_and_not_the_breach():
    ladder = (("percent", 25), ("percent", 50), ("breach", 0), ("after", 600))
    clock = start("2026-03-02 08:30", ladder=ladder)
    fire("2026-03-02 09:01")
    assert acknowledge(clock, "2026-03-02 09:05").next_step_at == beijing("2026-03-02 10:30")
    for at in ("09:31", "10:31", "10:41"):
        fire(f"2026-03-02 {at}")
    assert fired() == [(0, "09:00"), (2, "10:30"), (3, "10:40")]


def test_a_breach_nobody_has_noticed_yet_is_kept_when_somebody_takes_it_on():
    clock = start("2026-03-02 08:30", repeat=LOOP)
    taken = acknowledge(clock, "2026-03-02 10:30:01")
    assert taken.next_step_at == beijing("2026-03-02 10:30")
    fire("2026-03-02 10:30:02")
    assert (fired(), only(clock).next_step_at) == ([(1, "10:30")], None)


def test_a_deadline_that_moves_is_to_be_taken_on_again__C25():
    clock = start("2026-03-02 08:30", repeat=LOOP)
    fire("2026-03-02 10:01")
    acknowledge(clock, "2026-03-02 10:05")
    longer = policy_row("longer", {"amount": Decimal(4 * 3600)}, ladder=THREE)
    engine.replan(clock, policy=longer, priority="normal", heard=heard("system replan", "2026-03-02 10:10"))
    moved = only(clock)
    assert (moved.due_at, moved.acknowledged_at) == (beijing("2026-03-02 13:30"), None)
    assert (moved.acknowledged_by, moved.acknowledged_ref) == ("", "")
    fire("2026-03-02 12:30")
    assert fired() == [(0, "10:00"), (0, "11:30")]


def test_rounds_missed_while_everything_was_down_are_told_as_one__C35_C27():
    start("2026-03-02 08:30", repeat={"from": 2, "every": 1800, "times": 10})
    fire("2026-03-02 14:00")
    # Each level itself, and of its rounds the last: 11:10, 11:20, 11:40, 11:50, 13:10 and 13:20 are overtaken.
    assert fired() == [(1, "10:30"), (2, "10:40"), (3, "10:50"), (10, "13:40"), (11, "13:50")]
    assert Escalation.objects.filter(error="overtaken by a later round").count() == 6


def test_a_round_costs_the_hop_no_more_queries_than_a_level(django_assert_num_queries):
    policy = policy_row("many", ladder=THREE, repeats={"first_response": {"from": 2, "every": 1800, "times": 50}})
    for _ in range(5):
        engine.start(policy=policy, priority="", heard=heard("customer open", "2026-03-02 08:30"))
    fire("2026-03-02 10:41")
    with CaptureQueriesContext(connection) as level:
        assert fire("2026-03-02 10:51") == 5
    with django_assert_num_queries(len(level)):
        assert fire("2026-03-02 11:11") == 5


def test_what_is_ahead_of_a_milestone_is_what_fires_later():
    clock = start("2026-03-02 08:30", repeat=LOOP)
    ahead = engine.steps_ahead(only(clock))
    for minute in range(0, 300, 5):
        with clock_at(beijing("2026-03-02 09:00") + timedelta(minutes=minute, seconds=1)):
            fire_due()
    rows = Escalation.objects.order_by("level").values_list("level", "mark", "step_at")
    assert list(rows) == [(step.level, step.mark, step.at) for step in ahead]
