"""A calendar's year as twelve months of dates, each with its hours drawn and its reason in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from django.utils import dateformat
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from plans.wording import worded
from sla.rules.dates import DateHours
from sla.wording import in_language
from tickets.showing.strip import WEEKDAYS

WEEK = 7
KIND_NAMES: dict[str, LazyText] = {
    "open": pgettext_lazy("day", "平日"),
    "closed": pgettext_lazy("day", "休息日"),
    "holiday": pgettext_lazy("day", "放假"),
    "make_up": pgettext_lazy("day", "调休上班"),
    "special": pgettext_lazy("day", "特别时段"),
    "short": pgettext_lazy("day", "缩短"),
}
# One character in the corner of a date, as wall calendars print it.
SIGNS: dict[str, LazyText] = {
    "holiday": pgettext_lazy("day's sign", "休"),
    "make_up": pgettext_lazy("day's sign", "班"),
    "special": pgettext_lazy("day's sign", "特"),
    "short": pgettext_lazy("day's sign", "短"),
}


@dataclass(frozen=True)
class Cell:
    """One date of a month; `pattern` names the drawing of its hours, "" where it is shut."""

    day: DateHours
    words: str
    sign: str
    pattern: str
    is_today: bool
    is_chosen: bool
    # Where the keyboard comes in; the arrow keys go on from there.
    is_entry: bool


@dataclass(frozen=True)
class Month:
    """One month: weeks of seven places from Monday on, empty ones where another month's dates would be."""

    number: int
    name: str
    weeks: list[tuple[Cell | None, ...]]


@dataclass(frozen=True)
class Pattern:
    """The hours of a date as bars over 24 hours; `bars` are (start, length) in hours."""

    name: str
    bars: tuple[tuple[float, float], ...]


def months_of(dates: Sequence[DateHours], today: date, chosen: date | None) -> list[Month]:
    """Return a year's dates by month."""
    names = {pattern.openings: pattern.name for pattern in _drawn(dates)}
    entry = next((on for on in (chosen, today) if on and on.year == dates[0].date.year), dates[0].date)
    found = []
    for number, run in groupby(dates, key=lambda day: day.date.month):
        cells = [
            Cell(
                day=day, words=date_in_words(day), sign=str(SIGNS.get(day.kind, "")),
                pattern=names.get(day.openings, ""), is_today=day.date == today,
                is_chosen=day.date == chosen, is_entry=day.date == entry,
            )
            for day in run
        ]  # fmt: skip
        places: list[Cell | None] = [None] * cells[0].day.date.weekday() + cells
        places += [None] * (-len(places) % WEEK)
        name = dateformat.format(cells[0].day.date, pgettext("date format", "n月"))
        weeks = [tuple(places[start : start + WEEK]) for start in range(0, len(places), WEEK)]
        found.append(Month(number, name, weeks))
    return found


@dataclass(frozen=True)
class _Drawn:
    openings: tuple[tuple[str, str], ...]
    name: str


def _drawn(dates: Iterable[DateHours]) -> list[_Drawn]:
    different = dict.fromkeys(day.openings for day in dates if day.openings)
    return [_Drawn(openings, f"hours-{number}") for number, openings in enumerate(different)]


def patterns_of(dates: Iterable[DateHours]) -> list[Pattern]:
    """Return each different way in which dates open, once."""
    return [
        Pattern(
            one.name, tuple((_hour(opens), round(_hour(closes) - _hour(opens), 3)) for opens, closes in one.openings)
        )
        for one in _drawn(dates)
    ]


def _hour(wall: str) -> float:
    parts = [int(part) for part in wall.split(":")]
    return round(sum(part / 60**place for place, part in enumerate(parts)), 3)


def day_name(on: date) -> str:
    """Return a date with its weekday, as people say it."""
    words = {"day": dateformat.format(on, pgettext("date format", "n月j日")), "weekday": WEEKDAYS[on.weekday()]}
    return _("%(day)s %(weekday)s") % words


def hours_words(openings: Sequence[Sequence[str]]) -> str:
    """Return the hours of a date, or that it is shut."""
    return _("、").join("–".join(span) for span in openings) or _("全天不开放")


def reason_words(day: DateHours) -> str:
    """Return why a date is as it is, with the occasion's name where it has one."""
    kind = str(KIND_NAMES[day.kind])
    named = worded(day.reason, "name") if day.reason else ""
    return f"{kind} {named}".strip()


def source_of(reason: Mapping[str, str]) -> str:
    """Return where a date's hours are said, in the language in use; "" where nobody said."""
    return in_language(reason.get("source", ""), reason.get("source_en", ""))


def date_in_words(day: DateHours) -> str:
    """Return everything about a date in one line."""
    parts = [day_name(day.date), reason_words(day), hours_words(day.openings)]
    return " · ".join([*parts, *([_("推定，可能变动")] if day.is_assumed else [])])


@dataclass(frozen=True)
class Run:
    """Dates in a row that are out of the ordinary in the same way."""

    first: date
    last: date
    count: int
    kind: str
    name: str
    hours: str
    reason: str
    source: str
    is_assumed: bool

    @property
    def dates(self) -> str:
        """Return the first and the last date."""
        return day_name(self.first) if self.count == 1 else f"{day_name(self.first)} – {day_name(self.last)}"


def runs_of(dates: Iterable[DateHours]) -> list[Run]:
    """Return the dates that differ from their weekday, neighbours with the same reason in one."""
    found: list[list[DateHours]] = []
    for day in dates:
        if day.is_usual:
            continue
        if found and _goes_on(found[-1][-1], day):
            found[-1].append(day)
        else:
            found.append([day])
    return [_run(days) for days in found]


def _goes_on(before: DateHours, day: DateHours) -> bool:
    alike = (before.kind, before.openings, before.reason) == (day.kind, day.openings, day.reason)
    return alike and before.date + timedelta(1) == day.date


def _run(days: Sequence[DateHours]) -> Run:
    first = days[0]
    return Run(
        first=first.date,
        last=days[-1].date,
        count=len(days),
        kind=first.kind,
        name=str(KIND_NAMES[first.kind]),
        hours=hours_words(first.openings),
        reason=worded(first.reason, "name") if first.reason else "",
        source=source_of(first.reason),
        is_assumed=first.is_assumed,
    )
