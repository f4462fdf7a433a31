"""Days off as the `holidays` package knows them: the one module that asks it, and only when somebody imports."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from importlib import import_module
from importlib.metadata import version
from typing import Any, NamedTuple

import yaml

from sla.actions import Day, Year
from sla.holidays.places import HERE, Country, country_named
from sla.hours import WEEKDAYS
from sla.models import HolidayDate, HolidaySet

ESTIMATED = re.compile(r" \((?:observed, )?estimated\)")
IN_LIEU = re.compile(r" \((?:in lieu|observed)\)")
ADDED = " (additional holiday)"
LIEU_EN = " (in lieu)"
EVE = "Lunar New Year's Eve"
SWAPPED = re.compile(r"substituted from (\d\d)/(\d\d)/(\d{4})")
ONE_DAY = timedelta(days=1)
VERSION = f"holidays {version('holidays')}"
SOURCE = f"python-{VERSION}"
# What the package calls its kinds of days off.
CATEGORIES = {"public": "公共假日", "optional": "公众假期", "government": "共同休假", "bank": "银行假日"}


class Name(NamedTuple):
    """What a day off is called."""

    zh: str
    en: str


class Offs:
    """What the package lists around one year: days off by name, what swapped days are worked for, which is a guess."""

    def __init__(self, country: Country, subdivision: str, year: int, categories: list[str]) -> None:
        self.country = country
        # Names follow the process's locale unless a language is said; runs of days off cross New Year.
        self.listed = _package().country_holidays(
            country.country,
            subdiv=subdivision or None,
            years=range(year - 1, year + 2),
            language="en_US",
            categories=tuple(categories),
        )
        self.named: dict[date, Name] = {}
        # The holidays that a break is called after: not a day in lieu of one, nor the eve.
        self.lends_name: dict[date, Name] = {}
        self.worked_for: dict[date, date] = {}
        self.estimated: set[date] = set()
        for day, text in sorted(self.listed.items()):
            self._take_in(day, text)

    def _take_in(self, day: date, text: str) -> None:
        if ESTIMATED.search(text):
            self.estimated.add(day)
        if swapped := SWAPPED.search(text):
            month, of_month, year = map(int, swapped.groups())
            self.worked_for[day] = date(year, month, of_month)
            return
        names = [part for part in text.split("; ") if part not in self.country.leave_out]
        if names:
            self.named[day] = name = _joined(self.country.country, names)
            if LIEU_EN not in name.en and not name.en.endswith(EVE):
                self.lends_name[day] = Name(name.zh.split("（")[0], name.en.split(" (")[0])

    def is_off(self, day: date) -> bool:
        """Tell whether nobody works: a day off, or a weekend that is not worked to make up for one."""
        if day in self.named or day in self.worked_for:
            return True
        return bool(self.listed.is_weekend(day)) and day not in self.worked_for.values()

    def break_of(self, day: date) -> Name | None:
        """Return the nearest holiday in the unbroken run of days off around a day, the earlier of two."""
        found = [(abs(other - day), other) for other in (*self._along(day, -ONE_DAY), *self._along(day, ONE_DAY))]
        return self.lends_name[min(found)[1]] if found else None

    def _along(self, day: date, step: timedelta) -> Iterator[date]:
        """Yield the first holiday in one direction, if nothing but days off lie before it."""
        day += step
        while self.is_off(day):
            if day in self.lends_name:
                yield day
                return
            day += step


@cache
def _package() -> Any:
    """Return the package, loaded when it is first asked: it is large, and most processes never import a year."""
    return import_module("holidays")


@cache
def _table() -> dict[str, Any]:
    written: dict[str, Any] = yaml.safe_load((HERE / "names.yaml").read_text(encoding="utf-8"))
    return written


def _joined(country: str, parts: list[str]) -> Name:
    names = list(dict.fromkeys(_name(country, part) for part in parts))
    return Name("、".join(name.zh for name in names), "; ".join(name.en for name in names))


def _name(country: str, text: str) -> Name:
    """Return the names of one holiday; a name that the table does not have stands for itself in both languages."""
    in_lieu, added = bool(IN_LIEU.search(text) or (", estimated" in text and "observed" in text)), ADDED in text
    bare = IN_LIEU.sub("", ESTIMATED.sub("", text)).replace(ADDED, "")
    zh, *better = _table().get(country, {}).get(bare) or _table().get(bare) or [bare]
    en = better[0] if better else bare.replace("Labor", "Labour")
    zh += "（增加假日）" * added + "（补休）" * in_lieu
    return Name(zh, en + ADDED * added + LIEU_EN * in_lieu)


def year_from_package(country: str, subdivision: str, year: int, *, breaks: str = "whole") -> Year:
    """Return a country's days off in a year, the whole announced break or the statutory days only.

    A year past what was published, or with an estimated date, is assumed: its statutory days alone, no swapped ones.
    Raises UnknownPlaceError.
    """
    place = country_named(country, subdivision)
    asked = place.categories[breaks]
    offs = Offs(place, subdivision, year, asked)
    is_guess = year > place.published_through or any(day.year == year for day in offs.estimated)
    rows = {day.date: day for day in _rows(offs, whole=breaks == "whole" and not is_guess)}
    if place.leave and breaks == "whole":
        leave = Offs(place, subdivision, year, [place.leave])
        asked = [*asked, place.leave]
        taken = HolidayDate.Kind.SWAPPED_OFF
        rows = {day: Day(day, taken, name.zh, name.en) for day, name in leave.named.items()} | rows
    source = _source(place, year, asked, is_guess=is_guess)
    return Year(
        country=country,
        subdivision=subdivision,
        year=year,
        status=HolidaySet.Status.ASSUMED if is_guess else HolidaySet.Status.PUBLISHED,
        source=source.zh,
        source_en=source.en,
        dates=tuple(row for day, row in sorted(rows.items()) if day.year == year),
        origin=HolidaySet.Origin.PACKAGE,
        categories=", ".join(asked),
        package=VERSION,
    )


def _source(place: Country, year: int, asked: list[str], *, is_guess: bool) -> Name:
    """Return where a year comes from: its notice where one is known, else the package and what it was asked for."""
    if not is_guess and year in place.notices:
        return Name(place.notices[year], place.notices_en.get(year, ""))
    if is_guess and place.assumed_source:
        return Name(f"{place.assumed_source}（{SOURCE}）", f"{place.assumed_source_en} ({SOURCE})")
    kinds = "、".join(CATEGORIES[category] for category in asked)
    listed = Name(f"{SOURCE} 所列{place.name}{kinds}", f"{SOURCE}, {place.name_en}, {' + '.join(asked)} holidays")
    return Name(f"{listed.zh}，尚未公布", f"{listed.en}; not announced yet") if is_guess else listed


def _rows(offs: Offs, *, whole: bool) -> Iterator[Day]:
    """Yield the days off, and with the whole break its swapped days, its weekends, and what is worked for them."""
    kinds = HolidayDate.Kind
    for day, name in offs.named.items():
        yield Day(day, kinds.STATUTORY, name.zh, name.en)
    if not whole:
        return
    for day, worked in offs.worked_for.items():
        name = offs.break_of(day) or Name("调休", "Swapped day")
        yield Day(
            day, kinds.SWAPPED_OFF, f"{name.zh}（调休，{worked} 上班）", f"{name.en} (off in exchange for {worked})"
        )
        paid = WEEKDAYS[day.weekday()]
        yield Day(worked, kinds.MAKE_UP, f"{name.zh}调休上班", f"{name.en}: make-up working day", paid)
    if offs.country.announces_breaks:
        yield from _weekends(offs)


def _weekends(offs: Offs) -> Iterator[Day]:
    """Yield the weekend days inside a run of days off that holds a holiday, but for those that only adjoin it."""
    around = {day + step * ONE_DAY for day in (*offs.named, *offs.worked_for) for step in (-2, -1, 1, 2)}
    inside = around - offs.named.keys() - offs.worked_for.keys() - set(offs.country.adjoining)
    for day in sorted(inside):
        name = offs.break_of(day) if offs.is_off(day) else None
        if name:
            names = f"{name.zh}（假期内周末）", f"{name.en} (weekend in the break)"
            yield Day(day, HolidayDate.Kind.WEEKEND_IN_BREAK, *names)
