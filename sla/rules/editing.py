"""A calendar that somebody edits, makes or takes out of use: what is refused, and the version that is kept."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from sla.actions import Change, put_calendars, write_alone
from sla.actors import Actor
from sla.calendar import Calendar, CalendarError
from sla.composing import Hours, Year, compose, hours_of, years_known
from sla.hours import FIRST_YEAR, LAST_YEAR
from sla.models import CalendarVersion, Clock, HolidayNotice, Observation, Policy, Target
from sla.refusals import ActionRefusedError

LONGEST_DAY = 86_400  # seconds


class HoursError(ValueError):
    """Raised when a calendar says nonsense; `field` says where: code, name, timezone, weekly, …"""

    def __init__(self, field_name: str, message: str) -> None:
        self.field = field_name
        super().__init__(message)


@transaction.atomic
def edit_calendar(*, hours: Hours, base: int, cause: str, cause_en: str = "", actor: Actor, at: datetime) -> Change:
    """Save a calendar as its next version and return what changed; `base` is the version edited, 0 for a new one.

    Raises HoursError for hours that nobody could keep, ActionRefusedError when another version is in force by now or
    no reason is given.
    """
    if not cause.strip():
        raise HoursError("cause", _("请写明为什么改，以后查得到。"))
    check_hours(hours)
    write_alone()
    check_base(hours.code, base)
    changes = put_calendars(calendars=[hours], cause=cause.strip(), cause_en=cause_en.strip(), actor=actor, at=at)
    return next(change for change in changes if change.code == hours.code)


def check_base(code: str, base: int) -> None:
    """Raise ActionRefusedError unless `base` is the version in force of a calendar, 0 where there is none."""
    kept = CalendarVersion.objects.current().filter(code=code).first()
    if kept and not base:
        raise HoursError("code", _("代码 %s 已经有服务时间在用，请换一个。") % code)
    if kept is None and base:
        raise ActionRefusedError("calendar_retired", _("这份服务时间已经停用，不能再改。"))
    if kept and kept.version != base:
        words = {"base": base, "version": kept.version}
        raise ActionRefusedError(
            "calendar_changed",
            _("您是从版本 %(base)s 改起的，而现在生效的是版本 %(version)s。") % words,
            ways_on=[_("看看版本 %(version)s 改了什么，再决定以它为准还是按您填的保存。") % words],
        )


def check_hours(hours: Hours) -> None:
    """Raise HoursError at the first thing in a calendar that cannot be: its zone, overlaps, no opening. C33"""
    for name, value in (("code", hours.code), ("name", hours.name), ("name_en", hours.name_en)):
        if not value.strip():
            raise HoursError(name, _("请填写。"))
    _check_zone(hours.rules["timezone"])
    if not 0 < hours.rules["working_day_seconds"] <= LONGEST_DAY:
        raise HoursError("working_day_seconds", _("一个工作日要大于零，最多 24 小时。"))
    _check_special(hours.rules["special"])
    _check_openings({**hours.rules, "holidays": None}, [])
    try:
        _check_openings(hours.rules, _years_followed(hours.rules["holidays"]))
    except LookupError as error:
        raise HoursError("holidays", str(error)) from error


def _check_special(rows: Iterable[Mapping[str, Any]]) -> None:
    for row in rows:
        if not FIRST_YEAR <= int(row["date"][:4]) <= LAST_YEAR:
            words = {"day": row["date"], "first": FIRST_YEAR, "last": LAST_YEAR}
            raise HoursError("special", _("%(day)s 太远了，特别日期写在 %(first)d 到 %(last)d 年之间。") % words)


def _years_followed(rule: Mapping[str, Any] | None) -> list[Year]:
    return years_known(country=rule["country"], subdivision=rule.get("subdivision", "")) if rule else []


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise HoursError("timezone", _("没有“%s”这个时区，请从列表里选，如 Asia/Shanghai。") % name) from error


def _check_openings(rules: Mapping[str, Any], years: Iterable[Year]) -> None:
    try:
        calendar = Calendar.from_spec(compose(rules, years)["spec"])
    except CalendarError as error:
        raise HoursError("weekly", _("时段读不懂：%s") % error.detail) from error
    if not calendar.opens_within_a_year:
        raise HoursError("weekly", _("照这样写，一年之内没有任何开放时间，承诺永远不会到期。"))


@transaction.atomic
def retire_calendar(*, code: str, actor: Actor, at: datetime) -> None:
    """Take a calendar out of use. Raises ActionRefusedError while the engine needs it, or when it is none in force.

    Whoever else names it, such as a branch, is known above: ask `plans.actions.calendars`.
    """
    write_alone()
    rows = CalendarVersion.objects.current().filter(code=code)
    if not rows.exists():
        raise ActionRefusedError("unknown_calendar", _("没有名为“%s”的服务时间在用。") % code)
    if reasons := needed_by(code):
        raise in_use(reasons)
    rows.update(is_current=False, retired_by=actor.display, retired_at=at)


def in_use(reasons: list[str]) -> ActionRefusedError:
    """Return the refusal to retire a calendar that somebody uses."""
    message = _("还在用，不能停用：%s。") % _("；").join(reasons)
    return ActionRefusedError("calendar_in_use", message, ways_on=[_("先把它们改到别的服务时间，再来停用。")])


def needed_by(code: str) -> list[str]:
    """Return for what the engine needs a calendar, in words: targets in force, what was ever timed by it, notices."""
    targets = Target.objects.filter(calendar=code, policy__is_current=True)
    policies = sorted(set(targets.values_list("policy__code", flat=True)))
    found = [_("响应标准 %s") % _("、").join(policies)] if policies else []
    if _was_timed_by(code):
        found.append(_("已有工单按它计过时，要留着以便查证"))
    if HolidayNotice.objects.filter(calendar=code, state=HolidayNotice.State.DRAFT).exists():
        found.append(_("有一份没有生效的放假通知"))
    return found


def _was_timed_by(code: str) -> bool:
    """Tell whether a clock was ever under a policy that uses a calendar, whatever it is under now: folding asks."""
    policies = Policy.objects.filter(targets__calendar=code)
    named = Observation.objects.filter(fields__policy__in=list(policies.values_list("pk", flat=True)))
    return Clock.objects.filter(policy__in=policies).exists() or named.exists()


def edited_by_hand() -> dict[str, CalendarVersion]:
    """Return the version that wrote the present hours of each calendar, where that was a person and not a file.

    Versions that only lay holidays in anew wrote no hours.
    """
    rows = CalendarVersion.objects.exclude(created_by="").values("code")
    found: dict[str, CalendarVersion] = {}
    for version in CalendarVersion.objects.filter(code__in=rows).order_by("code", "version").defer("spec", "reasons"):
        author = found.get(version.code)
        if author is None or hours_of(author) != hours_of(version):
            found[version.code] = version
    return {code: version for code, version in found.items() if version.created_by}
