"""Calendar files (RFC 5545) with days off: read for one year, and written so that reading gives the same again."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from django.utils.translation import gettext as _
from icalendar import Calendar, Event
from icalendar.prop import vDDDTypes

from sla.composing import Day
from sla.holidays.marked import Marks, marks_of, usual_weekday
from sla.models import CalendarVersion, HolidayDate, HolidaySet
from sla.rules.reading import UNSAVABLE, Problem, ReadingError

ONE_DAY = timedelta(days=1)
LONGEST = 366 * ONE_DAY
MOST_EVENTS = 5_000
YEARLY = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYMONTH", "BYMONTHDAY", "BYDAY", "WKST"}
# A day that ends a second or a minute before midnight is meant to be whole.
MIDNIGHTS = {time(0), time(23, 59), time(23, 59, 59)}
KIND, STANDS_FOR = "X-SHOUYUE-KIND", "X-SHOUYUE-STANDS-FOR"
CHINESE, ENGLISH = "X-SHOUYUE-NAME", "X-SHOUYUE-NAME-EN"


@dataclass
class Taken:
    """What a file gave: its days, and what a reader should know about how it was understood."""

    days: list[Day] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    title: str = ""


class EventError(ValueError):
    """Raised for an event that says no days off; the message is for people."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a file is read for: its name, the year, and the zone whose dates are meant."""

    path: str
    year: int
    zone: ZoneInfo


def read_ics(content: bytes, asked: Asked) -> Taken:
    """Return the days off of one year. Raises ReadingError with every event that cannot be understood.

    All-day events are dates and never converted, whatever the server's zone; timed ones must be whole days of theirs.
    """
    calendar = _parsed(content, asked)
    events = list(calendar.walk("VEVENT"))
    if len(events) > MOST_EVENTS:
        raise ReadingError([Problem(asked.path, 1, "", _("最多 %d 个事件。") % MOST_EVENTS)])
    problems: list[Problem] = []
    found: list[tuple[Marks, date]] = []
    replaced = {_instance(event) for event in events if "RECURRENCE-ID" in event}
    for line, event in zip(_lines_of(content), events, strict=False):
        try:
            marks = marks_of(_text(event, "SUMMARY"), _text(event, "DESCRIPTION"), _properties(event))
            moved = frozenset() if "RECURRENCE-ID" in event else replaced
            found += [(marks, day) for day in _dates(event, asked, moved)]
        except EventError as error:
            problems.append(Problem(asked.path, line, _text(event, "SUMMARY")[:60], str(error)))
    if problems:
        raise ReadingError(problems)
    return _taken(found, asked, str(calendar.get("X-WR-CALNAME", "")).strip()[:120])


def _parsed(content: bytes, asked: Asked) -> Any:
    try:
        calendar = Calendar.from_ical(content)
    except (ValueError, IndexError, KeyError, TypeError, AttributeError) as error:
        raise ReadingError(
            [Problem(asked.path, 1, "", _("这不是日历文件（iCalendar）：%s") % str(error)[:160])]
        ) from error
    if calendar.name != "VCALENDAR":
        raise ReadingError([Problem(asked.path, 1, "", _("这不是日历文件（iCalendar）：应以 BEGIN:VCALENDAR 开头。"))])
    return calendar


def _lines_of(content: bytes) -> list[int]:
    lines = content.decode("utf-8-sig", "replace").splitlines()
    return [number for number, line in enumerate(lines, start=1) if line.strip().upper() == "BEGIN:VEVENT"]


def _text(event: Event, name: str) -> str:
    value = event.get(name, "")
    text = str(value[0] if isinstance(value, list) and value else value)
    return UNSAVABLE.sub("", text).strip()


def _properties(event: Event) -> dict[str, str]:
    return {name: _text(event, name) for name in (KIND, STANDS_FOR, CHINESE, ENGLISH, "STATUS")}


def _dates(event: Event, asked: Asked, moved: Iterable[tuple[str, date]]) -> Iterator[date]:
    """Yield the dates of the year asked for. Raises EventError."""
    if event.errors:
        raise EventError(_("%(name)s 写法有误：%(why)s") % dict(zip(("name", "why"), event.errors[0], strict=True)))
    first, beyond = _span(event, asked.zone)
    if beyond - first > LONGEST:
        raise EventError(_("超过一年。"))
    for start in _starts(event, first, beyond - first, asked):
        if (_text(event, "UID"), start) not in moved:
            days = (start + step * ONE_DAY for step in range((beyond - first).days))
            yield from (day for day in days if day.year == asked.year)


