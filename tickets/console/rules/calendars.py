"""Service hours: which there are, a year of each, its versions and what two differ in, and a file to take along."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from plans.actions.calendars import retire_calendar
from plans.service_hours import Users, users_by_calendar
from plans.wording import is_english, name_of
from sla import wording
from sla.holidays.ics import export_calendar
from sla.models import CalendarVersion
from sla.refusals import ActionRefusedError
from tickets.console.guard import Reader
from tickets.console.rules.calendar_editor import calendar_edit, calendar_new
from tickets.console.rules.calendar_page import (
    Shown,
    changed_days,
    differences,
    find_version,
    follows_words,
)
from tickets.console.rules.changed_dates import shortened
from tickets.console.rules.guard import readers_only, writers_only
from tickets.console.rules.nav import rules_page
from tickets.console.rules.people import person_named
from tickets.ledger import actor_of

SUBJECT = "calendars"
MOST_DAYS = 120


@require_safe
@readers_only
def calendar_list(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Show every calendar in force, and those that were taken out of use."""
    users = users_by_calendar()
    current = [_row(version, users.get(version.code, Users()), reader) for version in CalendarVersion.objects.current()]
    retired = CalendarVersion.objects.filter(retired_at__isnull=False).exclude(
        code__in=[row["code"] for row in current]
    )
    context = {"calendars": current, "retired": [{"code": row.code, "name": name_of(row)} for row in retired]}
    return rules_page(request, reader, (SUBJECT, "console/rules/calendars.html"), context)


def _row(version: CalendarVersion, users: Users, reader: Reader) -> dict[str, Any]:
    year = reader.at.year
    return {
        "code": version.code,
        "name": name_of(version),
        "zone": version.rules["timezone"],
        "week": wording.week(version.rules["weekly"]),
        "follows": follows_words(version.rules.get("holidays")) if version.rules.get("holidays") else "",
        "users": users.words,
        "version": version.version,
        "assumed": [one for one in version.assumed_years if year <= one <= year + 1],
    }


@require_safe
@readers_only
def calendar_page(request: HttpRequest, reader: Reader, code: str) -> HttpResponse:
    """Show one calendar, or an older version of it."""
    version = find_version(code, request.GET.get("version", ""))
    context = Shown.of(version, reader, request.GET.dict()).whole()
    return rules_page(request, reader, (SUBJECT, "console/rules/calendar.html"), context)


@require_safe
@readers_only
def calendar_changes(request: HttpRequest, reader: Reader, code: str, before: int, after: int) -> HttpResponse:
    """Show what two versions of a calendar differ in."""
    old, new = find_version(code, str(before)), find_version(code, str(after))
    days = changed_days(old, new, reader.at.date())
    context = {
        "before": old,
        "after": new,
        "by": person_named(new.created_by),
        "name": name_of(new),
        "differences": differences(old, new),
        "days": shortened(days, MOST_DAYS),
        "days_total": len(days),
    }
    return rules_page(request, reader, (SUBJECT, "console/rules/calendar_changes.html"), context)


@require_safe
@readers_only
def calendar_ics(request: HttpRequest, reader: Reader, code: str) -> HttpResponse:
    """Answer with the dates of a calendar that are out of the ordinary, as a file that any calendar program reads."""
    version = find_version(code, request.GET.get("version", ""))
    answer = HttpResponse(export_calendar(version, english=is_english()), content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{version.code}-v{version.version}.ics"'
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_POST
@writers_only
def calendar_retire(request: HttpRequest, reader: Reader, code: str) -> HttpResponse:
    """Take a calendar out of use, or say who still goes by it."""
    try:
        retire_calendar(code=code, actor=actor_of(reader.user), at=reader.at)
    except ActionRefusedError as refusal:
        messages.error(request, " ".join([refusal.message, *refusal.ways_on]))
        return redirect("console:rules:calendar", code)
    messages.success(request, _("服务时间 %s 已停用。") % code)
    return redirect("console:rules:calendars")


urlpatterns = [
    path("calendars/", calendar_list, name="calendars"),
    path("new-calendar/", calendar_new, name="calendar_new"),
    path("calendars/<str:code>/", calendar_page, name="calendar"),
    path("calendars/<str:code>/edit/", calendar_edit, name="calendar_edit"),
    path("calendars/<str:code>/changes/<int:before>/<int:after>/", calendar_changes, name="calendar_changes"),
    path("calendars/<str:code>/days.ics", calendar_ics, name="calendar_ics"),
    path("calendars/<str:code>/retire/", calendar_retire, name="calendar_retire"),
]
