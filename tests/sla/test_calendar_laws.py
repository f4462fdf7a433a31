"""What holds for every calendar, start and budget."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sla.calendar import Calendar, Interval
from tests.hours import WEEKDAYS

ZONES = ("Asia/Shanghai", "Europe/London", "America/St_Johns", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kathmandu")
ZERO = timedelta()
MICROSECOND = timedelta(microseconds=1)

examples = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
moments = st.datetimes(datetime(2025, 6, 1), datetime(2027, 6, 1), timezones=st.just(UTC))  # noqa: DTZ001
budgets = st.timedeltas(MICROSECOND, timedelta(days=20))
wednesdays = st.sampled_from(([["00:00", "24:00"]], [["08:30", "12:00"], ["13:00", "17:30"]], [["02:00", "09:59"]]))
dates = st.dates(date(2026, 1, 1), date(2026, 12, 31)).map(date.isoformat)


@st.composite
def intervals(draw: st.DrawFn) -> list[list[str]]:
    """Draw openings of one date: even places of a sorted set of minutes open, odd ones close."""
    minutes = draw(st.lists(st.integers(0, 1440), unique=True, max_size=6))
    times = [f"{minute // 60:02}:{minute % 60:02}" for minute in sorted(minutes)]
    return [list(pair) for pair in zip(times[::2], times[1::2], strict=False)]


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Draw a calendar that opens for some hours at least on Wednesdays."""
    weekly = {**draw(st.dictionaries(st.sampled_from(WEEKDAYS), intervals())), "wed": draw(wednesdays)}
    spec: dict[str, Any] = {
        "timezone": draw(st.sampled_from(ZONES)),
        "weekly": weekly,
        "closed_dates": draw(st.lists(dates, max_size=20)),
        "extra_open_dates": [{"date": "2026-10-10", "as": "wed"}],
        "overrides": [{"date": "2026-10-11", "intervals": draw(intervals())}],
    }
    return Calendar.from_spec(spec)


@examples
@given(calendars(), moments, budgets)
def test_what_was_added_has_elapsed(calendar: Calendar, start: datetime, budget: timedelta) -> None:
    due = calendar.due_at(start, budget)
    assert due is not None
    assert due > start
    assert calendar.elapsed(start, due) == budget
    assert calendar.elapsed(start, due - MICROSECOND) < budget  # the earliest such instant
    assert calendar.elapsed(start, start) == ZERO


@examples
@given(calendars(), moments, budgets)
def test_subtracting_mirrors_adding(calendar: Calendar, start: datetime, budget: timedelta) -> None:
    since = calendar.due_at(start, -budget)
    assert since is not None
    assert since < start
    assert calendar.elapsed(since, start) == budget
    assert calendar.elapsed(since + MICROSECOND, start) < budget  # the latest such instant
    assert calendar.due_at(since, budget) <= start


@examples
@given(calendars(), moments, budgets, budgets)
def test_adding_twice_is_adding_the_sum(calendar: Calendar, start: datetime, first: timedelta, then: timedelta) -> None:
    for sign in (1, -1):
        midway = calendar.due_at(start, sign * first)
        assert calendar.due_at(midway, sign * then) == calendar.due_at(start, sign * (first + then))
    assert calendar.due_at(start, ZERO) == start


@examples
@given(calendars(), moments, moments, budgets)
def test_a_later_start_is_never_due_earlier(
    calendar: Calendar, one: datetime, other: datetime, budget: timedelta
) -> None:
    early, late = sorted((one, other))
    assert calendar.due_at(early, budget) <= calendar.due_at(late, budget)
    assert calendar.due_at(early, -budget) <= calendar.due_at(late, -budget)
    assert calendar.due_at(early, budget) < calendar.due_at(early, budget + MICROSECOND)


@examples
@given(calendars(), moments, moments, moments)
def test_elapsed_time_adds_up_and_turns_round(calendar: Calendar, a: datetime, b: datetime, c: datetime) -> None:
    assert calendar.elapsed(a, b) + calendar.elapsed(b, c) == calendar.elapsed(a, c)
    assert calendar.elapsed(a, b) == -calendar.elapsed(b, a)
    assert abs(calendar.elapsed(a, b)) <= abs(b - a)


