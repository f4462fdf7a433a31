"""Business time: when a budget of open time runs out, how much has passed, and the pieces that prove it. Pure.

Instants in are aware datetimes of any zone, instants out are UTC; openings are half-open; None means never.
"""

import hashlib
import json
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, Self
from zoneinfo import ZoneInfo

from sla.hours import (
    DAY,
    EXACT,
    MICROSECOND,
    MOST_SECONDS,
    CalendarError,
    Hours,
    Span,
    micros,
    moment,
    read_hours,
    whole_microseconds,
)
from sla.pieces import Interval, Piece, merged, prove
from sla.table import EMPTY, HORIZON, Table, compile_table, date_after, date_before

__all__ = ["RULES", "Calendar", "CalendarError", "Interval", "Piece"]

RULES = ("duration", "end_of_nth_day", "same_local_time")

FIRST_DATE = 3  # a few dates at either end of time are left alone: an offset or a look ahead would fall off
LAST_DATE = date.max.toordinal() - 3
EARLIEST = micros(datetime(1, 1, 8, tzinfo=UTC))
LATEST = micros(datetime(9999, 12, 24, tzinfo=UTC))

YEAR = 366  # dates
YEARS_BEHIND = 2 * YEAR
YEARS_AHEAD = 3 * YEAR
MOST_DATES = 400 * YEAR  # kept compiled; spans beyond are walked table by table
LONGEST_PROOF = 100 * YEAR * DAY


