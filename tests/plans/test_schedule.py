"""Dates by which a contract owes what it promises so many times a year, over every kind of term."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.obligations.schedule import Frequency, Period, months_on

DAY = timedelta(days=1)
FOUR, TWO, TWICE = Frequency(4, Period.YEAR), Frequency(2, Period.YEAR), Frequency(2, Period.TERM)


def dates(frequency: Frequency, first: str, last: str) -> list[str]:
    found = frequency.windows(date.fromisoformat(first), date.fromisoformat(last))
    return [window.due_on.isoformat() for window in found]


@pytest.mark.parametrize(("frequency", "first", "last", "due"), [
    (FOUR, "2026-01-01", "2026-12-31", ["2026-03-31", "2026-06-30", "2026-09-30", "2026-12-31"]),
    (FOUR, "2026-03-15", "2027-03-14", ["2026-06-14", "2026-09-14", "2026-12-14", "2027-03-14"]),
    (TWO, "2026-01-01", "2027-12-31", ["2026-06-30", "2026-12-31", "2027-06-30", "2027-12-31"]),
    (TWO, "2026-01-01", "2027-06-30", ["2026-06-30", "2026-12-31", "2027-06-30"]),  # a year and a half
    (FOUR, "2026-01-01", "2026-02-20", ["2026-02-20"]),  # more than half a quarter: owed by the end of the term
    (FOUR, "2026-01-01", "2026-04-20", ["2026-03-31"]),  # the rest of three weeks is no quarter
    (TWO, "2026-01-01", "2026-01-31", ["2026-01-31"]),  # what the term is too short for is owed once all the same
    (TWICE, "2026-07-01", "2027-06-30", ["2026-12-31", "2027-06-30"]),  # half-year and year
    (TWICE, "2026-07-01", "2027-07-10", ["2027-01-03", "2027-07-10"]),  # no whole months: by days
    (FOUR, "2024-02-29", "2025-02-28", ["2024-05-28", "2024-08-28", "2024-11-28", "2025-02-28"]),  # leap day
    (FOUR, "2026-08-31", "2027-08-30", ["2026-11-30", "2027-02-28", "2027-05-30", "2027-08-30"]),  # month's end
    (Frequency(1, Period.MONTH), "2026-11-30", "2027-03-29", ["2026-12-29", "2027-01-29", "2027-02-28", "2027-03-29"]),
    (Frequency(1, Period.QUARTER), "2026-01-01", "2026-06-30", ["2026-03-31", "2026-06-30"]),
    (Frequency(1, Period.AGREED), "2026-01-01", "2026-12-31", []),
    (FOUR, "2026-01-01", "2025-12-31", []),
])  # fmt: skip
def test_what_is_owed_is_owed_by_the_end_of_its_part_of_the_year__Y13_Y14_Y15_K13(frequency, first, last, due):
    assert dates(frequency, first, last) == due


def test_each_says_which_of_how_many_it_is():
    found = Frequency(4, Period.YEAR).windows(date(2026, 1, 1), date(2027, 6, 30))
    assert [(window.number, window.of) for window in found] == [(1, 4), (2, 4), (3, 4), (4, 4), (1, 4), (2, 4)]
    monthly = Frequency(1, Period.QUARTER).windows(date(2026, 1, 1), date(2026, 12, 31))
    assert [(window.number, window.of) for window in monthly] == [(1, 4), (2, 4), (3, 4), (4, 4)]


FREQUENCIES = st.builds(
    Frequency,
    st.integers(1, 4),
    st.sampled_from([Period.YEAR, Period.HALF_YEAR, Period.QUARTER, Period.MONTH, Period.TERM]),
)


@given(frequency=FREQUENCIES, first=st.dates(date(2020, 1, 1), date(2032, 12, 31)), days=st.integers(0, 2200))
def test_windows_follow_each_other_without_gap_or_overlap_within_the_term(frequency, first, days):
    last = first + timedelta(days=days)
    windows = frequency.windows(first, last)
    assert windows
    assert windows[0].opens_on == first
    assert all(one.due_on + DAY == other.opens_on for one, other in pairwise(windows))
    assert all(first <= window.opens_on <= window.due_on <= last for window in windows)
    assert all(1 <= window.number <= window.of for window in windows)


@given(times=st.integers(1, 12), first=st.dates(date(2020, 1, 1), date(2032, 12, 31)), years=st.integers(1, 5))
def test_whole_years_owe_exactly_so_many_times_each(times, first, years):
    last = months_on(first, 12 * years) - DAY
    assert len(Frequency(times, Period.YEAR).windows(first, last)) == times * years


@given(frequency=FREQUENCIES, first=st.dates(date(2020, 1, 1), date(2032, 12, 31)), days=st.integers(1, 1500))
def test_a_longer_term_owes_no_less(frequency, first, days):
    shorter, longer = (frequency.windows(first, first + timedelta(days=count)) for count in (days, days + 30))
    assert len(shorter) <= len(longer)
