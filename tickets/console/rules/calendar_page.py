"""One calendar as its page shows it: the year, one date, what it follows, its versions, and what two differ in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from plans.service_hours import users_in_words
from plans.wording import name_of
from sla import wording
from sla.comparing import DayChange, days_between
from sla.compiled import CompiledCalendar, calendar_of
from sla.holidays.places import place_words
from sla.hours import FIRST_YEAR, LAST_YEAR
from sla.models import CalendarVersion, HolidayDate, HolidaySet, Policy
from sla.rules.dates import DateHours, dates_of, sum_of, year_of
from tickets.console.guard import Reader
from tickets.console.rules.people import people, person_named
from tickets.console.rules.year_grid import date_in_words, hours_words, months_of, patterns_of, runs_of, source_of

FAR_AHEAD = 800  # dates
HOUR = timedelta(hours=1)


def find_version(code: str, number: str = "") -> CalendarVersion:
    """Return a calendar's version, the one in force or else the last where none is named. Raises Http404."""
    rows = CalendarVersion.objects.filter(code=code)
    found = rows.filter(version=int(number)) if number.isdecimal() else rows.order_by("-is_current", "-version")
    version = found.first()
    if version is None:
        raise Http404
    return version


@dataclass(frozen=True)
class Asked:
    """Which year and which date of a calendar somebody wants to see; nonsense is passed over."""

    year: int
    on: date | None

    @classmethod
    def of(cls, asked: Mapping[str, str], today: date) -> "Asked":
        on = _date(asked.get("date", ""))
        said = asked.get("year", "")
        year = int(said) if said.isdecimal() and len(said) == 4 else (on or today).year
        return cls(min(max(year, FIRST_YEAR), LAST_YEAR), on)


def _date(text: str) -> date | None:
    try:
        on = date.fromisoformat(text)
    except ValueError:
        return None
    return on if FIRST_YEAR <= on.year <= LAST_YEAR else None


