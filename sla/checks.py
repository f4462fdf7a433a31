"""System checks of what the engine is to measure by: `manage.py check --database default`."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections
from django.db.utils import DatabaseError
from django.utils.translation import gettext as _

from sla.calendar import Calendar, CalendarError
from sla.clock import database_now
from sla.models import CalendarVersion, HolidaySet, Target

# A Chinese notice comes between late October and early December.
REMIND_FROM = (11, 1)
ALARM_FROM = (12, 15)


@register(Tags.database)
def check_promises(
    app_configs: Sequence[AppConfig] | None, databases: Iterable[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Return what is wrong with the calendars and policies in force; nothing before the first migration."""
    if "default" not in (databases or ()):
        return []
    if CalendarVersion._meta.db_table not in connections["default"].introspection.table_names():
        return []
    try:
        return [*closed_calendars(), *lost_targets(), *unpublished_years(database_now().date())]
    except DatabaseError as error:
        return [Error(str(error), hint=_("先执行 migrate。"), id="sla.E000")]


def closed_calendars() -> Iterator[CheckMessage]:
    """Find calendars in force that cannot be understood or never open. Source: C33"""
    for version in CalendarVersion.objects.current():
        try:
            opens = Calendar.from_spec(version.spec).opens_within_a_year
        except CalendarError as error:
            yield Error(str(error), obj=version, id="sla.E001")
            continue
        if not opens:
            hint = _("为它写上每周的开放时间，或停用以它计时的响应标准。")
            yield Error(_("服务时间 %s 一年之内从不开放。") % version.code, hint=hint, obj=version, id="sla.E001")


def lost_targets() -> Iterator[CheckMessage]:
    """Find targets in force whose calendar has no version in force."""
    codes = CalendarVersion.objects.current().values("code")
    for target in Target.objects.filter(policy__is_current=True).exclude(calendar__in=codes).select_related("policy"):
        names = {"policy": target.policy.code, "calendar": target.calendar}
        message = _("响应标准 %(policy)s 所用的服务时间 %(calendar)s 不存在。") % names
        yield Error(message, hint=_("执行 manage.py load_plans。"), obj=target, id="sla.E002")


def unpublished_years(today: date) -> Iterator[CheckMessage]:
    """Find countries in use whose next year is still assumed: a reminder from November, an alarm from mid-December."""
    if (today.month, today.day) < REMIND_FROM:
        return
    year = today.year + 1
    published = set(
        HolidaySet.objects.filter(year=year, status=HolidaySet.Status.PUBLISHED).values_list("country", "subdivision")
    )
    urgent = (today.month, today.day) >= ALARM_FROM
    for country, subdivision in sorted(_countries_in_use() - published):
        names = {"country": "-".join(filter(None, (country, subdivision))), "year": year}
        message = _("%(country)s %(year)d 年的放假安排仍是推定的。") % names
        hint = _("放假通知公布后，在控制台的规则里录入，或执行 manage.py import_holidays。")
        yield Error(message, hint=hint, id="sla.E003") if urgent else Warning(message, hint=hint, id="sla.W003")


def _countries_in_use() -> set[tuple[str, str]]:
    rules = [version.rules.get("holidays") for version in CalendarVersion.objects.current()]
    return {(rule["country"], rule.get("subdivision", "")) for rule in rules if rule}
