"""Openings compiled into sorted lists, so that a deadline is two bisections whatever the span. Pure."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from sla.hours import DAY, EPOCH_DATE, Hours

HORIZON = 3_660  # dates in a row without an opening: further on nobody looks, and the answer is never


@dataclass(frozen=True, slots=True)
class Table:
    """The openings of the local dates [first, last), merged where they touch; it knows the instants [low, high).

    Row 0 is an empty opening at `low`, so that every known instant has a row at or before it.
    """

    first: int
    last: int
    low: int
    high: int
    starts: list[int]
    ends: list[int]
    done: list[int]  # open time from `low` to the end of each row
    dates: list[int]  # those with an opening
    barren: bool  # whether HORIZON dates in a row have none: answers may then lie too far off

    def row(self, instant: int) -> int:
        """Return the row of the last opening that began at this instant or before."""
        return bisect_right(self.starts, instant) - 1

    def worked(self, instant: int) -> int:
        """Return the open time from `low` to this instant."""
        row = bisect_right(self.starts, instant) - 1
        left = self.ends[row] - instant
        return self.done[row] - left if left > 0 else self.done[row]

    def later(self, instant: int, amount: int) -> int | None:
        """Return the earliest instant by which `amount` > 0 is worked, None when the table ends before. Source: R5."""
        worked = self.worked(instant) + amount
        row = bisect_left(self.done, worked)
        return self.ends[row] - (self.done[row] - worked) if row < len(self.done) else None

    def earlier(self, instant: int, amount: int) -> int | None:
        """Return the last instant since which `amount` > 0 is worked, None when the table begins later. Source: R5."""
        worked = self.worked(instant) - amount
        if worked < 0:
            return None
        row = bisect_right(self.done, worked)
        return self.starts[row] + (worked - self.done[row - 1])

    def opening(self, instant: int) -> int | None:
        """Return the instant itself when open, else the next opening, None when the table ends before. Source: R6."""
        row = self.row(instant)
        if instant < self.ends[row]:
            return instant
        return self.starts[row + 1] if row + 1 < len(self.starts) else None

    def lies_barren(self, first: int, last: int) -> bool:
        """Say whether HORIZON dates in a row of [first, last) have no opening."""
        return _barren(self.dates[bisect_left(self.dates, first) : bisect_left(self.dates, last)], first, last)


EMPTY = Table(0, 0, 0, 0, [0], [0], [0], [], barren=True)


def compile_table(hours: Hours, first: int, last: int) -> Table:
    """Return the table of the local dates [first, last)."""
    low, high = hours.first_reading(first, 0), hours.first_reading(last, 0)
    starts, ends, done, dates = [low], [low], [0], []
    total, end = 0, low - 1
    for day, openings in hours.openings(first, last):
        dates.append(day)
        for opens, closes in openings:
            total += closes - opens
            if opens == end:  # 24:00 is the next date's 00:00
                ends[-1] = end = closes
                done[-1] = total
            else:
                starts.append(opens)
                ends.append(end := closes)
                done.append(total)
    return Table(first, last, low, high, starts, ends, done, dates, _barren(dates, first, last))


def date_before(instant: int) -> int:
    """Return a date that lies before this instant in every zone."""
    return instant // DAY + EPOCH_DATE - 1


def date_after(instant: int) -> int:
    """Return a date that begins after this instant in every zone."""
    return instant // DAY + EPOCH_DATE + 2


def _barren(dates: list[int], first: int, last: int) -> bool:
    previous = first - 1
    for day in dates:
        if day - previous > HORIZON:
            return True
        previous = day
    return last - previous > HORIZON
