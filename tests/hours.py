"""Calendars and instants as tests write them."""

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sla.calendar import Calendar

VECTORS = Path(__file__).parent / "vectors"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WORKDAYS = WEEKDAYS[:5]
EIGHT_HOURS = (("08:30", "12:00"), ("13:00", "17:30"))
TWELVE_HOURS = (("08:30", "20:30"),)
ROUND_THE_CLOCK = (("00:00", "24:00"),)


def local(text: str, zone: str) -> datetime:
    """Return a wall time of a zone, such as `2026-09-28 09:00`, as an aware datetime."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def beijing(text: str) -> datetime:
    """Return a wall time of Beijing as an aware datetime."""
    return local(text, "Asia/Shanghai")


def utc(text: str) -> datetime:
    """Return a wall time of UTC as an aware datetime."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def hours(count: float) -> timedelta:
    """Return so many hours."""
    return timedelta(hours=count)


def spec(
    intervals: tuple[tuple[str, str], ...] = EIGHT_HOURS,
    days: tuple[str, ...] = WORKDAYS,
    zone: str = "Asia/Shanghai",
    **dated: Any,
) -> dict[str, Any]:
    """Return the spec of a calendar with the same hours on each of `days`."""
    return {"timezone": zone, "weekly": {day: [list(pair) for pair in intervals] for day in days}, **dated}


def calendar(*args: Any, **dated: Any) -> Calendar:
    """Return the calendar of `spec(…)`."""
    return Calendar.from_spec(spec(*args, **dated))


@cache
def vectors() -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return every worked example with its calendar's spec."""
    files = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(VECTORS.glob("*.json"))]
    return [(file["calendars"][vector["calendar"]], vector) for file in files for vector in file["vectors"]]


def published(name: str) -> dict[str, Any]:
    """Return a calendar's spec of the worked examples, such as kingdee-5x8."""
    return next(found for found, vector in vectors() if vector["calendar"] == name)


FIVE_BY_EIGHT = calendar(working_day_seconds=28800)
SEVEN_BY_TWELVE = calendar(TWELVE_HOURS, WEEKDAYS, working_day_seconds=43200)
SEVEN_BY_TWENTY_FOUR = calendar(ROUND_THE_CLOCK, WEEKDAYS, working_day_seconds=86400)
KINGDEE = Calendar.from_spec(published("kingdee-5x8"))
KINGDEE_MAKE_UP = Calendar.from_spec(published("kingdee-5x8-makeup"))