@examples
@given(calendars(), moments, budgets)
def test_a_deadline_lies_in_an_opening_or_at_its_closing(
    calendar: Calendar, start: datetime, budget: timedelta
) -> None:
    due = calendar.due_at(start, budget)
    assert calendar.is_open(due) or calendar.is_open(due - MICROSECOND)


@examples
@given(calendars(), moments)
def test_the_next_opening_is_the_first_open_instant(calendar: Calendar, at: datetime) -> None:
    opening = calendar.next_open(at)
    assert opening is not None
    assert calendar.is_open(opening)
    assert calendar.elapsed(at, opening) == ZERO
    assert (opening == at) == calendar.is_open(at)


@examples
@given(calendars(), moments, moments)
def test_openings_are_apart_and_hold_the_elapsed_time(calendar: Calendar, one: datetime, other: datetime) -> None:
    start, end = sorted((one, other))
    openings = calendar.openings(start, end)
    assert sum((opening.end - opening.start for opening in openings), ZERO) == calendar.elapsed(start, end)
    edges = [start, *(edge for opening in openings for edge in (opening.start, opening.end)), end]
    assert edges == sorted(edges)
    assert all(before.end < after.start for before, after in pairwise(openings))
    assert all(calendar.is_open(opening.start) for opening in openings)


@st.composite
def pauses(draw: st.DrawFn) -> list[Interval]:
    """Draw pauses in any order, some of them overlapping, empty or past."""
    begins = draw(st.lists(moments, max_size=4))
    lengths = draw(st.lists(st.timedeltas(ZERO, timedelta(days=9)), min_size=4, max_size=4))
    return [Interval(begin, begin + length) for begin, length in zip(begins, lengths, strict=False)]


@examples
@given(calendars(), moments, budgets, pauses())
def test_a_proof_has_no_gap_and_adds_up(
    calendar: Calendar, start: datetime, budget: timedelta, held: list[Interval]
) -> None:
    pieces = calendar.proof(start, budget, held)
    assert pieces[0].start == start
    assert all(before.end == after.start for before, after in pairwise(pieces))
    assert all(piece.start < piece.end for piece in pieces)
    why = [(piece.counted, piece.reason) for piece in pieces]
    assert all(before != after for before, after in pairwise(why))
    assert sum((piece.end - piece.start for piece in pieces if piece.counted), ZERO) == budget
    for piece in pieces:
        inside = any(pause.start <= piece.start and piece.end <= pause.end for pause in _joined(held))
        assert inside == (piece.reason == "pause")
    if not held:
        assert pieces[-1].end == calendar.due_at(start, budget)


def _joined(held: list[Interval]) -> list[Interval]:
    joined: list[Interval] = []
    for pause in sorted(held, key=lambda pause: pause.start):
        if joined and pause.start <= joined[-1].end:
            joined[-1] = Interval(joined[-1].start, max(joined[-1].end, pause.end))
        else:
            joined.append(pause)
    return joined


@examples
@given(calendars(), moments, budgets, pauses())
def test_pauses_move_a_deadline_by_their_open_time(
    calendar: Calendar, start: datetime, budget: timedelta, held: list[Interval]
) -> None:
    due = calendar.proof(start, budget, held)[-1].end
    paused = [Interval(max(pause.start, start), min(pause.end, due)) for pause in _joined(held)]
    lost = sum((calendar.elapsed(pause.start, pause.end) for pause in paused if pause.start < pause.end), ZERO)
    assert calendar.due_at(start, budget + lost) == due


@examples
@given(calendars(), moments, st.integers(1, 12))
def test_the_end_of_a_working_day_is_a_closing(calendar: Calendar, start: datetime, count: int) -> None:
    due = calendar.due_after_working_days(start, count, "end_of_nth_day")
    again = calendar.due_after_working_days(start, count + 1, "end_of_nth_day")
    assert start < due < again
    assert calendar.is_open(due - MICROSECOND)
    resumed = calendar.due_after_working_days(start, count, "same_local_time")
    assert resumed is not None
    assert calendar.is_open(resumed)