class Calendar:
    """Service hours, compiled. Its answers depend on nothing but its rules; threads may share it.

    The table of openings grows on demand: a longer one replaces it whole, so a reader sees the old or the new.
    """

    def __init__(self, hours: Hours) -> None:
        self.hours = hours
        self._table = EMPTY

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> Self:
        """Return the calendar that a spec describes; raise `CalendarError` when it cannot be understood."""
        return cls(read_hours(spec))

    def __repr__(self) -> str:
        return f"<Calendar {self.zone.key} {self.digest[:12]}>"

    @property
    def zone(self) -> ZoneInfo:
        """Return the zone whose wall clock the hours are written in."""
        return self.hours.zone

    @cached_property
    def digest(self) -> str:
        """Return the SHA-256 of the rules, the same for every way of writing them."""
        text = json.dumps(self.hours.canonical(), separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def opens_within_a_year(self) -> bool:
        """Say whether the week has hours and no run of closed dates lasts a year: what a policy may be built on."""
        if not any(self.hours.weekly):
            return False
        closed = sorted(day for day, spans in self.hours.dated.items() if not spans)
        return not any(self._closed_for_a_year(day) for day in closed)

    def _closed_for_a_year(self, first: int) -> bool:
        return not any(self.hours.on(day) for day in range(first, first + YEAR))

    def due_at(self, start: datetime, budget: timedelta) -> datetime | None:
        """Return the instant at which `budget` of open time has passed since `start`; None means never.

        A budget that runs out exactly at closing is due at that closing. A negative one counts back, to the latest
        instant from which it fits; none at all is due at `start`. Source: R5; Y18, K02.
        """
        due = self._due(micros(start), budget // MICROSECOND)
        return None if due is None else moment(due)

    def due_after_working_days(self, start: datetime, days: Decimal | int, rule: str) -> datetime | None:
        """Return the instant at which so many working days are over, as `rule` counts them; None means never.

        `duration`: their worth in open time. `end_of_nth_day`: the last closing of the n-th later date that opens.
        `same_local_time`: that date's same wall time, or the next opening. Source: R7; K02, K06.
        """
        instant = micros(start)
        if rule == "duration":
            due = self._due(instant, self._worth(days))
        elif rule == "end_of_nth_day":
            due = self._closing_of(self._nth_open_date(instant, _whole_days(days)))
        elif rule == "same_local_time":
            due = self._same_time_on(self._nth_open_date(instant, _whole_days(days)), start)
        else:
            raise CalendarError("unknown_rule", f"A rule is one of {', '.join(RULES)}, not {rule!r}.")
        return None if due is None else moment(due)

    def close_by(self, on: date, days: Decimal | int = 1) -> datetime | None:
        """Return the last closing of the last local date, `on` or before it, that has an opening; None means never.

        With `days` it is that of the n-th such date counted back, `on` counted. Source: Y13, K13
        """
        count, last = _whole_days(days), on.toordinal() + 1
        self._refuse_beyond(count, last - FIRST_DATE)
        for reach in (YEAR, HORIZON):
            table = self._of_dates(last - reach - count, last)
            row = bisect_left(table.dates, last) - count
            if row >= 0:
                closing = self._closing_of(table.dates[row])
                return None if closing is None else moment(closing)
        return None

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """Return the open time in [start, end), real seconds; negative when `end` comes first. Source: R4."""
        low, high = micros(start), micros(end)
        worked = self._worked(low, high) if low <= high else -self._worked(high, low)
        return worked * MICROSECOND

    def is_open(self, at: datetime) -> bool:
        """Say whether an opening holds `at`: open at its first instant, closed at its last. Source: R1, R6."""
        instant = micros(at)
        table = self._table_at(instant)
        return instant < table.ends[table.row(instant)]

    def next_open(self, at: datetime) -> datetime | None:
        """Return `at` when open, else the start of the next opening; None means never. Source: R6."""
        opening = self._next_open(micros(at))
        return None if opening is None else moment(opening)

    def openings(self, start: datetime, end: datetime) -> list[Interval]:
        """Return the openings inside [start, end) in order, cut to it; those that touch are one."""
        low, high = micros(start), micros(end)
        if high <= low:
            return []
        table = self._over(low, high)
        rows = range(table.row(low), bisect_left(table.starts, high))
        cut = ((max(table.starts[row], low), min(table.ends[row], high)) for row in rows)
        return [Interval(moment(opens), moment(closes)) for opens, closes in cut if opens < closes]

    def proof(self, start: datetime, budget: timedelta, pauses: Sequence[Interval] = ()) -> list[Piece]:
        """Return the pieces from `start` to the deadline, without gap; the counted ones add up to the budget.

        Nothing inside a pause counts, and the deadline, the end of the last piece, moves accordingly. No pieces: never,
        or no budget. A negative budget is proved from the earlier instant on, without pauses. Source: R2, R5.
        """
        instant, amount = micros(start), budget // MICROSECOND
        held = merged(pauses)
        if held and amount < 0:
            raise CalendarError("bad_budget", "Counting back knows no pauses.")
        due = self._due_around(instant, amount, held)
        if due is None or due == instant:
            return []
        low, high = min(instant, due), max(instant, due)
        if high - low > LONGEST_PROOF:
            raise CalendarError("proof_too_long", "A proof is written out for a hundred years at most.")
        return prove(self.hours, (low, high), held)

    def _due(self, instant: int, amount: int) -> int | None:
        if amount == 0:
            return _in_range(instant)
        table, due = self._table, None
        if table.low <= instant < table.high and not table.barren:
            due = table.later(instant, amount) if amount > 0 else table.earlier(instant, -amount)
        if due is not None:
            return due
        return self._later(instant, amount) if amount > 0 else self._earlier(instant, -amount)

    def _later(self, instant: int, amount: int) -> int | None:
        """Walk forward by tables that reach ever further until `amount` is worked."""
        self._refuse_beyond(amount, LATEST - instant)
        reach = YEARS_AHEAD
        while True:
            first = date_before(_in_range(instant))
            table = self._of_dates(first, first + reach)
            due = table.later(instant, amount)
            if table.lies_barren(self.hours.date_of(instant), table.last if due is None else self._day_past(due)):
                return None
            if due is not None:
                return due
            if table.last == LAST_DATE:
                return _never_or_beyond(table.ends[-1] <= instant)
            reach = min(reach * 2, MOST_DATES)
            if instant < table.ends[-1]:
                amount -= table.done[-1] - table.worked(instant)
                instant = table.ends[-1]

    def _earlier(self, instant: int, amount: int) -> int | None:
        """Walk back by tables that reach ever further until `amount` is worked."""
        self._refuse_beyond(amount, instant - EARLIEST)
        reach = YEARS_BEHIND
        while True:
            last = date_after(_in_range(instant))
            table = self._of_dates(last - reach, last)
            due = table.earlier(instant, amount)
            if table.lies_barren(table.first if due is None else self.hours.date_of(due), self._day_past(instant)):
                return None
            if due is not None:
                return due
            if table.first == FIRST_DATE:
                return _never_or_beyond(table.worked(instant) == 0)
            reach = min(reach * 2, MOST_DATES)
            if worked := table.worked(instant):
                amount -= worked
                instant = table.starts[1]

    def _refuse_beyond(self, wanted: int, left: int) -> None:
        """Refuse at once what no calendar with weekly hours could reach before time ends."""
        if wanted > left and any(self.hours.weekly):
            _never_or_beyond(never=False)

    def _day_past(self, instant: int) -> int:
        return self.hours.date_of(instant) + 1

    def _worked(self, low: int, high: int) -> int:
        """Return the open time in [low, high)."""
        table = self._table
        if table.low <= low and high < table.high:
            return table.worked(high) - table.worked(low)
        worked = 0
        for since in range(_in_range(low), _in_range(high), MOST_DATES * DAY):
            until = min(since + MOST_DATES * DAY, high)
            table = self._over(since, until)
            worked += table.worked(until) - table.worked(since)
        return worked

    def _next_open(self, instant: int) -> int | None:
        table = self._table_at(instant)
        opening = table.opening(instant)
        if opening is not None and not table.barren:
            return opening
        day = date_before(instant)
        table = self._of_dates(day, day + HORIZON + 3)
        opening = table.opening(instant)
        if opening is None or table.lies_barren(self.hours.date_of(instant), self._day_past(opening)):
            return None
        return opening

    def _worth(self, days: Decimal | int) -> int:
        """Return working days as open time; raise when the calendar does not say what one is worth."""
        if self.hours.working_day is None:
            raise CalendarError("missing_key", "This calendar has no `working_day_seconds`.")
        return whole_microseconds(EXACT.multiply(_number(days), Decimal(self.hours.working_day).scaleb(-6)))

    def _nth_open_date(self, instant: int, count: int) -> int | None:
        """Return the `count`-th date with an opening after the local date of `instant`."""
        after, reach = self.hours.date_of(_in_range(instant)), YEARS_AHEAD
        self._refuse_beyond(count, LAST_DATE - after)
        while True:
            table = self._of_dates(after, after + reach)
            row = bisect_right(table.dates, after) + count - 1
            day = table.dates[row] if row < len(table.dates) else None
            if table.lies_barren(after + 1, table.last if day is None else day + 1):
                return None
            if day is not None:
                return day
            if table.last == LAST_DATE:
                return _never_or_beyond(not table.dates or table.dates[-1] <= after)
            reach = min(reach * 2, MOST_DATES)
            if table.dates and after < table.dates[-1]:
                count = row - len(table.dates) + 1
                after = table.dates[-1]

    def _closing_of(self, day: int | None) -> int | None:
        if day is None:
            return None
        ((_, openings),) = self.hours.openings(day, day + 1)
        return openings[-1][1]

    def _same_time_on(self, day: int | None, start: datetime) -> int | None:
        if day is None:
            return None
        local = start.astimezone(self.zone)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        return self._next_open(self.hours.first_reading(day, (local.replace(tzinfo=None) - midnight) // MICROSECOND))

    def _due_around(self, instant: int, amount: int, pauses: Sequence[Span]) -> int | None:
        """Return the deadline when nothing inside the pauses, sorted and apart, counts."""
        for since, until in pauses:
            if until <= instant:
                continue
            worked = self._worked(instant, since) if instant < since else 0
            if amount <= worked:
                break
            amount -= worked
            instant = until
        return self._due(instant, amount)

    def _table_at(self, instant: int) -> Table:
        table = self._table
        return table if table.low <= instant < table.high else self._over(instant, instant)

    def _over(self, low: int, high: int) -> Table:
        """Return a table that knows the instants from `low` to `high`."""
        return self._of_dates(date_before(_in_range(low)), date_after(_in_range(high)))

    def _of_dates(self, first: int, last: int) -> Table:
        """Return a table that holds the dates [first, last), as far as time goes; compile and keep one if need be."""
        first, last = max(first, FIRST_DATE), min(last, LAST_DATE)
        table = self._table
        if table.first <= first and last <= table.last:
            return table
        first, last = _room(table, first, last)
        table = compile_table(self.hours, first, last)
        if last - first <= MOST_DATES:
            self._table = table
        return table


def _room(table: Table, first: int, last: int) -> Span:
    """Return the dates to compile: a few years around a first use, then twice as many each time it grows.

    Dates too far from those known for one table are compiled alone, in place of them.
    """
    if table is EMPTY:
        wanted = first - YEARS_BEHIND, last + YEARS_AHEAD
    else:
        known = table.last - table.first
        wanted = (
            min(table.first, first - known) if first < table.first else table.first,
            max(table.last, last + known) if table.last < last else table.last,
        )
    if wanted[1] - wanted[0] > MOST_DATES:
        wanted = first, last
    return max(wanted[0], FIRST_DATE), min(wanted[1], LAST_DATE)


def _in_range(instant: int) -> int:
    """Return the instant; raise `out_of_range` within a fortnight of either end of time."""
    if EARLIEST <= instant <= LATEST:
        return instant
    raise CalendarError("out_of_range", "Business time is known from January of year 1 to December of year 9999.")


def _never_or_beyond(never: bool) -> int | None:
    """Return None when nothing opens up to the end of time; raise `out_of_range` when there is only too little."""
    if never:
        return None
    raise CalendarError("out_of_range", "The budget reaches past the year 1 or the year 9999.")


def _number(days: Decimal | int) -> Decimal:
    if isinstance(days, bool) or not isinstance(days, (int, Decimal)):
        raise CalendarError("bad_working_days", f"Working days are a whole number or a Decimal, not {days!r}.")
    number = Decimal(days)
    if not number.is_finite() or abs(number) > MOST_SECONDS:
        raise CalendarError("bad_working_days", f"There are not that many working days: {days}.")
    return number


def _whole_days(days: Decimal | int) -> int:
    number = _number(days)
    if number < 1 or number != number.to_integral_value():
        raise CalendarError("bad_working_days", f"This rule counts whole working days from 1 on, not {days}.")
    return int(number)
