"""Days off as people paste them: the words of a published notice, rows of a table, or a line for each special date."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from sla.composing import Day
from sla.holidays.marked import english_of
from sla.holidays.rows import read_rows
from sla.hours import WEEKDAYS
from sla.models import HolidayDate
from sla.rules.reading import Problem, ReadingError
from sla.rules.typed_hours import TypedHoursError, read_typed, stored

Kind = HolidayDate.Kind
ONE_DAY = timedelta(days=1)
LONGEST_BREAK = 40  # days
# "二、春节：2月15日（农历腊月二十八、周日）至23日（周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。"
NOTE = re.compile(r"[（(][^（）()]*[）)]")
ITEM = re.compile(r"^[一二三四五六七八九十\d]+[、.．]\s*([^：:\s]{1,20})[：:]\s*(.+)$")
DATE = re.compile(r"(?:(?P<year>\d{4})年)?(?:(?P<month>\d{1,2})月)?(?P<day>\d{1,2})日")
SENTENCE = re.compile(r"[。；;]")
ISO = re.compile(r"(\d{4}-\d{2}-\d{2})")
RANGE = re.compile(rf"^{ISO.pattern}(?:\s*(?:至|到|~|–|—|\.\.)\s*{ISO.pattern})?\s+(\S+)\s+(.+)$")
HEADER = re.compile(r"(date|日期)\s*[,;\t]", re.IGNORECASE)
SHUT = {"休息", "放假", "关闭", "closed", "off"}


def read_pasted(text: str, year: int, known: Iterable[Day]) -> list[Day]:
    """Return the days of a year; `known` tells which dates are statutory, whatever a notice calls them.

    Raises ReadingError with every line that cannot be understood.
    """
    if any(ITEM.match(line.strip()) for line in text.splitlines()):
        return _of_notice(text, year, {day.date: day for day in known if day.kind == Kind.STATUTORY})
    lines = text.strip().splitlines()
    has_header = bool(lines) and HEADER.match(lines[0]) is not None
    return read_rows(text.strip().encode(), "", year, has_header=has_header)


def _of_notice(text: str, year: int, statutory: Mapping[date, Day]) -> list[Day]:
    problems: list[Problem] = []
    rows: dict[date, Day] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        item = ITEM.match(NOTE.sub("", line.strip()))
        if item is None:
            continue
        try:
            for day in _of_item(item[1], item[2], year, statutory):
                if rows.setdefault(day.date, day) != day:
                    raise ValueError(_("%s 已经出现过。") % day.date)
        except ValueError as error:
            problems.append(Problem("", number, item[1], str(error)))
    if problems:
        raise ReadingError(problems)
    return [rows[day] for day in sorted(rows) if day.year == year]


def _of_item(name: str, words: str, year: int, statutory: Mapping[date, Day]) -> Iterator[Day]:
    """Yield the days of one holiday's paragraph. Raises ValueError in words."""
    off: list[date] = []
    worked: list[date] = []
    for sentence in SENTENCE.split(words):
        if "上班" in sentence:
            worked += [first for first, _last in _spans(sentence, year)]
        elif "放假" in sentence or "调休" in sentence or "休息" in sentence:
            off += [day for span in _spans(sentence, year) for day in _through(*span)]
    if not off:
        raise ValueError(_("没有看懂哪几天放假；应写作“1月1日至3日放假”。"))
    english = english_of(name)
    swapped = [day for day in off if day not in statutory and day.weekday() < 5]
    if len(swapped) != len(worked):
        words_of = {"off": len(swapped), "worked": len(worked)}
        raise ValueError(_("调休放假 %(off)d 天，上班 %(worked)d 天，数目不等，请改成每行一天，逐日写明。") % words_of)
    pays = dict(zip(swapped, sorted(worked), strict=True))
    for day in off:
        yield _day_off(day, name, english, statutory, pays)
    for day, made_up in pays.items():
        weekday = WEEKDAYS[day.weekday()]
        yield Day(made_up, Kind.MAKE_UP, f"{name}调休上班", f"{english}: make-up working day", weekday)


def _day_off(day: date, name: str, english: str, statutory: Mapping[date, Day], pays: Mapping[date, date]) -> Day:
    if day in statutory:
        return statutory[day]
    if day in pays:
        words = f"{name}（调休，{pays[day]} 上班）", f"{english} (off in exchange for {pays[day]})"
        return Day(day, Kind.SWAPPED_OFF, *words)
    return Day(day, Kind.WEEKEND_IN_BREAK, f"{name}（假期内周末）", f"{english} (weekend in the break)")


def _spans(sentence: str, year: int) -> Iterator[tuple[date, date]]:
    """Yield the dates and spans of dates that a sentence names; a day without a month has the one before."""
    month, said = 0, year
    found: list[tuple[date, int]] = []
    for match in DATE.finditer(sentence):
        month = int(match["month"] or month)
        said = int(match["year"] or said)
        try:
            found.append((date(said, month, int(match["day"])), match.start()))
        except ValueError as error:
            raise ValueError(_("没有“%s”这一天。") % match[0]) from error
    row = 0
    while row < len(found):
        first, at = found[row]
        is_span = row + 1 < len(found) and re.search(r"[至到]", sentence[at : found[row + 1][1]]) is not None
        yield first, found[row + 1][0] if is_span else first
        row += 2 if is_span else 1


def _through(first: date, last: date) -> list[date]:
    words = {"first": first, "last": last}
    if last < first:
        raise ValueError(_("%(first)s 至 %(last)s 的先后反了。") % words)
    if (last - first).days >= LONGEST_BREAK:
        raise ValueError(_("%(first)s 至 %(last)s 不像一段假期。") % words)
    return [first + step * ONE_DAY for step in range((last - first).days + 1)]


def read_special(text: str) -> list[dict[str, Any]]:
    """Return dated hours, a line each: `2026-12-31 08:30-12:00 元旦前夕 | New Year's Eve`, 休息 for a day that is shut.

    Raises ReadingError with every line that cannot be understood.
    """
    problems: list[Problem] = []
    rows: list[dict[str, Any]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                rows += _special(line.strip())
            except ValueError as error:
                problems.append(Problem("", number, "", str(error)))
    if problems:
        raise ReadingError(problems)
    return sorted(rows, key=lambda row: row["date"])


def _special(line: str) -> list[dict[str, Any]]:
    found = RANGE.match(line)
    if found is None:
        raise ValueError(_("应写作：日期 时段 名称，如 2026-12-31 08:30-12:00 元旦前夕。"))
    first, last, hours, names = found.groups()
    days = _through(_day_named(first), _day_named(last or first))
    name, _bar, english = (part.strip() for part in names.partition("|"))
    opened = _hours(hours)
    return [
        {"date": day.isoformat(), "hours": opened, "name": name[:120], "name_en": (english or english_of(name))[:120]}
        for day in days
    ]


def _day_named(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(_("没有“%s”这一天。") % text) from error


def _hours(text: str) -> list[list[str]]:
    if text.lower() in SHUT:
        return []
    try:
        read = read_typed(text)
    except TypedHoursError as error:
        raise ValueError(str(error)) from error
    if read.tomorrow:
        raise ValueError(_("特别日期的时段不能过零点；请分两天写。"))
    return stored(tuple(sorted(read.today)))


def special_lines(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return dated hours as such lines."""
    return "\n".join(
        f"{row['date']} {','.join('-'.join(span) for span in row['hours']) or _('休息')} {row['name']}"
        + (f" | {row['name_en']}" if row.get("name_en") else "")
        for row in rows
    )
