"""How long ahead a service must be asked for. Source: Y16"""

from datetime import date, datetime, timedelta

from plans.models import Engagement, Item
from plans.terms import local_date


def earliest_on(item: Item, asked_on: date) -> date | None:
    """Return the first local date for which a service asked for on `asked_on` can be had; None where any will do.

    The day of asking is not counted: two weeks from the 1st end on the 15th. Source: Y16
    """
    return asked_on + timedelta(days=item.notice_days) if item.notice_days else None


def asked_on(engagement: Engagement, at: datetime) -> date:
    """Return the day from which notice counts: that of the request, or of `at` once a time had been agreed."""
    return local_date(engagement.contract, at if engagement.agreed_at else engagement.requested_at)
