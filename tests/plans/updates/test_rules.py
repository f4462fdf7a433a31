"""Which days recurrence rules name, over two years and the odd days of calendars; and the windows on them."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plans.updates.rules import SINCE, days, shortest_gap, window_on, wrong_with

MID_MONTH = "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=12,13,14,15,16,17,18"
TWO_WEEKS = "FREQ=WEEKLY;INTERVAL=2;BYDAY=TH"
TWICE_A_WEEK = "FREQ=WEEKLY;BYDAY=TU,TH"
HALF_YEAR = "FREQ=YEARLY;BYMONTH=5,11;BYDAY=3SA"
BEIJING = ZoneInfo("Asia/Shanghai")


def on(text: str) -> list[date]:
    return [date.fromisoformat(word) for word in text.split()]


@pytest.mark.parametrize(("rule", "first", "last", "wanted"), [
    # The Saturday nearest the 15th, each month of two years.
    (MID_MONTH, "2026-01-01", "2026-12-31", "2026-01-17 2026-02-14 2026-03-14 2026-04-18 2026-05-16 2026-06-13 "
     "2026-07-18 2026-08-15 2026-09-12 2026-10-17 2026-11-14 2026-12-12"),
    (MID_MONTH, "2027-01-01", "2027-12-31", "2027-01-16 2027-02-13 2027-03-13 2027-04-17 2027-05-15 2027-06-12 "
     "2027-07-17 2027-08-14 2027-09-18 2027-10-16 2027-11-13 2027-12-18"),
    # Every other Thursday runs on over the end of the year, and does not begin anew with it.
    (TWO_WEEKS, "2026-12-01", "2027-02-01", "2026-12-03 2026-12-17 2026-12-31 2027-01-14 2027-01-28"),
    (TWICE_A_WEEK, "2026-12-28", "2027-01-08", "2026-12-29 2026-12-31 2027-01-05 2027-01-07"),
    (HALF_YEAR, "2026-01-01", "2027-12-31", "2026-05-16 2026-11-21 2027-05-15 2027-11-20"),
    # The 31st only where there is one; the 29th of February in leap years alone; the last day of each month.
    ("FREQ=MONTHLY;BYMONTHDAY=31", "2026-01-01", "2026-06-30", "2026-01-31 2026-03-31 2026-05-31"),
    ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2026-01-01", "2032-12-31", "2028-02-29 2032-02-29"),
    ("FREQ=MONTHLY;BYMONTHDAY=-1", "2028-01-01", "2028-03-31", "2028-01-31 2028-02-29 2028-03-31"),
    # Both ends belong to the span.
    ("FREQ=DAILY", "2026-12-31", "2027-01-01", "2026-12-31 2027-01-01"),
])  # fmt: skip
def test_rule_names_these_days__K11(rule, first, last, wanted):
    assert days([rule], SINCE, date.fromisoformat(first), date.fromisoformat(last)) == on(wanted)


@pytest.mark.parametrize(("rule", "a_year"), [(MID_MONTH, 12), (TWO_WEEKS, 26), (TWICE_A_WEEK, 104), (HALF_YEAR, 2)])
def test_cadence_comes_as_often_as_the_document_says__K11(rule, a_year):
    for year in (2026, 2027):
        found = days([rule], SINCE, date(year, 1, 1), date(year, 12, 31))
        assert abs(len(found) - a_year) <= 1


def test_mid_month_weekend_is_never_more_than_three_days_from_the_15th__K11():
    for day in days([MID_MONTH], SINCE, date(2026, 1, 1), date(2045, 12, 31)):
        assert day.weekday() == 5
        assert abs(day.day - 15) <= 3


def test_two_rules_name_a_day_once():
    found = days([TWICE_A_WEEK, "FREQ=WEEKLY;BYDAY=TU"], SINCE, date(2026, 1, 5), date(2026, 1, 11))
    assert found == on("2026-01-06 2026-01-08")
    assert shortest_gap([TWICE_A_WEEK], SINCE) == 2


@pytest.mark.parametrize(("rule", "said"), [
    ("every Tuesday", "RFC 5545"),
    ("FREQ=WEEKLY;BYDAY=XX", "读不懂"),
    ("FREQ=HOURLY", "最多每天一次"),
    ("BYDAY=TU", "最多每天一次"),
    ("FREQ=DAILY;BYHOUR=1,13", "BYHOUR"),
    ("FREQ=DAILY;COUNT=3", "COUNT"),
    ("FREQ=WEEKLY;INTERVAL=0", "INTERVAL"),
    ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "永远没有"),
    ("FREQ=MONTHLY;BYMONTH=4;BYMONTHDAY=31", "永远没有"),
    ("", "RFC 5545"),
    ("FREQ=MONTHLY;BYDAY=39MO", "序号太大"),
    ("FREQ=WEEKLY;BYDAY=1SA", "序号只用于"),
    ("FREQ=MONTHLY;BYMONTHDAY=0,15", "BYMONTHDAY 里不能有 0"),
    ("FREQ=DAILY;INTERVAL=7;BYDAY=TU", "改用 WEEKLY"),
])  # fmt: skip
def test_rule_that_cannot_be_followed_is_told_why(rule, said):
    assert said in wrong_with(rule)


@pytest.mark.parametrize(("zone", "day", "opens", "hours", "start", "end"), [
    ("Asia/Shanghai", "2026-09-12", "22:00", 8, "2026-09-12 14:00", "2026-09-12 22:00"),
    # The night in which clocks go forward: the window keeps its real length, its wall end is an hour later.
    ("Europe/Berlin", "2027-03-27", "22:00", 8, "2027-03-27 21:00", "2027-03-28 05:00"),
    ("Europe/Berlin", "2026-10-24", "22:00", 8, "2026-10-24 20:00", "2026-10-25 04:00"),
    # A wall time that is jumped over is moved on by the jump; of one that comes twice the first is meant.
    ("Europe/Berlin", "2027-03-28", "02:30", 1, "2027-03-28 01:30", "2027-03-28 02:30"),
    ("Europe/Berlin", "2026-10-25", "02:30", 1, "2026-10-25 00:30", "2026-10-25 01:30"),
])  # fmt: skip
def test_window_opens_by_the_clock_of_its_zone(zone, day, opens, hours, start, end):
    found = window_on(date.fromisoformat(day), opens, hours, ZoneInfo(zone))
    assert [f"{at:%Y-%m-%d %H:%M}" for at in found] == [start, end]
    assert all(at.tzinfo is UTC for at in found)


RULES = st.builds(
    lambda freq, interval, day: f"FREQ={freq};INTERVAL={interval};BYDAY={day}",
    st.sampled_from(["WEEKLY", "MONTHLY", "YEARLY"]), st.integers(1, 9), st.sampled_from(["MO", "WE", "SA", "TU,TH"]),
)  # fmt: skip


# Other processes may make drawing slow; that says nothing of the rules.
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(RULES, min_size=1, max_size=3), st.integers(0, 2000), st.integers(0, 400))
def test_days_strictly_rise_and_any_cut_gives_the_same_days(rules, offset, length):
    first = SINCE + timedelta(days=offset)
    last = first + timedelta(days=length)
    whole = days(rules, SINCE, first, last)
    assert all(one < later for one, later in pairwise(whole))
    middle = first + timedelta(days=length // 2)
    cut = days(rules, SINCE, first, middle) + days(rules, SINCE, middle + timedelta(days=1), last)
    assert cut == whole


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dates(date(2026, 1, 1), date(2030, 12, 31)), st.sampled_from(["Asia/Shanghai", "Europe/Berlin"]))
def test_window_lasts_as_long_as_it_says(day, zone):
    start, end = window_on(day, "22:00", 8, ZoneInfo(zone))
    assert end - start == timedelta(hours=8)
    assert start.astimezone(ZoneInfo(zone)) == datetime.combine(day, start.astimezone(ZoneInfo(zone)).time()).replace(
        tzinfo=ZoneInfo(zone)
    )
