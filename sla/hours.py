"""The rules of a calendar as they are written: its zone, its week, its dates. Pure.

Instants are integers of microseconds since 1970 UTC, dates are proleptic ordinals, wall times are microseconds since
a date's 00:00. A `Span` is two of them, half-open.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from typing import Any, NoReturn, TypeVar
from zoneinfo import ZoneInfo

Span = tuple[int, int]
Value = TypeVar("Value")

SECOND = 1_000_000
DAY = 86_400 * SECOND
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DATE = EPOCH.toordinal()
MICROSECOND = timedelta(microseconds=1)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)  # no amount is rounded unseen
FIRST_YEAR, LAST_YEAR = 1990, 2100  # dates that people mean
MOST_SECONDS = 10**12  # some 31,700 years: more than all the time there is

_TIME = re.compile(r"([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class CalendarError(ValueError):
    """Raised when a calendar, an instant or an amount cannot be used: `code` is stable, `detail` says why in words."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


def refuse(code: str, detail: str) -> NoReturn:
    """Raise a `CalendarError`."""
    raise CalendarError(code, detail)


@dataclass(frozen=True, slots=True)
class Hours:
    """When a service is open, as its administrator wrote it; spans are sorted and do not touch."""

    zone: ZoneInfo
    weekly: tuple[tuple[Span, ...], ...]  # Monday first
    closed: frozenset[int]
    make_up: Mapping[int, int]  # date to the weekday (0 is Monday) whose hours it has
    special: Mapping[int, tuple[Span, ...]]
    working_day: int | None  # microseconds
    dated: Mapping[int, tuple[Span, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        made_up = {day: self.weekly[weekday] for day, weekday in self.make_up.items()}
        object.__setattr__(self, "dated", {**dict.fromkeys(self.closed, ()), **made_up, **self.special})

    def on(self, day: int) -> tuple[Span, ...]:
        """Return the wall times of a date. Source: R2."""
        return self.dated.get(day, self.weekly[(day - 1) % 7])

    def kind(self, day: int) -> str:
        """Say which rule gives a date its hours: special, make_up, holiday or ordinary. Source: R2."""
        if day in self.special:
            return "special"
        if day in self.make_up:
            return "make_up"
        return "holiday" if day in self.closed else "ordinary"

    def openings(self, first: int, last: int) -> Iterator[tuple[int, list[Span]]]:
        """Yield each date of [first, last) that opens, with the instants of its openings in order.

        An opening that a change of the clocks swallows whole is none.
        """
        offset_on = self.zone.utcoffset
        walls = map(datetime.fromordinal, range(first, last + 2))
        offsets = [offset_on(wall) for wall in walls]
        for day in range(first, last):
            if spans := self.on(day):
                row = day - first
                # Midnights in a gap still read the offset before it, so the date after next has to agree as well.
                if offsets[row] == offsets[row + 1] == offsets[row + 2]:
                    midnight = (day - EPOCH_DATE) * DAY - _whole(offsets[row])
                    yield day, [(midnight + opens, midnight + closes) for opens, closes in spans]
                elif around_change := self._around_change(day, spans):
                    yield day, around_change

    def _around_change(self, day: int, spans: Iterable[Span]) -> list[Span]:
        """Return the openings of a date at which the zone's clock may jump."""
        read = [(self.first_reading(day, opens), self.first_reading(day, closes)) for opens, closes in spans]
        return [(opens, closes) for opens, closes in read if opens < closes]

    def first_reading(self, day: int, wall: int) -> int:
        """Return the first instant at which the zone's clock reads this wall time of a date, or later. Source: R3."""
        local = datetime.fromordinal(day) + timedelta(microseconds=wall)
        naive = (day - EPOCH_DATE) * DAY + wall
        before = _whole(self.zone.utcoffset(local))
        after = _whole(self.zone.utcoffset(local.replace(fold=1)))
        if after <= before:
            return naive - before
        return self._end_of_gap(naive - after, naive - before)

    def midnights(self, first: int, last: int) -> list[int]:
        """Return the first instants of the dates [first, last)."""
        walls = [datetime.fromordinal(day) for day in range(first - 1, last + 1)]
        offsets = [self.zone.utcoffset(wall) for wall in walls]
        found = []
        for day in range(first, last):
            row = day - first + 1
            # Where the clocks do not change around a midnight, it is read off; else it is looked for.
            if offsets[row - 1] == offsets[row] == offsets[row + 1]:
                found.append((day - EPOCH_DATE) * DAY - _whole(offsets[row]))
            else:
                found.append(self.first_reading(day, 0))
        return found

    def _end_of_gap(self, before: int, after: int) -> int:
        """Return the instant in (before, after] at which the zone's clock jumps, to the second."""
        old = moment(before).astimezone(self.zone).utcoffset()
        low, high = before // SECOND, -(-after // SECOND)
        while high - low > 1:
            middle = (low + high) // 2
            if moment(middle * SECOND).astimezone(self.zone).utcoffset() == old:
                low = middle
            else:
                high = middle
        return high * SECOND

    def date_of(self, instant: int) -> int:
        """Return the local date at an instant."""
        return moment(instant).astimezone(self.zone).toordinal()

    def canonical(self) -> dict[str, Any]:
        """Return what the rules mean, the same for every way of writing them."""
        return {
            "timezone": self.zone.key,
            "weekly": self.weekly,
            "closed_dates": sorted(self.closed),
            "extra_open_dates": sorted(self.make_up.items()),
            "overrides": sorted(self.special.items()),
            "working_day": self.working_day,
        }


def _whole(offset: timedelta | None) -> int:
    return (offset or timedelta()) // MICROSECOND


def micros(at: datetime) -> int:
    """Return an aware datetime as an instant; raise `naive_instant` for one without an offset."""
    try:
        since = at - EPOCH
    except TypeError as error:
        raise CalendarError("naive_instant", f"An instant needs a time zone or an offset: {at!r}.") from error
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds


def moment(instant: int) -> datetime:
    """Return an instant as a UTC datetime."""
    return EPOCH + instant * MICROSECOND


def whole_microseconds(seconds: Decimal) -> int:
    """Return seconds as microseconds; raise when they are finer than that, no number, or more than all of time."""
    if not seconds.is_finite():
        raise CalendarError("bad_number", f"Not a number of seconds: {seconds}.")
    if abs(seconds) > MOST_SECONDS:
        raise CalendarError("out_of_range", "More seconds than there are from year 1 to year 9999.")
    amount = EXACT.scaleb(seconds, 6)
    if amount != amount.to_integral_value():
        raise CalendarError("finer_than_microsecond", f"Finer than a microsecond: {seconds} s.")
    return int(amount)


def read_hours(spec: Mapping[str, Any]) -> Hours:
    """Return the rules of a calendar as stored or sent; raise `CalendarError` at the first thing that is wrong.

    Keys that say where dates came from (`holidays`, `makeup_workdays`) and keys unknown here are passed over.
    """
    if not isinstance(spec, Mapping):
        refuse("wrong_type", "A calendar is an object with `timezone` and `weekly`.")
    for key in ("timezone", "weekly"):
        if key not in spec:
            refuse("missing_key", f"A calendar needs `{key}`.")
    return Hours(
        zone=_zone(spec["timezone"]),
        weekly=_weekly(spec["weekly"]),
        closed=frozenset(_date(text) for text in _rows(spec, "closed_dates")),
        make_up=_dated((_make_up(row) for row in _rows(spec, "extra_open_dates")), "extra_open_dates"),
        special=_dated((_override(row) for row in _rows(spec, "overrides")), "overrides"),
        working_day=_working_day(spec.get("working_day_seconds")),
    )


def _zone(name: Any) -> ZoneInfo:
    if not isinstance(name, str) or not name:
        refuse("unknown_timezone", f"`timezone` is the IANA name of a zone, such as Asia/Shanghai, not {name!r}.")
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise CalendarError("unknown_timezone", f"No such time zone: {name!r}.") from error


def _weekly(week: Any) -> tuple[tuple[Span, ...], ...]:
    if not isinstance(week, Mapping):
        refuse("wrong_type", "`weekly` is an object from mon … sun to lists of hours.")
    for name in week:
        _weekday(name)
    return tuple(_spans(week.get(name), name) for name in WEEKDAYS)


def _weekday(name: Any) -> int:
    if name not in WEEKDAYS:
        refuse("unknown_weekday", f"A weekday is one of {', '.join(WEEKDAYS)}, not {name!r}.")
    return WEEKDAYS.index(name)


def _rows(spec: Mapping[str, Any], key: str) -> list[Any]:
    rows = spec.get(key)
    if rows is not None and not isinstance(rows, (list, tuple)):
        refuse("wrong_type", f"`{key}` is a list.")
    return list(rows or ())


def _row(row: Any, *keys: str) -> list[Any]:
    if not isinstance(row, Mapping):
        refuse("wrong_type", f"Expected an object with {' and '.join(keys)}, not {row!r}.")
    for key in keys:
        if key not in row:
            refuse("missing_key", f"`{key}` is missing from {row!r}.")
    return [row[key] for key in keys]


def _make_up(row: Any) -> tuple[int, int]:
    day, weekday = _row(row, "date", "as")
    return _date(day), _weekday(weekday)


def _override(row: Any) -> tuple[int, tuple[Span, ...]]:
    day, intervals = _row(row, "date", "intervals")
    return _date(day), _spans(intervals, day)


def _dated(rows: Iterable[tuple[int, Value]], key: str) -> dict[int, Value]:
    found: dict[int, Value] = {}
    for day, value in rows:
        if found.setdefault(day, value) != value:
            refuse("conflicting_dates", f"`{key}` says two things about {date.fromordinal(day)}.")
    return found


def _date(text: Any) -> int:
    try:
        if isinstance(text, str) and _DATE.fullmatch(text):
            return date.fromisoformat(text).toordinal()
    except ValueError as error:
        raise CalendarError("bad_date", f"There is no such date: {text!r}.") from error
    refuse("bad_date", f"A date is written YYYY-MM-DD, not {text!r}.")


def _spans(intervals: Any, where: str) -> tuple[Span, ...]:
    """Return sorted spans, those that touch made one; raise for any two that overlap."""
    if intervals is not None and not isinstance(intervals, (list, tuple)):
        refuse("wrong_type", f"{where}: hours are a list of [from, to].")
    merged: list[Span] = []
    for opens, closes in sorted(_span(interval, where) for interval in intervals or ()):
        if merged and opens < merged[-1][1]:
            refuse("overlap", f"{where}: two openings overlap at {_clock(opens)}.")
        if merged and opens == merged[-1][1]:
            opens = merged.pop()[0]
        merged.append((opens, closes))
    return tuple(merged)


def _span(interval: Any, where: str) -> Span:
    if not isinstance(interval, (list, tuple)) or len(interval) != 2:
        refuse("wrong_type", f"{where}: an opening is [from, to], not {interval!r}.")
    opens, closes = (_wall(text, where) for text in interval)
    if closes <= opens:
        refuse(
            "end_before_start",
            f"{where}: {interval[0]} to {interval[1]} ends before it starts. "
            f"A shift over midnight is written in two: {interval[0]} to 24:00, "
            f"and 00:00 to {interval[1]} on the next day.",
        )
    return opens, closes


def _wall(text: Any, where: str) -> int:
    match = _TIME.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        refuse("bad_time", f"{where}: a time is written HH:MM or HH:MM:SS, not {text!r}.")
    hour, minute, second = (int(part or 0) for part in match.groups())
    if minute > 59 or second > 59:
        refuse("bad_time", f"{where}: there is no such time: {text}.")
    wall = (hour * 3600 + minute * 60 + second) * SECOND
    if wall > DAY:
        refuse("past_midnight", f"{where}: {text} is past midnight; a date ends at 24:00.")
    return wall


def _clock(wall: int) -> str:
    seconds = wall // SECOND
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def wall_words(wall: int) -> str:
    """Return a wall time as it is written, 08:30 or 24:00, with seconds only where it has any."""
    shown = _clock(wall)
    return shown.removesuffix(":00")


def _working_day(seconds: Any) -> int | None:
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float, Decimal)):
        refuse("bad_working_day_seconds", f"`working_day_seconds` is a number, not {seconds!r}.")
    try:
        amount = whole_microseconds(Decimal(str(seconds)))
    except CalendarError as error:
        raise CalendarError("bad_working_day_seconds", error.detail) from error
    if amount <= 0:
        refuse("bad_working_day_seconds", "`working_day_seconds` is more than nothing.")
    return amount
