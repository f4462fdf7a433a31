"""Deadlines of the two plans and cases where other systems went wrong, by name."""

from datetime import datetime, timedelta
from decimal import Decimal
from time import process_time

import pytest

from sla.calendar import Calendar, CalendarError, Interval
from tests.hours import (
    FIVE_BY_EIGHT,
    KINGDEE,
    KINGDEE_MAKE_UP,
    ROUND_THE_CLOCK,
    SEVEN_BY_TWELVE,
    SEVEN_BY_TWENTY_FOUR,
    WEEKDAYS,
    beijing,
    calendar,
    hours,
    local,
    published,
    spec,
    utc,
)


@pytest.mark.parametrize(
    ("opened", "due"),
    [
        ("2026-09-28 09:00", "2026-09-28 14:00"),  # lunch is not counted
        ("2026-09-28 13:30", "2026-09-28 17:30"),  # ends at closing: due then
        ("2026-09-26 10:00", "2026-09-28 13:30"),  # opened on a Saturday
    ],
)
def test_half_a_working_day_is_four_open_hours__K02(opened: str, due: str) -> None:
    assert FIVE_BY_EIGHT.due_at(beijing(opened), hours(4)) == beijing(due)
    assert FIVE_BY_EIGHT.due_after_working_days(beijing(opened), Decimal("0.5"), "duration") == beijing(due)


@pytest.mark.parametrize(
    ("opened", "due"),
    [
        ("2026-03-02 18:30", "2026-03-02 20:30"),  # fills the day: due at closing
        ("2026-03-02 19:30", "2026-03-03 09:30"),
        ("2026-03-07 19:00", "2026-03-08 09:00"),  # a weekend is worked
    ],
)
def test_two_working_hours_are_two_open_hours__Y18(opened: str, due: str) -> None:
    assert SEVEN_BY_TWELVE.due_at(beijing(opened), hours(2)) == beijing(due)


def test_five_working_days_end_with_the_fifth_working_day__K06() -> None:
    due = KINGDEE.due_after_working_days(beijing("2026-03-02 10:00"), 5, "end_of_nth_day")
    assert due == beijing("2026-03-09 17:30")


def test_dates_may_end_at_midnight__C01() -> None:
    start = beijing("2026-03-02 23:50")
    assert SEVEN_BY_TWENTY_FOUR.due_at(start, timedelta(minutes=20)) == beijing("2026-03-03 00:10")


def test_a_sparse_week_is_no_reason_to_be_late__C02() -> None:
    tuesdays = calendar((("08:00", "17:00"),), ("tue",))
    assert tuesdays.due_at(beijing("2026-03-11 10:00"), hours(2)) == beijing("2026-03-17 10:00")


@pytest.mark.parametrize(("start", "count", "due"), [("11:00", 4, "16:00"), ("12:20", 2, "15:00")])
def test_lunch_does_not_count__C03(start: str, count: int, due: str) -> None:
    assert FIVE_BY_EIGHT.due_at(beijing(f"2026-03-09 {start}"), hours(count)) == beijing(f"2026-03-09 {due}")


def test_a_shift_over_midnight_is_written_in_two__C04() -> None:
    night = calendar((("00:00", "02:00"), ("21:00", "24:00")), WEEKDAYS)
    assert night.due_at(beijing("2026-03-09 23:30"), hours(3)) == beijing("2026-03-10 21:30")
    with pytest.raises(CalendarError, match="written in two: 21:00 to 24:00, and 00:00 to 02:00"):
        calendar((("21:00", "02:00"),))


def test_a_warning_is_counted_like_a_deadline__C05() -> None:
    office = calendar((("08:00", "18:00"),))
    due = office.due_at(beijing("2026-03-09 17:00"), hours(4))
    assert due == beijing("2026-03-10 11:00")
    assert office.due_at(due, hours(-1)) == beijing("2026-03-10 10:00")


