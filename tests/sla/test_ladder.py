"""When warnings, the breach and the levels after it come true."""

from decimal import Decimal

from sla.ladder import Mark, Rule, Step, steps
from sla.timeline import Pause
from tests.hours import TWELVE_HOURS, WEEKDAYS, beijing, calendar, hours

CALENDARS = {"A5": calendar(), "A12": calendar(TWELVE_HOURS, WEEKDAYS)}


def ladder(*rules: tuple[str, float], due: str, start: str, on: str = "A5") -> list[Step]:
    laid = [Rule(level, Mark(mark), Decimal(str(amount))) for level, (mark, amount) in enumerate(rules)]
    return steps(rules=laid, calendar=CALENDARS[on], start=beijing(start), due_at=beijing(due))


def test_marks_are_reckoned_like_the_deadline_itself__C05():
    monday_to_friday = calendar((("08:00", "18:00"),))
    due = monday_to_friday.due_at(beijing("2026-03-02 17:00"), hours(4))
    before = [Rule(0, Mark.BEFORE, Decimal(3600))]
    (step,) = steps(rules=before, calendar=monday_to_friday, start=beijing("2026-03-02 17:00"), due_at=due)
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
    half = [Rule(0, Mark.PERCENT, Decimal(50))]
    start, due = beijing("2026-03-06 10:00"), beijing("2026-03-09 14:00")
    (step,) = steps(rules=half, calendar=CALENDARS["A5"], start=start, due_at=due, pauses=(pause,))
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
        rules = [Rule(0, Mark.BEFORE, Decimal(ahead * 3600))]
        (step,) = steps(rules=rules, calendar=CALENDARS["A5"], start=start, due_at=due, pauses=(pause,))
        assert step.at == beijing(at)
