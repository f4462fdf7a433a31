"""Calendars as the engine reads them: an administrator's rules with the holidays laid in. Nothing is saved here."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from operator import attrgetter
from typing import Any

from django.utils.translation import gettext as _

from sla.compiled import CompiledCalendar, calendar_of
from sla.models import CalendarVersion, HolidayDate, HolidaySet

# Years after the last one that is known at all are as uncertain as an assumed one.
YEARS_AHEAD = 10
BREAKS = {
    "whole": (HolidayDate.Kind.STATUTORY, HolidayDate.Kind.SWAPPED_OFF, HolidayDate.Kind.WEEKEND_IN_BREAK),
    "statutory": (HolidayDate.Kind.STATUTORY,),
}


@dataclass(frozen=True, slots=True)
class Day:
    """One date of a holiday set."""

    date: date
    kind: str
    name: str
    name_en: str = ""
    stands_for: str = ""


@dataclass(frozen=True, slots=True)
class Year:
    """The holidays of a country, or of one part of it, in one year."""

    country: str
    year: int
    status: str
    source: str
    dates: tuple[Day, ...]
    subdivision: str = ""
    # As in `HolidaySet`: who brought it in, what was asked for, and the package or file with its version.
    origin: str = HolidaySet.Origin.NOTICE
    categories: str = ""
    package: str = ""
    # What readers of English are told; blank: the source as it is.
    source_en: str = ""


@dataclass(frozen=True, slots=True)
class Hours:
    """A calendar as an administrator enters it; `rules` as in `CalendarVersion.rules`."""

    code: str
    name: str
    name_en: str
    rules: Mapping[str, Any]
    note: str = ""
    note_en: str = ""


@dataclass(frozen=True)
class Composed:
    """A calendar as it would be saved: `kept` is the version in force, `content` the fields of the next one."""

    code: str
    kept: CalendarVersion | None
    content: dict[str, Any]
    digest: str

    @property
    def is_changed(self) -> bool:
        """Tell whether it differs from the version in force."""
        return self.kept is None or self.kept.digest != self.digest

    @cached_property
    def before(self) -> CompiledCalendar | None:
        """Return the version in force, ready to compute with; None for a calendar that is new."""
        return calendar_of(self.kept.pk) if self.kept else None

    @cached_property
    def after(self) -> CompiledCalendar:
        """Return what would be in force, ready to compute with. Raises CalendarError for hours that make no sense."""
        version = self.kept.version + 1 if self.kept else 1
        return CompiledCalendar(CalendarVersion(code=self.code, version=version, digest=self.digest, **self.content))


def digest(content: Any) -> str:
    """Return the sha256 of a value's canonical JSON."""
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, date):
        return value.isoformat()
    return dict(value)


def hours_of(version: CalendarVersion) -> Hours:
    """Return a stored calendar as an administrator entered it."""
    return Hours(version.code, version.name, version.name_en, version.rules, version.note, version.note_en)


def years_known(**place: str) -> list[Year]:
    """Return the holidays of every country's year as they are stored, or of one `country` and `subdivision`."""
    return [_year_of(row) for row in HolidaySet.objects.filter(**place).prefetch_related("dates")]


def _year_of(row: HolidaySet) -> Year:
    dates = tuple(Day(day.date, day.kind, day.name, day.name_en, day.stands_for) for day in row.dates.all())
    return Year(
        country=row.country, year=row.year, status=row.status, source=row.source, dates=dates,
        subdivision=row.subdivision, origin=row.origin, categories=row.categories, package=row.package,
        source_en=row.source_en,
    )  # fmt: skip


def composed(calendars: Iterable[Hours], years: Collection[Year]) -> list[Composed]:
    """Compose calendars, and all in force that follow holidays, with the holidays of `years`.

    Raises LookupError when a calendar follows a country whose holidays are not known.
    """
    kept = {row.code: row for row in CalendarVersion.objects.current()}
    given = {hours.code: hours for hours in calendars}
    others = [hours_of(row) for code, row in sorted(kept.items()) if row.rules.get("holidays") and code not in given]
    return [_composed(hours, years, kept.get(hours.code)) for hours in [*given.values(), *others]]


def _composed(hours: Hours, years: Collection[Year], kept: CalendarVersion | None) -> Composed:
    content: dict[str, Any] = {"name": hours.name, "name_en": hours.name_en, "rules": hours.rules, "note": hours.note}
    # Left out where missing: a digest is of what is said.
    content |= {"note_en": hours.note_en} if hours.note_en else {}
    content |= compose(hours.rules, years)
    return Composed(hours.code, kept, content, digest(content))


def compose(rules: Mapping[str, Any], years: Iterable[Year]) -> dict[str, Any]:
    """Lay the holidays into a calendar's rules; return its spec, the reason of each date, and the assumed years."""
    followed = _followed(rules.get("holidays"), years)
    dates = [(row, day) for row in followed for day in sorted(row.dates, key=attrgetter("date"))]
    kinds = BREAKS[rules["holidays"]["breaks"]] if followed else ()
    closed = [(row, day) for row, day in dates if day.kind in kinds]
    worked = [(row, day) for row, day in dates if day.kind == HolidayDate.Kind.MAKE_UP and rules["holidays"]["make_up"]]
    return {
        "spec": {
            "timezone": rules["timezone"],
            "weekly": rules["weekly"],
            "working_day_seconds": rules["working_day_seconds"],
            "closed_dates": [day.date.isoformat() for _row, day in closed],
            "extra_open_dates": [{"date": day.date.isoformat(), "as": day.stands_for} for _row, day in worked],
            "overrides": [{"date": row["date"], "intervals": row["hours"]} for row in rules["special"]],
        },
        "reasons": _reasons(closed + worked, rules["special"]),
        "assumed_years": _assumed(followed),
    }


def _followed(holidays: Mapping[str, Any] | None, years: Iterable[Year]) -> list[Year]:
    if not holidays:
        return []
    place = (holidays["country"], holidays.get("subdivision", ""))
    followed = sorted((row for row in years if (row.country, row.subdivision) == place), key=lambda row: row.year)
    if not followed:
        raise LookupError(_("没有 %s 的节假日。") % "-".join(part for part in place if part))
    return followed


def _reasons(dates: Iterable[tuple[Year, Day]], special: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    told = {
        day.date.isoformat(): {"name": day.name, "name_en": day.name_en} | _sources(row.source, row.source_en)
        for row, day in dates
    }
    return told | {
        row["date"]: {"name": row["name"], "name_en": row["name_en"]}
        | _sources(row["source"], row.get("source_en", ""))
        for row in special
    }


def _sources(source: str, source_en: str) -> dict[str, str]:
    return {"source": source, "source_en": source_en} if source_en else {"source": source}


def _assumed(years: Sequence[Year]) -> list[int]:
    if not years:
        return []
    last = years[-1].year
    published = {row.year for row in years if row.status == HolidaySet.Status.PUBLISHED}
    # A year that was passed over is as uncertain as one to come.
    return [year for year in range(years[0].year, last + 1 + YEARS_AHEAD) if year not in published]
