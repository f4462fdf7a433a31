"""Writes of how somebody wishes to be told: when, how often, in which language and zone. Source: C26"""

import zoneinfo
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from plans.models import Role, User
from plans.models.people import AlertEvery, Language
from plans.refusals import RefusedError
from sla.models import CalendarVersion


@dataclass(frozen=True, slots=True)
class Alerts:
    """The hours in which alerts come, by a calendar's code or blank for any, how they are gathered, and how read."""

    calendar: str
    every: int
    language: str
    timezone: str


def may_set(actor: User, user: User) -> bool:
    """Tell whether `actor` may say how `user` is told: for oneself, a lead for the team, managers for all of ours."""
    if not (actor.is_active and actor.is_agent and user.is_agent):
        return False
    leads = actor.role == Role.LEAD and user.team is not None and user.team.lead_id == actor.pk
    return actor.pk == user.pk or actor.role in (Role.MANAGER, Role.ADMIN) or leads


@transaction.atomic
def set_alerts(*, user: User, alerts: Alerts, actor: User) -> User:
    """Keep how a member of staff wishes to be told. What waits already comes when it was to come."""
    if not may_set(actor, user):
        raise RefusedError("not_allowed", _("您不能改 %(name)s 的提醒设置。") % {"name": user})
    _check(alerts)
    user.alert_calendar, user.alert_every = alerts.calendar, alerts.every
    user.language, user.timezone = alerts.language, alerts.timezone
    user.save(update_fields=["alert_calendar", "alert_every", "language", "timezone"])
    return user


def _check(alerts: Alerts) -> None:
    if alerts.calendar and not CalendarVersion.objects.current().filter(code=alerts.calendar).exists():
        raise RefusedError("unknown_calendar", _("没有现行的服务时间 %(code)s。") % {"code": alerts.calendar})
    if alerts.every not in AlertEvery.values or alerts.language not in Language.values:
        raise RefusedError("unknown_choice", _("请从所列的选项里选。"))
    if alerts.timezone not in zoneinfo.available_timezones():
        raise RefusedError("unknown_zone", _("没有时区 %(zone)s。") % {"zone": alerts.timezone})