@dataclass(frozen=True)
class Shown:
    """A calendar's version as its page shows it; each part reads only what it needs."""

    version: CalendarVersion
    reader: Reader
    asked: Asked

    @classmethod
    def of(cls, version: CalendarVersion, reader: Reader, asked: Mapping[str, str]) -> "Shown":
        compiled = calendar_of(version.pk)
        return cls(version, reader, Asked.of(asked, reader.at.astimezone(compiled.zone).date()))

    @cached_property
    def compiled(self) -> CompiledCalendar:
        return calendar_of(self.version.pk)

    @cached_property
    def today(self) -> date:
        return self.reader.at.astimezone(self.compiled.zone).date()

    @cached_property
    def dates(self) -> list[DateHours]:
        return year_of(self.compiled, self.asked.year)

    def whole(self) -> dict[str, Any]:
        """Return what the whole page needs."""
        return {**self.head(), **self.year(), **self.lookup(), **self.followed(), **self.versions()}

    def head(self) -> dict[str, Any]:
        """Return what the head needs: what it is called, how the week goes, and who goes by it."""
        policies = Policy.objects.current().filter(targets__calendar=self.version.code).distinct().order_by("code")
        return {
            "version": self.version,
            "name": name_of(self.version),
            "week": wording.week(self.version.rules["weekly"]),
            "working_day": wording.length(Decimal(self.version.rules["working_day_seconds"])),
            "policies": [{"code": one.code, "name": name_of(one)} for one in policies],
            "users": users_in_words(self.version.code),
            "url": reverse("console:rules:calendar", args=[self.version.code]),
        }

    def year(self) -> dict[str, Any]:
        """Return what the year needs."""
        total = sum_of(self.dates)
        return {
            "year": self.asked.year,
            "years": self.years(),
            "weekdays": list(
                zip(pgettext("weekdays", "一 二 三 四 五 六 日").split(), wording.DAYS.values(), strict=True)
            ),
            "months": months_of(self.dates, self.today, self.asked.on),
            "patterns": patterns_of(self.dates),
            "runs": runs_of(self.dates),
            "total": total,
            "open_hours": f"{total.open_time / HOUR:,.10g}",
        }

    def years(self) -> list[int]:
        """Return the years worth a look: those with dates of their own, this one, the next, and the one shown."""
        dated = {int(on[:4]) for on in self.version.reasons}
        return sorted({*dated, self.today.year, self.today.year + 1, self.asked.year})

    def lookup(self) -> dict[str, Any]:
        """Return what is to be said about the date asked for."""
        if self.asked.on is None:
            return {"on": None}
        day, *later = dates_of(self.compiled, self.asked.on, self.asked.on + timedelta(FAR_AHEAD))
        following = next((each for each in later if each.is_open), None)
        return {
            "on": day,
            "on_words": date_in_words(day),
            "on_hours": hours_words(day.openings),
            "on_source": source_of(day.reason),
            "unworked": self.make_up_rows(date=day.date).first() if day.kind == "closed" else None,
            "next_open": following and date_in_words(following),
        }

    def followed(self) -> dict[str, Any]:
        """Return the holidays that are followed, and the make-up days among them, worked or not."""
        rule = self.version.rules.get("holidays")
        if not rule:
            return {"follows": None, "make_up_days": []}
        place = {"country": rule["country"], "subdivision": rule.get("subdivision", "")}
        sets = HolidaySet.objects.filter(**place, year=self.asked.year)
        return {
            "follows": follows_words(rule),
            "holiday_set": sets.first(),
            "is_make_up_worked": rule["make_up"],
            "make_up_days": [
                {"date": row.date, "name": name_of(row), "stands_for": wording.DAYS[row.stands_for]}
                for row in self.make_up_rows(set__year=self.asked.year)
            ],
        }

    def make_up_rows(self, **narrow: Any) -> QuerySet[HolidayDate]:
        """Return make-up days of the country that is followed, whether they are worked here or not."""
        rule = self.version.rules.get("holidays") or {"country": ""}
        place = {"set__country": rule["country"], "set__subdivision": rule.get("subdivision", "")}
        return HolidayDate.objects.filter(kind=HolidayDate.Kind.MAKE_UP, **place, **narrow)

    def versions(self) -> dict[str, Any]:
        """Return every version, the last in front, each with the one before it."""
        rows = list(
            CalendarVersion.objects.filter(code=self.version.code).order_by("-version").defer("spec", "reasons")
        )
        named = people(row.created_by for row in rows)
        told = [{"row": row, "by": named[row.created_by], "before": row.version - 1} for row in rows]
        return {"versions": told, "retired_by": person_named(self.version.retired_by)}


def follows_words(rule: Mapping[str, Any] | None) -> str:
    """Return which holidays a calendar follows, and how."""
    if not rule:
        return _("不随节假日")
    place = place_words(rule["country"], rule.get("subdivision", ""))
    breaks = _("整个公布的假期") if rule["breaks"] == "whole" else _("只有法定节假日")
    worked = _("调休日照常上班") if rule["make_up"] else _("调休日不上班")
    return _("%(place)s %(breaks)s；%(worked)s") % {"place": place, "breaks": breaks, "worked": worked}


@dataclass(frozen=True)
class Difference:
    """One thing that two versions of a calendar say differently."""

    name: str
    before: str
    after: str


def differences(before: CalendarVersion, after: CalendarVersion) -> list[Difference]:
    """Return what two versions say differently, dates aside."""
    pairs = zip(_said(before), _said(after), strict=True)
    return [Difference(name, old, new) for (name, old), (_name, new) in pairs if old != new]


def _said(version: CalendarVersion) -> Iterable[tuple[str, str]]:
    rules = version.rules
    yield _("名称"), version.name
    yield _("英文名称"), version.name_en
    yield _("时区"), rules["timezone"]
    yield _("每周"), _("；").join(wording.week(rules["weekly"]))
    yield _("一个工作日"), wording.length(Decimal(rules["working_day_seconds"]))
    yield _("节假日"), follows_words(rules.get("holidays"))
    yield _("推定年份"), _("、").join(map(str, version.assumed_years)) or _("无")
    yield _("备注"), version.note
    yield _("英文备注"), version.note_en


def changed_days(before: CalendarVersion, after: CalendarVersion, since: date) -> list[DayChange]:
    """Return the dates whose hours two versions say differently."""
    return days_between(calendar_of(before.pk), calendar_of(after.pk), since)
