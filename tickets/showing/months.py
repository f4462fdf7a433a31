"""A month laid out in weeks, with what falls on each of its dates."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Generic, TypeVar

from dateutil.relativedelta import relativedelta

WEEK = 7
DAY = timedelta(days=1)
# No contract reaches beyond; the first and the last month that dates have cannot be laid out in weeks.
EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 1)

Row = TypeVar("Row")


@dataclass(frozen=True)
class Day(Generic[Row]):
    """One date of a month, or of its neighbours, with what falls on it."""

    on: date
    is_in_month: bool
    is_today: bool
    rows: Sequence[Row]


@dataclass(frozen=True)
class Month(Generic[Row]):
    """One month: its weeks from Monday on, and the months beside it."""

    first: date
    weeks: Sequence[Sequence[Day[Row]]]
    before: date
    after: date

    @property
    def last(self) -> date:
        """Return its last date."""
        return self.after - DAY


def month_asked(written: str, today: date) -> date:
    """Return the first day of the month that an address asks for; of this one where it names none within reach."""
    try:
        first = date.fromisoformat(f"{written}-01")
    except ValueError:
        return today.replace(day=1)
    return first if EARLIEST <= first <= LATEST else today.replace(day=1)


def month_of(first: date) -> tuple[date, date]:
    """Return the first Monday and the last Sunday of the weeks that a month touches."""
    start = first - timedelta(days=first.weekday())
    last = first + relativedelta(months=1) - DAY
    return start, last + timedelta(days=WEEK - 1 - last.weekday())


def laid_out(first: date, dated: Iterable[tuple[date, Row]], today: date) -> Month[Row]:
    """Return a month with what falls on each of its dates."""
    start, end = month_of(first)
    by_day: dict[date, list[Row]] = defaultdict(list)
    for on, row in dated:
        by_day[on].append(row)
    days = [start + timedelta(days=number) for number in range((end - start).days + 1)]
    cells = [Day(day, day.month == first.month, day == today, by_day[day]) for day in days]
    weeks = [cells[place : place + WEEK] for place in range(0, len(cells), WEEK)]
    return Month(first, weeks, first - relativedelta(months=1), first + relativedelta(months=1))
