"""Days off as rows (CSV): `date,kind,name,name_en,stands_for`; mistakes are told by line and column."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext as _

from sla.composing import Day
from sla.holidays.marked import english_of
from sla.holidays.places import is_english
from sla.hours import WEEKDAYS
from sla.models import HolidayDate
from sla.rules.reading import UNSAVABLE, Problem, ReadingError, meant

COLUMNS = ("date", "kind", "name", "name_en", "stands_for")
NEEDED = ("date", "kind", "name")
HEADS = dict(zip(("日期", "类别", "名称", "英文名称", "补哪一天"), COLUMNS, strict=True))
MOST_ROWS = 400
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
KINDS_ZH = ("法定节假日", "调休放假", "假期内周末", "调休上班")
# What people call the kinds, in both languages, beside their codes.
KINDS = {
    **{kind: kind for kind in HolidayDate.Kind.values},
    **dict(zip(KINDS_ZH, ("statutory", "swapped_off", "weekend_in_break", "make_up"), strict=True)),
    **{"放假": "statutory", "休": "statutory", "上班": "make_up", "班": "make_up"},
}
WEEKDAYS_ZH = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
DAYS = {
    **{day: day for day in WEEKDAYS},
    **dict(zip(WEEKDAYS_ZH, WEEKDAYS, strict=True)),
}


def read_rows(content: bytes, path: str, year: int, *, has_header: bool = True) -> list[Day]:
    """Return the days of one year; without a header the columns stand in their order.

    Raises ReadingError with every mistake by its line and column.
    """
    problems: list[Problem] = []
    columns = None if has_header else COLUMNS
    table = csv.DictReader(io.StringIO(_decoded(content), newline=""), columns, dialect=_dialect(content))
    header = [_column(name or "") for name in table.fieldnames or []]
    table.fieldnames = header
    for name in NEEDED:
        if name not in header:
            problems.append(Problem(path, 1, name, _("第一行缺少这一列。列名：%s") % ",".join(COLUMNS)))
    if problems:
        raise ReadingError(problems)
    days = list(_days(table, Sheet(path, year, problems)))
    if not days and not problems:
        problems.append(Problem(path, 1, "", _("没有任何日期。")))
    if problems:
        raise ReadingError(problems)
    return sorted(days, key=lambda day: day.date)


def _column(name: str) -> str:
    """Return which column a head means, in either language."""
    plain = name.strip().lower()
    return HEADS.get(plain, plain)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Where mistakes of one table are noted, and the dates seen so far with their lines."""

    path: str
    year: int
    problems: list[Problem]
    seen: dict[date, int] = field(default_factory=dict)

    def refuse(self, line: int, column: str, message: str) -> None:
        """Note a mistake."""
        self.problems.append(Problem(self.path, line, column, message))


def _decoded(content: bytes) -> str:
    """Return text as UTF-8, or as spreadsheets in China save it."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030", "replace")


def _dialect(content: bytes) -> type[csv.Dialect]:
    head = _decoded(content).partition("\n")[0]
    counted = {sign: head.count(sign) for sign in (",", ";", "\t")}
    delimiter = max(counted, key=lambda sign: counted[sign])
    return type("Found", (csv.excel,), {"delimiter": delimiter})


def _days(table: "csv.DictReader[str]", sheet: Sheet) -> Iterator[Day]:
    for row in table:
        line = table.line_num
        cells = {name: _plain(row.get(name) or "") for name in COLUMNS}
        if None in row:
            sheet.refuse(line, "", _("这一行的格子比表头多。"))
        if line > MOST_ROWS:
            sheet.refuse(line, "", _("最多 %d 行。") % MOST_ROWS)
            return
        if any(cells.values()):
            before = len(sheet.problems)
            day = _day(cells, line, sheet)
            if len(sheet.problems) == before:
                yield day


def _plain(cell: str) -> str:
    """Return a cell without the mark that keeps a spreadsheet from running it."""
    text = cell.strip()
    return text[1:] if text[:1] == "'" and text[1:2] in FORMULA else text


def _day(cells: Mapping[str, str], line: int, sheet: Sheet) -> Day:
    on = _date(cells["date"], line, sheet)
    kind = KINDS.get(cells["kind"].lower(), "")
    if not kind:
        sheet.refuse(line, "kind", _strange(cells["kind"], list(HolidayDate.Kind.values), KINDS_ZH))
    stands_for = DAYS.get(cells["stands_for"].lower()[:3], "")
    if cells["stands_for"] and not stands_for:
        sheet.refuse(line, "stands_for", _strange(cells["stands_for"], list(WEEKDAYS), WEEKDAYS_ZH))
    elif kind and (kind == HolidayDate.Kind.MAKE_UP) != bool(stands_for):
        sheet.refuse(line, "stands_for", _("调休上班日（且只有它）要写明代替星期几。"))
    for column in ("name", "name_en"):
        if UNSAVABLE.search(cells[column]):
            sheet.refuse(line, column, _("含有不能保存的字符。"))
        if len(cells[column]) > 120:
            sheet.refuse(line, column, _("最长 %d 个字符。") % 120)
    if not cells["name"]:
        sheet.refuse(line, "name", _("不能为空。"))
    return Day(on, kind, cells["name"], cells["name_en"] or english_of(cells["name"]), stands_for)


def _strange(word: str, codes: list[str], chinese: tuple[str, ...]) -> str:
    """Return that a word is not known and which are, in the script that it is written in."""
    known = codes if word.isascii() and (word or is_english()) else list(chinese)
    return _("不认识“%s”。") % word + meant(word, known)


def _date(text: str, line: int, sheet: Sheet) -> date:
    try:
        on = date(*(int(part) for part in text.replace("/", "-").replace(".", "-").split("-", 2)))
    except (ValueError, TypeError, OverflowError):
        sheet.refuse(line, "date", _("应为日期，如 2026-10-01。"))
        return date.min
    if on.year != sheet.year:
        sheet.refuse(line, "date", _("这一天不在 %d 年。") % sheet.year)
    elif on in sheet.seen:
        sheet.refuse(line, "date", _("%(day)s 在第 %(line)d 行已经出现过。") % {"day": on, "line": sheet.seen[on]})
    sheet.seen.setdefault(on, line)
    return on


def write_rows(days: Iterable[Day | HolidayDate]) -> bytes:
    """Return days as such a table, marked as UTF-8 so that spreadsheets read it; formulas are made harmless."""
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(COLUMNS)
    for day in days:
        cells = [day.date.isoformat(), str(day.kind), day.name, day.name_en, day.stands_for]
        table.writerow([f"'{cell}" if cell[:1] in FORMULA else cell for cell in cells])
    return text.getvalue().encode("utf-8-sig")
