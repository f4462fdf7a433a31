"""Days off: which years of which places are known, one year of one place, and files to take along."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from plans.wording import is_english, name_of, text_of
from sla.holidays.ics import write_ics
from sla.holidays.places import COUNTRIES, place_code, place_words
from sla.holidays.rows import write_rows
from sla.models import CalendarVersion, HolidayDate, HolidaySet
from tickets.console.guard import Reader
from tickets.console.rules.guard import may_write, readers_only
from tickets.console.rules.holiday_import import import_page
from tickets.console.rules.holiday_words import kind_words
from tickets.console.rules.nav import rules_page

SUBJECT = "holidays"
Kind = HolidayDate.Kind


@require_safe
@readers_only
def holiday_matrix(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Show every place with every year, published or assumed, and what is still missing."""
    sets = sorted(HolidaySet.objects.all(), key=_in_our_order)
    years = sorted({row.year for row in sets} | {reader.at.year, reader.at.year + 1})
    followers = _followers()
    missing = _missing(sets, followers, reader.at.year + 1)
    context = {
        "years": years,
        "this_year": reader.at.year,
        "countries": [
            _country(code, rows, years, followers) for code, rows in groupby(sets, key=lambda row: row.country)
        ],
        "assumed_ahead": _("、").join(missing),
        "next_year": reader.at.year + 1,
    }
    return rules_page(request, reader, (SUBJECT, "console/rules/holidays.html"), context)


def _in_our_order(row: HolidaySet) -> tuple[int, str, str, int]:
    known = list(COUNTRIES)
    place = known.index(row.country) if row.country in COUNTRIES else len(known)
    return place, row.country, row.subdivision, row.year


def _country(
    code: str, rows: Iterable[HolidaySet], years: list[int], followers: dict[str, list[CalendarVersion]]
) -> dict[str, Any]:
    parts = [_place(place, list(sets), years, followers) for place, sets in groupby(rows, key=_place_of)]
    known = COUNTRIES.get(code)
    return {"code": code, "name": place_words(code), "note": text_of(known, "note") if known else "", "places": parts}


def _place_of(row: HolidaySet) -> tuple[str, str]:
    return row.country, row.subdivision


def _place(
    place: tuple[str, str], sets: list[HolidaySet], years: list[int], followers: dict[str, list[CalendarVersion]]
) -> dict[str, Any]:
    known = {row.year: row for row in sets}
    code = place_code(*place)
    return {
        "code": code,
        "name": place_words(*place),
        "cells": [{"year": year, "row": known.get(year)} for year in years],
        "calendars": [{"code": one.code, "name": name_of(one)} for one in followers.get(code, [])],
    }


def _followers() -> dict[str, list[CalendarVersion]]:
    """Return the calendars in force by the place whose days off they follow."""
    found: dict[str, list[CalendarVersion]] = {}
    for version in CalendarVersion.objects.current().defer("spec", "reasons"):
        if rule := version.rules.get("holidays"):
            found.setdefault(place_code(rule["country"], rule.get("subdivision", "")), []).append(version)
    return found


def _missing(sets: list[HolidaySet], followers: dict[str, list[CalendarVersion]], year: int) -> list[str]:
    """Return the places that calendars follow and whose days off of a year nobody has published."""
    published = HolidaySet.Status.PUBLISHED
    done = {place_code(*_place_of(row)) for row in sets if row.year == year and row.status == published}
    return [place_words(*code.partition("-")[::2]) for code in sorted(followers) if code not in done]


def find_set(place: str, year: int) -> HolidaySet:
    """Return a place's year. Raises Http404."""
    country, _dash, subdivision = place.partition("-")
    rows = HolidaySet.objects.prefetch_related("dates")
    found = rows.filter(country=country, subdivision=subdivision, year=year).first()
    if found is None:
        raise Http404
    return found


@require_safe
@readers_only
def holiday_year(request: HttpRequest, reader: Reader, place: str, year: int) -> HttpResponse:
    """Show a place's year date by date, and where it comes from."""
    row = find_set(place, year)
    dates = list(row.dates.all())
    others = HolidaySet.objects.filter(country=row.country, subdivision=row.subdivision)
    known = COUNTRIES.get(row.country)
    context = {
        "place": place,
        "name": place_words(row.country, row.subdivision),
        "row": row,
        "years": sorted(others.values_list("year", flat=True)),
        "dates": [_shown(day) for day in dates],
        "figures": [(kind.label, sum(day.kind == kind for day in dates)) for kind in Kind],
        "calendars": [{"code": one.code, "name": name_of(one)} for one in _followers().get(place, [])],
        "note": text_of(known, "note") if known else "",
        "may_write": may_write(reader.user),
    }
    return rules_page(request, reader, (SUBJECT, "console/rules/holiday_year.html"), context)


def _shown(day: HolidayDate) -> dict[str, Any]:
    return {"date": day.date, "kind": day.kind, "label": kind_words(day), "name": name_of(day)}


@require_safe
@readers_only
def holiday_ics(request: HttpRequest, reader: Reader, place: str, year: int) -> HttpResponse:
    """Answer with a place's year as a calendar file, which can be taken in again."""
    row = find_set(place, year)
    title = f"{place_words(row.country, row.subdivision)} {year}"
    return _file(write_ics(row, title=title, english=is_english()), f"{place}-{year}.ics", "text/calendar")


@require_safe
@readers_only
def holiday_csv(request: HttpRequest, reader: Reader, place: str, year: int) -> HttpResponse:
    """Answer with a place's year as a table, which can be edited and taken in again."""
    return _file(write_rows(find_set(place, year).dates.all()), f"{place}-{year}.csv", "text/csv")


def _file(content: bytes, name: str, kind: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=f"{kind}; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "private, no-store"
    return answer


urlpatterns = [
    path("holidays/", holiday_matrix, name="holidays"),
    path("holidays/import/", import_page, name="holiday_import"),
    path("holidays/<str:place>/<int:year>/", holiday_year, name="holiday_year"),
    path("holidays/<str:place>/<int:year>/days.ics", holiday_ics, name="holiday_ics"),
    path("holidays/<str:place>/<int:year>/days.csv", holiday_csv, name="holiday_csv"),
]
