"""The time that figures are about: local dates of a contract, as instants, and the same length before."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from plans.models import Contract

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """[start, until) of some contracts, in one zone; figures are as of `until`."""

    contracts: tuple[int, ...]
    zone: str
    start: datetime
    until: datetime

    @property
    def parameters(self) -> dict[str, Any]:
        """Return what SQL asks for."""
        return {"contracts": list(self.contracts), "zone": self.zone, "start": self.start, "until": self.until}

    @property
    def months(self) -> list[str]:
        """Return the local months that it touches, in order: 2026-03."""
        zone = ZoneInfo(self.zone)
        first, last = (at.astimezone(zone).date().replace(day=1) for at in (self.start, self.until - DAY / 86_400))
        count = (last.year - first.year) * 12 + last.month - first.month + 1
        return [f"{first + relativedelta(months=turn):%Y-%m}" for turn in range(count)]


def span_of(contracts: Iterable[int], zone: str, first: date, last: date, at: datetime | None = None) -> Span:
    """Return the span from one local date to another, both included; cut off at `at` where that comes before its end.

    A day begins at the first instant that the zone gives that date.
    """
    start, until = midnight(first, zone), midnight(last + DAY, zone)
    return Span(tuple(contracts), zone, start, max(min(until, at), start) if at else until)


def midnight(day: date, zone: str) -> datetime:
    """Return the instant at which a local date begins."""
    return datetime.combine(day, time(), ZoneInfo(zone))


def before(first: date, last: date) -> tuple[date, date]:
    """Return the dates of the same length directly before: as many whole months where they are whole, else days."""
    between = relativedelta(last + DAY, first)
    if first.day == 1 and not between.days:
        return first - relativedelta(months=between.years * 12 + between.months), first - DAY
    return first - (last - first) - DAY, first - DAY


def chain_of(contract: Contract) -> list[Contract]:
    """Return a contract and those that it follows on, the first one last."""
    chain = [contract]
    while (earlier := chain[-1].renews) and earlier not in chain:
        chain.append(earlier)
    return chain
