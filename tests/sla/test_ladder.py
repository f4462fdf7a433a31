"""When warnings, the breach and the levels after it come true."""

from datetime import timedelta
from decimal import Decimal

import pytest

from sla.ladder import Ladder, Mark, Repeat, Rule, Span, Step, steps
from sla.timeline import Pause
from tests.hours import TWELVE_HOURS, WEEKDAYS, beijing, calendar, hours

CALENDARS = {"A5": calendar(), "A12": calendar(TWELVE_HOURS, WEEKDAYS)}


def ladder(*rules: tuple[str, float], due: str, start: str, on: str = "A5") -> list[Step]:
    return steps(Ladder(rules_of(*rules)), Span(CALENDARS[on], beijing(start), beijing(due)))


def rules_of(*rules: tuple[str, float]) -> tuple[Rule, ...]:
    return tuple(Rule(level, Mark(mark), Decimal(str(amount))) for level, (mark, amount) in enumerate(rules, start=1))


def test_marks_are_reckoned_like_the_deadline_itself__C05():
    monday_to_friday = calendar((("08:00", "18:00"),))
    due = monday_to_friday.due_at(beijing("2026-03-02 17:00"), hours(4))
    before = Ladder(rules_of(("before", 3600)))
    (step,) = steps(before, Span(monday_to_friday, beijing("2026-03-02 17:00"), due))
    assert (due, step.at) == (beijing("2026-03-03 11:00"), beijing("2026-03-03 10:00"))


def test_a_share_of_the_budget_is_a_share_of_working_time__C28():
    found = ladder(("percent", 75), ("breach", 0), start="2026-03-02 19:30", due="2026-03-03 09:30", on="A12")
    assert [step.at for step in found] == [beijing("2026-03-03 09:00"), beijing("2026-03-03 09:30")]


def test_levels_after_the_breach_count_working_time():
    found = ladder(("breach", 0), ("after", 3600), start="2026-03-06 15:00", due="2026-03-06 17:00")
    assert [step.at for step in found] == [beijing("2026-03-06 17:00"), beijing("2026-03-09 09:00")]


def test_a_mark_before_the_start_is_given_at_the_start():
    found = ladder(("before", 7200), ("breach", 0), start="2026-03-02 10:00", due="2026-03-02 11:00")
    assert found[0].at == beijing("2026-03-02 10:00")


def test_a_share_leaves_pauses_out():
    pause = Pause(beijing("2026-03-06 11:00"), beijing("2026-03-06 15:00"), "customer")  # 3 h of it open
    half = Ladder(rules_of(("percent", 50)))
    start, due = beijing("2026-03-06 10:00"), beijing("2026-03-09 14:00")
    (step,) = steps(half, Span(CALENDARS["A5"], start, due, (pause,)))
    assert step.at == beijing("2026-03-09 09:00")  # 1 h, pause, 2.5 h, then half an hour on Monday


def test_time_before_the_deadline_leaves_pauses_out():
    pause = Pause(beijing("2026-03-06 16:00"), beijing("2026-03-09 10:00"), "customer")
    start, due = beijing("2026-03-06 10:00"), beijing("2026-03-09 14:00")  # 3 of the 8 hours lie after the pause
    for ahead, at in (
        (2, "2026-03-09 11:00"),
        (3, "2026-03-09 10:00"),
        (4, "2026-03-06 15:00"),
        (9, "2026-03-06 10:00"),
    ):
        before = Ladder(rules_of(("before", ahead * 3600)))
        (step,) = steps(before, Span(CALENDARS["A5"], start, due, (pause,)))
        assert step.at == beijing(at)


# --- What comes again --------------------------------------------------------------------------------------------

THREE = rules_of(("breach", 0), ("after", 600), ("after", 1200))
MORNING = Span(CALENDARS["A5"], beijing("2026-03-09 09:00"), beijing("2026-03-09 10:00"))


def looped(start: int = 2, every: int = 1800, times: int = 3) -> Ladder:
    return Ladder(THREE, Repeat(start, timedelta(seconds=every), times))


def test_a_loop_from_the_second_level_goes_1_2_3_2_3__C29():
    laid = steps(looped(), MORNING)
    assert [step.rule for step in laid] == [1, 2, 3, 2, 3, 2, 3, 2, 3]
    assert [step.level for step in laid] == list(range(1, 10))
    walls = ("10:00", "10:10", "10:20", "10:40", "10:50", "11:10", "11:20", "11:40", "11:50")
    assert [step.at for step in laid] == [beijing(f"2026-03-09 {wall}") for wall in walls]
    assert {step.mark for step in laid[3:]} == {Mark.AFTER}


def test_rounds_are_counted_in_working_time__C29():
    laid = steps(looped(start=3, every=3600, times=3), MORNING)
    assert [step.at for step in laid[3:]] == [
        beijing("2026-03-09 11:20"), beijing("2026-03-09 13:20"), beijing("2026-03-09 14:20"),
    ]  # fmt: skip


def test_a_breach_may_come_again_and_warnings_never_do__C29():
    rules = rules_of(("percent", 75), ("breach", 0), ("percent", 90))
    laid = steps(Ladder(rules, Repeat(2, timedelta(hours=1), 2)), MORNING)
    assert [(step.rule, step.mark) for step in laid] == [
        (1, "percent"), (3, "percent"), (2, "breach"), (2, "after"), (2, "after"),
    ]  # fmt: skip
    assert [step.level for step in laid] == [1, 3, 2, 4, 5]


@pytest.mark.parametrize("until", ["09:00", "10:00", "10:15", "10:40", "10:41", "11:10", "11:49", "11:50", "18:00"])
def test_what_comes_again_is_laid_as_far_as_it_is_asked_for(until):
    at = beijing(f"2026-03-09 {until}")
    whole, part = steps(looped(), MORNING), steps(looped(), MORNING, until=at)
    assert part == whole[: len(part)]
    reached = [step for step in whole if step.at < at]
    assert part[: len(reached)] == reached
    assert len(part) > len(reached) or len(part) == len(whole)


@pytest.mark.parametrize(
    ("mark", "acknowledged", "silent"),
    [
        ("percent", "09:30", True),
        ("before", "09:30", True),
        ("breach", "09:30", False),
        ("after", "09:30", False),  # a promise that is missed all the same is news
        ("breach", "10:01", False),
        ("after", "10:01", True),
    ],
)
def test_who_took_the_matter_on_is_not_told_again__C29(mark, acknowledged, silent):
    due = beijing("2026-03-09 10:00")
    step = Step(1, Mark(mark), due, 1)
    assert step.is_silent(due, beijing(f"2026-03-09 {acknowledged}")) is silent
    assert step.is_silent(due, None) is False
