"""Random calendars where clocks jump, beside a walk over every minute."""

import random
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sla.calendar import Calendar
from tests.sla.slow_walk import NAMES, Walk

ZONES = (
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Caracas",
    "America/Havana",
    "America/New_York",
    "America/Nuuk",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Amman",
    "Asia/Bangkok",
    "Asia/Gaza",
    "Asia/Ho_Chi_Minh",
    "Asia/Hong_Kong",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Kuala_Lumpur",
    "Asia/Shanghai",
    "Asia/Singapore",
    "Asia/Tehran",
    "Australia/Lord_Howe",
    "Europe/Dublin",
    "Europe/London",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
)
WINDOWS = 6  # around changes of the clock where there are any
QUESTIONS = 4  # of each kind in a window
DATES = 9
EDGES = ["00:00", "00:01", "00:30", "01:00", "01:30", "02:00", "02:15", "02:45", "03:00", "22:00", "23:00", "23:30"]


def _changes(zone: ZoneInfo) -> list[date]:
    """Return the dates of 1985-2035 on which the zone's offset changes."""
    days = [datetime(1985, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(51 * 365)]
    offsets = [day.astimezone(zone).utcoffset() for day in days]
    return [day.date() for day, old, new in zip(days, offsets, offsets[1:], strict=False) if old != new]


def _intervals(rng: random.Random) -> list[list[str]]:
    """Return up to three openings, often with an edge where clocks are changed; not always in order."""
    some = [f"{rng.randrange(24):02}:{rng.choice((0, 15, 30, 59)):02}" for _ in range(4)]
    times = sorted(set(rng.sample(EDGES, 3) + some + ["24:00"]))[-2 * rng.randint(1, 3) :]
    pairs = [[opens, closes] for opens, closes in zip(times[::2], times[1::2], strict=True)]
    rng.shuffle(pairs)
    return pairs


def _spec(rng: random.Random, zone: str, dates: list[date]) -> dict[str, Any]:
    weekly = {name: _intervals(rng) for name in NAMES if rng.random() < 0.8}
    if rng.random() < 0.2:
        weekly = {name: [["00:00", "24:00"]] for name in NAMES}
    chosen = [day.isoformat() for day in rng.sample(dates, 6)]
    return {
        "timezone": zone,
        "weekly": weekly,
        "working_day_seconds": 28800,
        "closed_dates": chosen[:3],
        "extra_open_dates": [{"date": chosen[2], "as": rng.choice(NAMES)}, {"date": chosen[3], "as": "mon"}],
        "overrides": [{"date": chosen[4], "intervals": []}, {"date": chosen[5], "intervals": _intervals(rng)}],
    }


def _windows(rng: random.Random, zone: str) -> list[date]:
    changes = _changes(ZoneInfo(zone))
    around = rng.sample(changes, min(len(changes), WINDOWS - 2))
    return around + [date(1985, 1, 10) + timedelta(days=rng.randrange(18_000)) for _ in range(WINDOWS - len(around))]


@cache
def _walks(zone: str) -> list[tuple[Calendar, Walk]]:
    rng = random.Random(zone)
    walks = []
    for middle in _windows(rng, zone):
        dates = [middle + timedelta(days=n - DATES // 2) for n in range(DATES)]
        spec = _spec(rng, zone, dates[1:-1])
        walks.append((Calendar.from_spec(spec), Walk(spec, dates[0], dates[-1])))
    return walks


def _moment(rng: random.Random, walk: Walk) -> datetime:
    """Return an instant inside the walk, often a minute on which an opening begins or ends."""
    if walk.open and rng.random() < 0.4:
        return rng.choice(walk.open) + rng.choice((timedelta(), timedelta(minutes=1), timedelta(microseconds=-1)))
    middle = walk.minutes[3 * 1440 : -3 * 1440]
    return rng.choice(middle) + timedelta(microseconds=rng.choice((0, 1, 30_000_000, 59_999_999)))


def _checked_deadlines(rng: random.Random, calendar: Calendar, walk: Walk) -> int:
    checked = 0
    for _ in range(QUESTIONS):
        start, budget = _moment(rng, walk), timedelta(seconds=rng.choice((1, 3600, 7200, 14400.000001, 86400, 200000)))
        for sign, expected in ((1, walk.later(start, budget)), (-1, walk.earlier(start, budget))):
            if expected is not None:
                assert calendar.due_at(start, sign * budget) == expected, (start, sign * budget)
                checked += 1
    return checked


@pytest.mark.parametrize("zone", ZONES)
def test_a_walk_over_every_minute_finds_the_same(zone: str) -> None:
    rng, deadlines = random.Random(zone), 0
    for calendar, walk in _walks(zone):
        deadlines += _checked_deadlines(rng, calendar, walk)
        for _ in range(QUESTIONS):
            start, end = sorted((_moment(rng, walk), _moment(rng, walk)))
            assert calendar.elapsed(start, end) == walk.elapsed(start, end), (start, end)
            assert calendar.is_open(start) == walk.is_open(start), start
            if (expected := walk.next_open(start)) is not None:
                assert calendar.next_open(start) == expected, start
    assert deadlines > WINDOWS


@pytest.mark.parametrize("zone", ZONES)
def test_working_days_are_those_a_walk_finds(zone: str) -> None:
    rng = random.Random(zone)
    for calendar, walk in _walks(zone):
        for _ in range(QUESTIONS):
            at, count = rng.choice(walk.minutes[3 * 1440 : -4 * 1440]), rng.randint(1, 3)
            if (day := walk.nth_day(at, count)) is None:
                continue
            assert calendar.due_after_working_days(at, count, "end_of_nth_day") == walk.close_of(day), at
            if (expected := walk.same_time_on(day, at)) is not None:
                assert calendar.due_after_working_days(at, count, "same_local_time") == expected, at


@pytest.mark.parametrize("zone", ZONES)
def test_proof_counts_the_minutes_that_a_walk_finds_open(zone: str) -> None:
    rng = random.Random(zone)
    for calendar, walk in _walks(zone):
        start, budget = _moment(rng, walk), timedelta(hours=rng.choice((1, 8, 30)))
        if (due := walk.later(start, budget)) is None:
            continue
        pieces = calendar.proof(start, budget)
        assert (pieces[0].start, pieces[-1].end) == (start, due)
        for piece in pieces:
            counted = piece.end - piece.start if piece.counted else timedelta()
            assert walk.elapsed(piece.start, piece.end) == counted, piece
