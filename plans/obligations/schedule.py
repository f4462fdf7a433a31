"""How often a thing is owed, laid out over a term: one window each, owed by its last day. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import count, pairwise, takewhile

from dateutil.relativedelta import relativedelta

DAY = timedelta(days=1)


class Period(StrEnum):
    """Over what a number of times is counted; `agreed` says that the contract has to say it."""

    YEAR = "year"
    HALF_YEAR = "half_year"
    QUARTER = "quarter"
    MONTH = "month"
    TERM = "term"
    AGREED = "agreed"


MONTHS = {Period.YEAR: 12, Period.HALF_YEAR: 6, Period.QUARTER: 3, Period.MONTH: 1}
# Nobody is owed a thing more often than once a week; more is a slip of the keyboard.
MOST_A_YEAR = 53


@dataclass(frozen=True, slots=True)
class Window:
    """One thing that is owed: from a date, by a date, both included; the n-th of so many in its year or term."""

    opens_on: date
    due_on: date
    number: int
    of: int


@dataclass(frozen=True, slots=True)
class Frequency:
    """So many times a period."""

    times: int
    period: Period

    @property
    def a_year(self) -> int:
        """Return how often that is a year; of a term, how often in all."""
        return self.times * 12 // MONTHS.get(self.period, 12)

    def windows(self, first: date, last: date) -> list[Window]:
        """Return what is owed over a term, both dates included, in order and without a gap.

        A window that the end of the term cuts off is owed by that day if half of it or more is left, and always if it
        is the only one. Source: Y13, Y14, Y15, K13
        """
        if last < first or self.period == Period.AGREED:
            return []
        found = [_cut(window, last) for window in self._whole(first, last) if _is_owed(window, last)]
        return found or [_cut(next(self._whole(first, last)), last)]

    def _whole(self, first: date, last: date) -> Iterator[Window]:
        """Yield windows that begin within the term, as long as they would be without its end."""
        if self.period == Period.TERM:
            yield from _parts(first, last + DAY, self.times, _months_between(first, last + DAY))
            return
        months, of = MONTHS[self.period], self.a_year
        starts = takewhile(lambda start: start <= last, (months_on(first, turn * months) for turn in count()))
        for turn, start in enumerate(starts):
            for window in _parts(start, months_on(first, (turn + 1) * months), self.times, months):
                if window.opens_on <= last:
                    number = (turn * self.times + window.number - 1) % of + 1
                    yield Window(window.opens_on, window.due_on, number, of)


def months_on(start: date, months: int) -> date:
    """Return the date so many months on; where that month has no such day, the first of the next one."""
    falls = start + relativedelta(months=months)
    return falls if falls.day == start.day else falls + DAY


def _parts(first: date, end: date, times: int, months: int | None) -> Iterator[Window]:
    """Yield [first, end) in so many parts: by whole months where they divide, else by days."""
    edges = [_edge(first, end, number, times, months) for number in range(times + 1)]
    for number, (opens_on, following) in enumerate(pairwise(edges), start=1):
        if opens_on < following:
            yield Window(opens_on, following - DAY, number, times)


def _edge(first: date, end: date, number: int, times: int, months: int | None) -> date:
    if number == times:
        return end
    if months is not None and months % times == 0:
        return months_on(first, months // times * number)
    return first + timedelta(days=(end - first).days * number // times)


def _months_between(first: date, end: date) -> int | None:
    """Return how many whole months lie between two dates; None where they are not whole."""
    between = relativedelta(end, first)
    months = between.years * 12 + between.months
    return next((whole for whole in (months, months + 1) if months_on(first, whole) == end), None)


def _is_owed(window: Window, last: date) -> bool:
    left = (min(window.due_on, last) - window.opens_on).days + 1
    return 2 * left >= (window.due_on - window.opens_on).days + 1


def _cut(window: Window, last: date) -> Window:
    return Window(window.opens_on, min(window.due_on, last), window.number, window.of)
