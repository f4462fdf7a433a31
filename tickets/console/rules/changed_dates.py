"""Dates whose hours change, as a page lists them: a changed week in one line a weekday, the rest one by one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from django.utils.translation import gettext as _

from plans.wording import worded
from sla.comparing import DayChange
from tickets.console.rules.year_grid import KIND_NAMES, day_name, hours_words
from tickets.showing.strip import WEEKDAYS

# A weekday that changes for good differs on a hundred dates and more.
WEEKLY = 3


@dataclass(frozen=True)
class ChangedDates:
    """One line: which date or weekday, its hours before and after, and why."""

    when: str
    before: str
    after: str
    why: str


def is_weekly(change: DayChange) -> bool:
    """Tell whether a date differs only because its weekday does."""
    return change.kind_before == change.kind_after == "ordinary"


def lines_of(changes: Iterable[DayChange]) -> list[ChangedDates]:
    """Return changed dates line by line, changed weekdays in front."""
    told = list(changes)
    weekly = sorted(filter(is_weekly, told), key=_week_key)
    lines = [line for _key, run in groupby(weekly, key=_week_key) for line in _weekly(list(run))]
    return lines + [_line(day_of(change), change) for change in told if not is_weekly(change)]


def _week_key(change: DayChange) -> tuple[int, str, str]:
    return change.date.weekday(), hours_words(change.before), hours_words(change.after)


def _weekly(run: Sequence[DayChange]) -> list[ChangedDates]:
    if len(run) < WEEKLY:
        return [_line(day_of(change), change) for change in run]
    words = {"weekday": WEEKDAYS[run[0].date.weekday()], "n": len(run), "day": day_of(run[0])}
    return [_line(_("每%(weekday)s，自 %(day)s 起三年内 %(n)d 天") % words, run[0])]


def _line(when: str, change: DayChange) -> ChangedDates:
    return ChangedDates(when, hours_words(change.before), hours_words(change.after), _why(change))


def _why(change: DayChange) -> str:
    if change.reason:
        return worded(change.reason, "name")
    return _("每周时段") if is_weekly(change) else str(KIND_NAMES.get(change.kind_after, ""))


def day_of(change: DayChange) -> str:
    """Return a changed date with its year, as people say it."""
    return _("%(year)s 年 %(day)s") % {"year": change.date.year, "day": day_name(change.date)}


def ahead(changes: Iterable[DayChange], today: date) -> list[DayChange]:
    """Return the changes of today and later: what is over moves nothing that people can still keep."""
    return [change for change in changes if change.date >= today]


def shortened(changes: Sequence[DayChange], most: int) -> list[DayChange]:
    """Return every change of a weekday, and of the others the first so many."""
    others = [change for change in changes if not is_weekly(change)]
    left_out = set(map(id, others[most:]))
    return [change for change in changes if id(change) not in left_out]
