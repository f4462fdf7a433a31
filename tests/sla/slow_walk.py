"""Business time by looking at every minute: slow, and plain enough to be believed.

Shares nothing with the product. It holds for calendars whose times, and zones whose changes, fall on whole minutes.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def hours_of(spec: dict[str, Any], day: date) -> list[list[str]]:
    """Return the hours of a local date by R2, the first rule that applies."""
    for special in spec["overrides"]:
        if special["date"] == day.isoformat():
            return special["intervals"]
    for make_up in spec["extra_open_dates"]:
        if make_up["date"] == day.isoformat():
            return spec["weekly"].get(make_up["as"], [])
    if day.isoformat() in spec["closed_dates"]:
        return []
    return spec["weekly"].get(NAMES[day.weekday()], [])


class Walk:
    """The minutes around some local dates, each with what the zone's clock reads."""

    def __init__(self, spec: dict[str, Any], first: date, last: date) -> None:
        zone = ZoneInfo(spec["timezone"])
        begin = datetime.combine(first, time(), UTC) - 2 * DAY
        count = ((last - first).days + 5) * 1440
        self.minutes = [begin + n * MINUTE for n in range(count)]
        self.walls = [minute.astimezone(zone).replace(tzinfo=None) for minute in self.minutes]
        days = [first + n * DAY for n in range((last - first).days + 1)]
        self.by_date = {day: self.openings(spec, day) for day in days}
        self.open = sorted({minute for rows in self.by_date.values() for row in rows for minute in row})

    def openings(self, spec: dict[str, Any], day: date) -> list[list[datetime]]:
        """Return the minutes of each opening of a date."""
        rows = []
        for opens, closes in sorted(hours_of(spec, day)):
            begin, end = (self.first_reading(day, text) for text in (opens, closes))
            rows.append(self.minutes[begin:end])
        return [row for row in rows if row]

    def first_reading(self, day: date, text: str) -> int:
        """Return the first minute at which the clock reads this time of this date or later, by R3."""
        wall = datetime.combine(day, time()) + int(text[:2]) * timedelta(hours=1) + int(text[3:5]) * MINUTE
        return next(row for row, reading in enumerate(self.walls) if reading >= wall)

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """Return the open time in [start, end), start first."""
        near = (minute for minute in self.open if start - MINUTE < minute < end)
        pieces = (min(minute + MINUTE, end) - max(minute, start) for minute in near)
        return sum((piece for piece in pieces if piece > timedelta()), timedelta())

    def later(self, start: datetime, budget: timedelta) -> datetime | None:
        """Return the earliest instant by which a budget above zero is worked, None when the walk ends before."""
        for minute in self.open:
            since = max(minute, start)
            if since < minute + MINUTE:
                if budget <= minute + MINUTE - since:
                    return since + budget
                budget -= minute + MINUTE - since
        return None

    def earlier(self, start: datetime, budget: timedelta) -> datetime | None:
        """Return the latest instant since which a budget above zero is worked, None when the walk begins after."""
        for minute in reversed(self.open):
            until = min(minute + MINUTE, start)
            if minute < until:
                if budget <= until - minute:
                    return until - budget
                budget -= until - minute
        return None

    def is_open(self, at: datetime) -> bool:
        """Say whether some open minute holds an instant."""
        return any(minute <= at < minute + MINUTE for minute in self.open)

    def next_open(self, at: datetime) -> datetime | None:
        """Return the instant when open, else the next open minute."""
        return next((max(minute, at) for minute in self.open if at < minute + MINUTE), None)

    def local_date(self, at: datetime) -> date:
        """Return the date the clock shows."""
        row = int((at - self.minutes[0]) / MINUTE)
        return self.walls[row].date()

    def nth_day(self, at: datetime, count: int) -> date | None:
        """Return the count-th later date with an opening, None when the walk ends before."""
        later = [day for day, rows in self.by_date.items() if rows and day > self.local_date(at)]
        return later[count - 1] if count <= len(later) else None

    def close_of(self, day: date) -> datetime:
        """Return the last closing of a date."""
        return self.by_date[day][-1][-1] + MINUTE

    def same_time_on(self, day: date, at: datetime) -> datetime | None:
        """Return the next opening from the same wall time of a date; `at` is a whole minute."""
        reading = self.walls[self.minutes.index(at)]
        return self.next_open(self.minutes[self.first_reading(day, reading.strftime("%H:%M"))])