def _span(event: Event, zone: ZoneInfo) -> tuple[date, date]:
    """Return the first date of an event and the one after its last: DTEND is exclusive."""
    start, end = _value(event, "DTSTART"), _value(event, "DTEND")
    if start is None:
        raise EventError(_("缺少 DTSTART。"))
    if end is None:
        lasts = _value(event, "DURATION")
        end = start + lasts if isinstance(lasts, timedelta) else start
    first, beyond = _date(start, zone, is_end=False), _date(end, zone, is_end=True)
    if beyond < first:
        raise EventError(_("DTEND 早于 DTSTART。"))
    return first, max(beyond, first + ONE_DAY)


def _value(event: Event, name: str) -> Any:
    value = event.get(name)
    if value is None:
        return None
    if not hasattr(value, "dt"):
        raise EventError(_("%s 写了两次或写法有误。") % name)
    return value.dt


def _date(value: Any, zone: ZoneInfo, *, is_end: bool) -> date:
    if not isinstance(value, datetime):
        if isinstance(value, date):
            return value
        raise EventError(_("DTSTART 和 DTEND 应为日期。"))
    # UTC means an instant, whose date depends on the place; any other zone says its own date.
    local = value.astimezone(zone) if value.tzinfo and value.utcoffset() == timedelta() else value
    if local.time() not in MIDNIGHTS or (not is_end and local.time() != time(0)):
        raise EventError(_("只是一天中的一段；这样的安排请写成某个服务时间的特别时段。"))
    return local.date() if local.time() == time(0) else local.date() + ONE_DAY


def _starts(event: Event, first: date, length: timedelta, asked: Asked) -> list[date]:
    """Return when an event begins, every time that may touch the year; only yearly rules are understood."""
    skipped = set(_listed(event, "EXDATE", asked.zone))
    starts = {first, *_listed(event, "RDATE", asked.zone)}
    if rule := event.get("RRULE"):
        starts |= set(_by_rule(rule, first, length, asked.year))
    return sorted(starts - skipped)


def _by_rule(rule: Any, first: date, length: timedelta, year: int) -> list[date]:
    if isinstance(rule, list) or rule.get("FREQ") != ["YEARLY"] or set(rule) - YEARLY:
        raise EventError(_("只认每年重复的规则（FREQ=YEARLY）；请导出成一天一条。"))
    # Times of day mean nothing here; an UNTIL with a zone would not compare with a date.
    text = re.sub(r"(UNTIL=\d{8})T\d{6}Z?", r"\1", rule.to_ical().decode())
    try:
        repeated = rrulestr(text, dtstart=datetime.combine(first, time()))
        since = datetime.combine(date(year, 1, 1), time()) - length
        return [at.date() for at in repeated.between(since, datetime(year, 12, 31), inc=True)]  # noqa: DTZ001
    except (ValueError, OverflowError) as error:
        raise EventError(_("重复规则写法有误：%s") % str(error)[:120]) from error


def _listed(event: Event, name: str, zone: ZoneInfo) -> Iterator[date]:
    value = event.get(name, [])
    for one in value if isinstance(value, list) else [value]:
        for stamp in getattr(one, "dts", []):
            yield _date(stamp.dt, zone, is_end=False)


def _instance(event: Event) -> tuple[str, date]:
    """Return which time of a repeated event this one takes the place of."""
    at = event["RECURRENCE-ID"]
    value = at.dt if isinstance(at, vDDDTypes) else None
    day = value.date() if isinstance(value, datetime) else value
    return _text(event, "UID"), day if isinstance(day, date) else date.min


