"""The self-check of each night: when it begins, and who hears of what it found."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from sla import self_checking
from sla.clock import database_now
from sla.models import Drift, SelfCheck
from tickets.actions.bulletins import publish
from tickets.models import Bulletin

# The local hour from which a night's check may begin: most service hours are shut then.
FROM_HOUR = 2
# As many tickets as a mail names; the page lists all.
NAMED = 20
# A check that ended longer ago was told of by whoever ended it.
STILL_TOLD = timedelta(days=2)


def step() -> bool:
    """Begin the night's check in time, go on with it and tell what it found; tell whether there was work."""
    at = database_now()
    if is_time(at):
        self_checking.begin(at=at)
    went_on = self_checking.go_on()
    return announce(at=at) or went_on


def is_time(at: datetime) -> bool:
    """Tell whether it is night, or later, of a day on which no check has begun."""
    zone = ZoneInfo(settings.TIME_ZONE)
    local, begun = at.astimezone(zone), self_checking.last_begun()
    return local.hour >= FROM_HOUR and (begun is None or begun.astimezone(zone).date() < local.date())


def announce(*, at: datetime) -> bool:
    """Tell managers of each check that found differences, once; tell whether there was one to tell of."""
    ended = SelfCheck.objects.filter(finished_at__gt=at - STILL_TOLD, drifted__gt=0)
    told = Bulletin.objects.filter(kind=Bulletin.Kind.DRIFT).values_list("key", flat=True)
    fresh = [check for check in ended.order_by("pk") if _key(check) not in set(told)] if ended.exists() else []
    return any([publish(_bulletin(check, at)) for check in fresh])


def _bulletin(check: SelfCheck, at: datetime) -> Bulletin:
    things = Drift.objects.filter(settled_at=None).order_by("thing").values_list("thing", flat=True).distinct()
    fields = {"count": check.drifted, "things": list(things[:NAMED])}
    return Bulletin(key=_key(check), kind=Bulletin.Kind.DRIFT, is_alarm=True, fields=fields, at=at)


def _key(check: SelfCheck) -> str:
    return f"drift:{check.pk}"
