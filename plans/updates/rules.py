"""Recurrence rules of updates: which days they name, and the window on each. Pure. Source: RFC 5545, K11"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from dateutil.rrule import rrulestr
from django.utils.translation import gettext as _

# A rule without a day to count from counts from a Monday, so that every other week is the same week everywhere.
SINCE = date(2024, 1, 1)
FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY")
# The window says the time of day, and a plan's next version ends a rule.
ELSEWHERE = ("BYHOUR", "BYMINUTE", "BYSECOND", "COUNT", "UNTIL", "DTSTART")
# A rule that names no day in so many years never will.
WITHIN_YEARS = 12
MOST_APART = 366
ZERO = re.compile(r"(^|,)[+-]?0+(,|$)")
RULE = re.compile(r"[A-Z]+=[A-Z0-9,+-]+(;[A-Z]+=[A-Z0-9,+-]+)*")


def wrong_with(rule: str) -> str:
    """Return what is wrong with a rule, in the language in use; nothing where it can be followed."""
    if not RULE.fullmatch(rule):
        return _("应为 RFC 5545 的重复规则，如 FREQ=WEEKLY;BYDAY=TU,TH。")
    parts = dict(part.split("=", 1) for part in rule.split(";"))
    return next(_faults(parts), "") or _names_nothing(rule, parts)


def _faults(parts: Mapping[str, str]) -> Iterator[str]:
    """Yield what is wrong with the parts of a rule; each holds only where those before it do not."""
    if parts.get("FREQ") not in FREQUENCIES:
        yield _("重复规则最多每天一次：FREQ 应为 YEARLY、MONTHLY、WEEKLY 或 DAILY。")
    if extra := [name for name in ELSEWHERE if name in parts]:
        yield _("规则里不写 %s：时刻由 opens 与 hours 说，规则的终止由计划的新版本说。") % "、".join(extra)
    interval = parts.get("INTERVAL", "1")
    if not interval.isdecimal() or not 1 <= int(interval) <= MOST_APART:
        yield _("INTERVAL 应为 1 到 %d。") % MOST_APART
    # What follows would be passed over in silence, or two ways of counting days might never meet.
    is_short = parts["FREQ"] in ("WEEKLY", "DAILY")
    if is_short and re.search(r"\d", parts.get("BYDAY", "")):
        yield _("BYDAY 里的序号只用于 MONTHLY 和 YEARLY。")
    if parts["FREQ"] == "DAILY" and int(interval) > 1 and any(name.startswith("BY") for name in parts):
        yield _("FREQ=DAILY 且 INTERVAL 大于 1 时不能再用 BY… 限定：请改用 WEEKLY 或 MONTHLY。")
    if zero := [name for name, value in parts.items() if ZERO.search(value)]:
        yield _("%s 里不能有 0。") % "、".join(zero)


def _names_nothing(rule: str, parts: dict[str, str]) -> str:
    """Return why a rule names no day; nothing where it does."""
    try:
        begins, ends = (SINCE + relativedelta(years=years) for years in (1, WITHIN_YEARS))
        found = days([_anywhere(rule, parts)], SINCE, begins, ends, at_most=1)
    except (ValueError, TypeError, OverflowError) as error:
        return _("读不懂这条重复规则：%s") % error
    except IndexError:
        return _("BYDAY 里的序号太大。")
    return "" if found else _("按这条规则永远没有日期。")


def _anywhere(rule: str, parts: dict[str, str]) -> str:
    """Return a rule that names a day if this one does, and is soon at its end if it does not."""
    if parts["FREQ"] != "DAILY":
        return rule
    return ";".join(["FREQ=YEARLY", *(f"{name}={value}" for name, value in parts.items() if name.startswith("BY"))])


def days(rules: Iterable[str], since: date, first: date, last: date, at_most: int = 5000) -> list[date]:
    """Return the days from `first` to `last`, both included, that any of the rules names, each once, in order.

    `since` is where a rule begins to count: every other week is counted from its week. Raises ValueError for what is
    no rule.
    """
    found: set[date] = set()
    until = datetime.combine(last, time())
    for rule in rules:
        # `until` lets a rule that names no day at all come to its end.
        named = rrulestr(f"{rule};UNTIL={until:%Y%m%dT%H%M%S}", dtstart=datetime.combine(since, time()))
        for nth, at in enumerate(named.xafter(datetime.combine(first, time()), inc=True)):
            if nth >= at_most or at > until:
                break
            found.add(at.date())
    return sorted(found)


def window_on(day: date, opens: str, hours: float, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the UTC instants between which a window lies that opens on a local day, for so many real hours.

    A wall time that the clocks jump over is moved on by the jump; of one that comes twice the first is meant.
    """
    start = datetime.combine(day, time.fromisoformat(opens), zone).astimezone(UTC)
    return start, start + timedelta(hours=hours)


def shortest_gap(rules: Sequence[str], since: date) -> int:
    """Return the fewest days between two windows in two years; 0 where there are fewer than two."""
    found = days(rules, since, since, since + relativedelta(years=2))
    return min(((later - one).days for one, later in pairwise(found)), default=0)
