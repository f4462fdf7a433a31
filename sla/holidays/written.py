"""Days off as YAML: one file a country and year; states that share dates share their rows."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml
from django.utils.translation import gettext as _

from sla.composing import Day, Year
from sla.hours import WEEKDAYS
from sla.models import HolidayDate, HolidaySet
from sla.rules.reading import Field, Place, choice, day, list_of, mapping, number, refuse_inside, text

DATE = mapping({
    "date": Field(day),
    "kind": Field(choice(HolidayDate.Kind.values)),
    "name": Field(text(120)),
    "name_en": Field(text(120)),
    "stands_for": Field(choice(WEEKDAYS), ""),
    "in": Field(list_of(text(8)), None),
})  # fmt: skip
YEAR = mapping({
    "country": Field(text(2)),
    "subdivision": Field(text(8), ""),
    "subdivisions": Field(list_of(text(8)), None),
    "year": Field(number(2000, 2100)),
    "status": Field(choice(HolidaySet.Status.values)),
    "source": Field(text(200)),
    "source_en": Field(text(200, empty=True), ""),
    "categories": Field(text(120, empty=True), ""),
    "package": Field(text(80, empty=True), ""),
    "dates": Field(list_of(DATE)),
})  # fmt: skip


AFTER_SOURCE = ("source_en", "categories", "package")


def years(node: yaml.Node, place: Place) -> list[Year]:
    """Return what one file says, a year for each state that it names; nothing after noting what is wrong."""
    before = len(place.problems)
    read = YEAR(node, place)
    parts = read["subdivisions"] or [read["subdivision"] or ""]
    for path, message in _mistakes(read, parts):
        refuse_inside(node, place, path, message)
    if len(place.problems) > before:
        return []
    return [_year(read, part) for part in parts]


def _mistakes(read: Mapping[str, Any], parts: Sequence[str]) -> Iterator[tuple[str, str]]:
    seen: set[tuple[Any, str]] = set()
    for nth, row in enumerate(read["dates"] or [], start=1):
        if not row.get("date"):
            continue
        for message in _row_mistakes(row, read["year"], parts):
            yield f"dates.{nth}", message
        here = {(row["date"], part) for part in row["in"] or parts}
        if here & seen:
            yield f"dates.{nth}", _("重复：%s 已经出现过。") % row["date"]
        seen |= here


def _row_mistakes(row: Mapping[str, Any], year: int | None, parts: Sequence[str]) -> Iterator[str]:
    if row["date"].year != year:
        yield _("这一天不在 %d 年。") % (year or 0)
    if (row["kind"] == HolidayDate.Kind.MAKE_UP) != bool(row["stands_for"]):
        yield _("调休上班日（且只有它）要写明代替星期几。")
    if strange := set(row["in"] or ()) - set(parts):
        yield _("文件的 subdivisions 里没有：%s。") % _("、").join(sorted(strange))


def _year(read: Mapping[str, Any], part: str) -> Year:
    plain = {name: read[name] for name in ("country", "year", "status", "source", "source_en", "categories", "package")}
    rows = sorted((row for row in read["dates"] if part in (row["in"] or [part])), key=lambda row: row["date"])
    dates = tuple(Day(**{name: value for name, value in row.items() if name != "in"}) for row in rows)
    return Year(**plain, subdivision=part, dates=dates, origin=HolidaySet.Origin.SHIPPED)


def written(given: Sequence[Year]) -> str:
    """Return one country's year as such a file; of several states, rows that agree are written once."""
    held: dict[Day, list[str]] = {}
    for year in given:
        for row in year.dates:
            held.setdefault(row, []).append(year.subdivision)
    order = sorted(held, key=lambda row: (row.date, held[row]))
    rows = [_row(row, held[row] if len(held[row]) < len(given) else []) for row in order]
    return "\n".join([*_head(given), "dates:", *rows]) + "\n"


def _head(given: Sequence[Year]) -> list[str]:
    first, parts = given[0], [year.subdivision for year in given if year.subdivision]
    return [
        f"country: {first.country}",
        *([f"subdivision: {_text(parts[0])}"] if len(parts) == 1 else []),
        *([f"subdivisions: {_text(parts)}"] if len(parts) > 1 else []),
        f"year: {first.year}",
        f"status: {first.status}",
        f"source: {_text(first.source)}",
        *[f"{name}: {_text(getattr(first, name))}" for name in AFTER_SOURCE if getattr(first, name)],
    ]


def _row(row: Day, parts: list[str]) -> str:
    said = [f"date: {row.date}", f"kind: {row.kind}", f"name: {_text(row.name)}", f"name_en: {_text(row.name_en)}"]
    said += [f"stands_for: {row.stands_for}"] if row.stands_for else []
    said += [f"in: {_text(parts)}"] if parts else []
    return f"  - {{{', '.join(said)}}}"


def _text(value: Any) -> str:
    """Return text or a list of it as YAML, which reads JSON's."""
    return json.dumps(value, ensure_ascii=False)
