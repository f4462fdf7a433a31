"""A calendar date by date: how long each opens, when, and why it is as it is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sla.compiled import CompiledCalendar
from sla.hours import MICROSECOND, Span, wall_words

# How a date differs from what its weekday has. The first four say why, the last two that nothing is out of the way.
KINDS = ("special", "short", "make_up", "holiday", "open", "closed")


@dataclass(frozen=True, slots=True)
class DateHours:
    """One local date: `openings` as wall times, `open_time` in real time, `reason` {"name", "name_en", "source"}."""

    date: date
    kind: str
    openings: tuple[tuple[str, str], ...]
    open_time: timedelta
    reason: dict[str, str]
    is_assumed: bool

    @property
    def is_open(self) -> bool:
        """Tell whether it opens at all."""
        return bool(self.openings)

    @property
    def is_usual(self) -> bool:
        """Tell whether it is as its weekday always is."""
        return self.kind in ("open", "closed")


def dates_of(calendar: CompiledCalendar, first: date, last: date) -> Iterator[DateHours]:
    """Yield the local dates from `first` to `last`, both included."""
    hours = calendar.calendar.hours
    since, until = first.toordinal(), last.toordinal() + 1
    opened = dict(hours.openings(since, until))
    for day in range(since, until):
        on = date.fromordinal(day)
        spans = hours.on(day)
        yield DateHours(
            date=on,
            kind=_kind(hours.kind(day), spans, hours.weekly[on.weekday()]),
            openings=tuple((wall_words(opens), wall_words(closes)) for opens, closes in spans),
            open_time=sum(closes - opens for opens, closes in opened.get(day, ())) * MICROSECOND,
            reason=calendar.reasons.get(on.isoformat(), {}),
            is_assumed=on.year in calendar.assumed_years,
        )


def _kind(rule: str, spans: Sequence[Span], usual: Sequence[Span]) -> str:
    if rule == "ordinary":
        return "open" if spans else "closed"
    if rule == "special" and 0 < _length(spans) < _length(usual):
        return "short"
    return rule


def _length(spans: Sequence[Span]) -> int:
    return sum(closes - opens for opens, closes in spans)


@dataclass(frozen=True, slots=True)
class YearSum:
    """What a year of a calendar comes to."""

    open_time: timedelta
    open_dates: int
    closed_dates: int
    holidays: int
    make_up: int
    special: int
    is_assumed: bool


def year_of(calendar: CompiledCalendar, year: int) -> list[DateHours]:
    """Return every date of a year."""
    return list(dates_of(calendar, date(year, 1, 1), date(year, 12, 31)))


def sum_of(dates: Sequence[DateHours]) -> YearSum:
    """Return what dates come to. A holiday is counted where it shuts a date that its weekday would open or not."""
    kinds = [day.kind for day in dates]
    opened = sum(day.is_open for day in dates)
    return YearSum(
        open_time=sum((day.open_time for day in dates), timedelta()),
        open_dates=opened,
        closed_dates=len(dates) - opened,
        holidays=kinds.count("holiday"),
        make_up=kinds.count("make_up"),
        special=kinds.count("special") + kinds.count("short"),
        is_assumed=any(day.is_assumed for day in dates),
    )
