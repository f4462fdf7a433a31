"""The night's removal of what has been kept for long enough: when it begins, and its next piece."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from sla.clock import database_now
from tickets.actions import clearing
from tickets.models import Clearing

# The local hour from which it may begin: after the self-check, before people come.
FROM_HOUR = 3


def step() -> bool:
    """Begin the night's removal in time and remove one piece; tell whether there was work."""
    at = database_now()
    if is_time(at):
        clearing.begin(at=at)
    return clearing.go_on(at=at)


def is_time(at: datetime) -> bool:
    """Tell whether it is night, or later, of a day on which nothing was removed yet."""
    zone = ZoneInfo(settings.TIME_ZONE)
    local, last = at.astimezone(zone), Clearing.objects.order_by("-pk").first()
    return local.hour >= FROM_HOUR and (last is None or last.begun_at.astimezone(zone).date() < local.date())
