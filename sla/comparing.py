"""Two states of one calendar beside each other: which dates differ, and why. Reads no clock."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from sla.compiled import CompiledCalendar
from sla.hours import SECOND, moment
from sla.hours import Hours as Rules

# Weekly hours that change differ for ever: dates are listed this far ahead, and spans have no end.
DAYS_AHEAD = 3 * 366
WHOLE_TIME = (datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 1, tzinfo=UTC))
EARLIEST, LATEST = (at.toordinal() for at in WHOLE_TIME)

Opening = tuple[str, str]
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class DayChange:
    """A local date whose hours differ, as wall times such as ("08:30", "12:00"); no hours: closed all day.

    Kinds are those of `Hours.kind`: special, make_up, holiday or ordinary. `reason` is that of the new state, or of
    the old one where the new has none: {"name", "name_en", "source"} or nothing.
    """

    code: str
    date: date
    before: list[Opening]
    after: list[Opening]
    kind_before: str
    kind_after: str
    reason: dict[str, str] = field(default_factory=dict)


def days_between(before: CompiledCalendar, after: CompiledCalendar, since: date) -> list[DayChange]:
    """Return the dates whose hours differ: all that are dated, and from `since` on also those of a changed week."""
    old, new = before.calendar.hours, after.calendar.hours
    dates = old.dated.keys() | new.dated.keys()
    if old.weekly != new.weekly:
        dates |= set(range(since.toordinal(), since.toordinal() + DAYS_AHEAD))
    return [_change(before, after, day) for day in sorted(dates) if old.on(day) != new.on(day)]


def _change(before: CompiledCalendar, after: CompiledCalendar, day: int) -> DayChange:
    old, new = before.calendar.hours, after.calendar.hours
    on = date.fromordinal(day)
    reason = after.reasons.get(on.isoformat()) or before.reasons.get(on.isoformat()) or {}
    return DayChange(after.code, on, _openings(old, day), _openings(new, day), old.kind(day), new.kind(day), reason)


def _openings(rules: Rules, day: int) -> list[Opening]:
    return [(_wall(opens), _wall(closes)) for opens, closes in rules.on(day)]


def _wall(time: int) -> str:
    minutes, seconds = divmod(time // SECOND, 60)
    shown = f"{minutes // 60:02}:{minutes % 60:02}"
    return f"{shown}:{seconds:02}" if seconds else shown


def spans_between(before: CompiledCalendar, after: CompiledCalendar) -> list[Span]:
    """Return the time in which two states of a calendar say different things, in order; days in a row are one span.

    A year that is no longer assumed, or newly so, differs as a whole: deadlines in it are said otherwise. A change of
    week, zone or the length of a working day concerns all of time.
    """
    old, new = before.calendar.hours, after.calendar.hours
    if (old.weekly, old.zone.key, old.working_day) != (new.weekly, new.zone.key, new.working_day):
        return [WHOLE_TIME]
    dates = {day for day in old.dated.keys() | new.dated.keys() if old.on(day) != new.on(day)}
    for year in before.assumed_years ^ after.assumed_years:
        dates.update(range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()))
    return [(_midnight(new, first), _midnight(new, last + 1)) for first, last in _in_a_row(dates)]


def _in_a_row(dates: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and last of each unbroken run of dates."""
    run: list[int] = []
    for day in sorted(dates):
        if run and day > run[-1] + 1:
            yield run[0], run[-1]
            run = []
        run.append(day)
    if run:
        yield run[0], run[-1]


def _midnight(rules: Rules, day: int) -> datetime:
    """Return the first instant of a date; far out, where local time has no instant, the end of time."""
    if day <= EARLIEST:
        return WHOLE_TIME[0]
    return WHOLE_TIME[1] if day >= LATEST else moment(rules.first_reading(day, 0))
