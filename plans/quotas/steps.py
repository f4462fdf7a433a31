"""When an amount is to be remembered: warnings before its window ends, and its lapse. Pure but for the settings."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from plans.models import Contract

# The local hour at which people are told.
TOLD_AT = time(9)


def lapses_at(contract: Contract, ends_on: date) -> datetime:
    """Return the instant at which a window has ended: midnight after its last day, in the contract's zone."""
    return datetime.combine(ends_on + timedelta(days=1), time(), ZoneInfo(contract.timezone))


def warned_at(contract: Contract, ends_on: date, days: int) -> datetime:
    """Return the instant at which somebody is told that so many days are left."""
    return datetime.combine(ends_on - timedelta(days=days), TOLD_AT, ZoneInfo(contract.timezone))


def next_step(contract: Contract, starts_on: date, ends_on: date, after: datetime | None) -> datetime:
    """Return the next warning after an instant, or the lapse; warnings before the window begins are left out."""
    days = [days for days in settings.QUOTA_WARN_DAYS if ends_on - timedelta(days=days) >= starts_on]
    warnings = [warned_at(contract, ends_on, each) for each in days]
    return min((at for at in warnings if after is None or at > after), default=lapses_at(contract, ends_on))


def days_left(contract: Contract, ends_on: date, at: datetime) -> int:
    """Return how many days come after the local date of an instant until the last one of a window."""
    return (ends_on - at.astimezone(ZoneInfo(contract.timezone)).date()).days