def test_a_pause_is_measured_on_the_calendar_it_holds__C06() -> None:
    pause = Interval(beijing("2026-03-06 16:00"), beijing("2026-03-09 10:00"))
    assert FIVE_BY_EIGHT.elapsed(pause.start, pause.end) == hours(3)
    pieces = FIVE_BY_EIGHT.proof(beijing("2026-03-06 10:00"), hours(8), [pause])
    assert pieces[-1].end == beijing("2026-03-09 14:00")


def test_clocks_change_by_the_date__C11() -> None:
    office = calendar((("09:00", "17:00"),), zone="Europe/London")
    due = office.due_at(local("2026-03-27 16:30", "Europe/London"), hours(2))
    assert due == utc("2026-03-30 09:30")
    always = calendar(ROUND_THE_CLOCK, WEEKDAYS, "Europe/London")
    assert always.due_at(local("2026-10-24 23:30", "Europe/London"), hours(4)) == utc("2026-10-25 02:30")


def test_make_up_days_count_where_the_calendar_says_so__C12() -> None:
    start = beijing("2026-02-14 16:30")
    assert KINGDEE_MAKE_UP.due_at(start, hours(4)) == beijing("2026-02-24 11:30")
    assert KINGDEE.due_at(start, hours(4)) == beijing("2026-02-24 13:30")


def test_a_date_may_have_shorter_hours__C14() -> None:
    early = {"date": "2026-02-13", "intervals": [["08:30", "12:00"], ["13:00", "15:00"]]}
    shortened = Calendar.from_spec({**published("kingdee-5x8"), "overrides": [early]})
    assert shortened.due_at(beijing("2026-02-13 14:00"), hours(4)) == beijing("2026-02-24 11:30")


def test_a_calendar_without_hours_answers_never_and_soon__C33() -> None:
    never = calendar(days=(), working_day_seconds=28800)
    began = process_time()
    assert never.due_at(beijing("2026-03-02 10:00"), hours(1)) is None
    assert never.due_at(beijing("2026-03-02 10:00"), hours(-1)) is None
    assert never.next_open(beijing("2026-03-02 10:00")) is None
    for rule in ("duration", "end_of_nth_day", "same_local_time"):
        assert never.due_after_working_days(beijing("2026-03-02 10:00"), 1, rule) is None
    assert never.proof(beijing("2026-03-02 10:00"), hours(1)) == []
    assert never.elapsed(beijing("2026-03-02 10:00"), beijing("2036-03-02 10:00")) == timedelta()
    assert not never.opens_within_a_year
    assert process_time() - began < 1


@pytest.mark.parametrize(("days", "due"), [("0.5", "2026-03-09 11:00"), ("1", "2026-03-09 16:00")])
def test_a_working_day_is_not_24_hours__C40(days: str, due: str) -> None:
    start = beijing("2026-03-06 16:00")
    assert FIVE_BY_EIGHT.due_after_working_days(start, Decimal(days), "duration") == beijing(due)


def test_hours_are_those_of_the_customers_place__C43() -> None:
    bangkok = calendar((("09:00", "12:00"), ("13:00", "18:00")), zone="Asia/Bangkok")
    start = local("2026-03-09 17:30", "Asia/Bangkok")
    assert bangkok.due_at(start, hours(2)) == local("2026-03-10 10:30", "Asia/Bangkok")
    assert SEVEN_BY_TWELVE.due_at(start, hours(2)) == local("2026-03-09 19:30", "Asia/Bangkok")


def test_a_year_without_an_opening_is_told() -> None:
    whole_year = [(datetime(2027, 1, 1) + timedelta(days=n)).date().isoformat() for n in range(366)]  # noqa: DTZ001
    assert FIVE_BY_EIGHT.opens_within_a_year
    assert KINGDEE.opens_within_a_year
    assert not Calendar.from_spec(spec(closed_dates=whole_year)).opens_within_a_year
    assert Calendar.from_spec(spec(closed_dates=whole_year[:300])).opens_within_a_year