def _taken(found: Sequence[tuple[Marks, date]], asked: Asked, title: str) -> Taken:
    """Return days of the year, each once; where a feed marks days off as such, what is not marked is no day off."""
    taken = Taken(title=title)
    has_marks = any(marks.is_marked for marks, _day in found)
    meant = [(marks, day) for marks, day in found if not marks.is_other and (marks.is_marked or not has_marks)]
    if left := sorted({marks.name for marks, _day in found} - {marks.name for marks, _day in meant}):
        taken.notes.append(_("没有标明放假，未取入：%s。") % _("、").join(left[:12]))
    by_day: dict[date, list[Marks]] = {}
    for marks, day in meant:
        by_day.setdefault(day, []).append(marks)
    problems = [
        Problem(asked.path, 1, str(day), _("既放假又上班。")) for day, told in by_day.items() if _disagree(told)
    ]
    if not by_day:
        problems.append(Problem(asked.path, 1, "", _("文件里没有 %d 年的放假日期。") % asked.year))
    if problems:
        raise ReadingError(problems)
    taken.days = [_day(day, by_day[day], taken.notes) for day in sorted(by_day)]
    return taken


def _disagree(told: Sequence[Marks]) -> bool:
    return len({marks.kind == HolidayDate.Kind.MAKE_UP for marks in told}) > 1


def _day(day: date, told: Sequence[Marks], notes: list[str]) -> Day:
    first = told[0]
    names = list(dict.fromkeys(marks.name for marks in told))
    english = list(dict.fromkeys(marks.name_en for marks in told))
    stands_for = first.stands_for
    if first.kind == HolidayDate.Kind.MAKE_UP and not stands_for:
        stands_for = usual_weekday(day)
        notes.append(_("%(day)s 上班，文件没有写明补哪一天，按最近的工作日计。") % {"day": day})
    return Day(day, first.kind, "、".join(names)[:120], "; ".join(english)[:120], stands_for)


def write_ics(holidays: HolidaySet, *, title: str, english: bool) -> bytes:
    """Return a year's days as a calendar file, which reads back as the same days."""
    calendar = _empty(title)
    for row in holidays.dates.all():
        event = _event(row.date, (row.name_en if english else "") or row.name, holidays)
        extra = {KIND: row.kind, STANDS_FOR: row.stands_for, ENGLISH: row.name_en, CHINESE: row.name}
        for name, value in extra.items():
            if value:
                event.add(name, value)
        event.add("categories", [str(row.kind)])
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _empty(title: str) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", "-//Shouyue//Holidays//ZH")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", title)
    return calendar


def _event(day: date, summary: str, holidays: HolidaySet) -> Event:
    event = Event()
    place = f"{holidays.country}-{holidays.subdivision}" if holidays.subdivision else holidays.country
    event.add("uid", f"{day:%Y%m%d}-{place.lower()}@shouyue")
    event.add("dtstamp", holidays.imported_at)
    event.add("dtstart", day)
    event.add("dtend", day + ONE_DAY)
    event.add("summary", summary)
    event.add("transp", "TRANSPARENT")
    return event


def export_calendar(version: CalendarVersion, *, english: bool = False) -> bytes:
    """Return the dates on which a calendar does not keep its usual week, as a calendar file of all-day events."""
    name = (version.name_en if english else "") or version.name
    calendar = _empty(name)
    calendar.add("x-wr-timezone", version.spec["timezone"])
    for day, words in sorted(_unusual(version)):
        reason = version.reasons.get(day, {})
        called = (reason.get("name_en") if english else "") or reason.get("name", "")
        event = Event()
        event.add("uid", f"{day.replace('-', '')}-{version.code}@shouyue")
        event.add("dtstamp", version.created_at)
        event.add("dtstart", date.fromisoformat(day))
        event.add("dtend", date.fromisoformat(day) + ONE_DAY)
        event.add("summary", " ".join(filter(None, (called, words))))
        event.add("description", (reason.get("source_en") if english else "") or reason.get("source", ""))
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _unusual(version: CalendarVersion) -> Iterator[tuple[str, str]]:
    """Yield each date that is not as its weekday, with what it has instead; special hours come before the rest."""
    spec = version.spec
    special = {row["date"]: row["intervals"] for row in spec["overrides"]}
    worked = {row["date"]: spec["weekly"].get(row["as"], []) for row in spec["extra_open_dates"]}
    closed: dict[str, list[list[str]]] = {day: [] for day in spec["closed_dates"]}
    for day, hours in {**closed, **worked, **special}.items():
        yield day, " ".join("–".join(span) for span in hours) or _("休息")
