"""A statement of account: every line of a contract's ledger in a span of days, with what was left after each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from plans.models import Contract, Quota, QuotaEntry
from plans.models.quotas import ZERO
from plans.quotas.balances import SUMS
from plans.quotas.windows import Window, windows

# As many lines as one page of a statement shows; a file has them all.
PAGE = 200


class Line(NamedTuple):
    """One line: what was done when, by how much what is left changed, and what was left then."""

    pk: int
    quota: int
    kind: str
    granted: Decimal
    reserved: Decimal
    used: Decimal
    expired: Decimal
    left: Decimal
    on: date | None
    at: datetime
    actor: str
    cause: str
    cause_en: str

    @property
    def change(self) -> Decimal:
        """Return by how much what is left changed."""
        return self.granted - self.reserved - self.used - self.expired


@dataclass(frozen=True, slots=True)
class Totals:
    """The four sums of an amount at one instant, and what is left by them."""

    granted: Decimal = ZERO
    reserved: Decimal = ZERO
    used: Decimal = ZERO
    expired: Decimal = ZERO

    @property
    def left(self) -> Decimal:
        """Return what is left."""
        return self.granted - self.reserved - self.used - self.expired


@dataclass(frozen=True, slots=True)
class Account:
    """One amount over its window, before and after the span of a statement, with the lines between."""

    quota: Quota
    opening: Totals
    closing: Totals
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Statement:
    """What happened to a contract's amounts from one local date to another, both included."""

    contract: Contract
    first: date
    last: date
    accounts: Sequence[Account]
    # How many lines the span has, and how many of them come before those that are here.
    count: int
    before: int


def statement_of(
    contract: Contract, first: date, last: date, *, before: int = 0, limit: int | None = None
) -> Statement:
    """Return a statement of a contract, by the dates of its zone: all lines, or `limit` of them after `before`.

    An amount has a place on it when its window or a line of it touches the span.
    """
    start, end = _instants(contract, first, last)
    quotas = _touched(contract, first, last, start, end)
    lines = _lines(quotas, start, end)
    count = lines.count()
    cut = lines[before : None if limit is None else before + limit]
    by_quota: dict[int, list[Line]] = {quota.pk: [] for quota in quotas}
    for row in cut.values_list(*COLUMNS):
        by_quota[row[1]].append(Line._make(row))
    accounts = [
        Account(quota, _sums(quota, "opening"), _sums(quota, "closing"), by_quota[quota.pk]) for quota in quotas
    ]
    return Statement(contract, first, last, accounts, count, before)


def usual_span(contract: Contract, today: date) -> Window:
    """Return the span that a statement has unless asked otherwise: the contract's year of a date, up to it."""
    spans = windows("year", contract.starts_on, contract.ends_on)
    found = next(
        (span for span in spans if span[0] <= today <= span[1]), spans[0] if today < spans[0][0] else spans[-1]
    )
    return found


COLUMNS = (
    "pk", "quota_id", "kind", "granted", "reserved", "used", "expired", "left", "on", "at", "actor_display", "cause",
    "cause_en",
)  # fmt: skip


def _instants(contract: Contract, first: date, last: date) -> tuple[datetime, datetime]:
    zone = ZoneInfo(contract.timezone)
    return datetime.combine(first, time(), zone), datetime.combine(last + timedelta(days=1), time(), zone)


def _touched(contract: Contract, first: date, last: date, start: datetime, end: datetime) -> list[Quota]:
    """Return the quotas that have a place on a statement, each with its sums before and after the span."""
    within = Q(entries__at__gte=start, entries__at__lt=end)
    sums: dict[str, Any] = {}
    for name in SUMS:
        sums[f"opening_{name}"] = _sum(name, Q(entries__at__lt=start))
        sums[f"closing_{name}"] = _sum(name, Q(entries__at__lt=end))
    rows = contract.quotas.select_related("item").annotate(**sums, moved=Coalesce(Sum(Value(1), filter=within), 0))
    touched = rows.filter(Q(moved__gt=0) | Q(starts_on__lte=last, ends_on__gte=first))
    return list(touched.order_by("pk"))


def _sum(name: str, of: Q) -> Coalesce:
    return Coalesce(Sum(f"entries__{name}", filter=of), Value(ZERO))


def _sums(quota: Quota, prefix: str) -> Totals:
    return Totals(*(getattr(quota, f"{prefix}_{name}") for name in SUMS))


def _lines(quotas: Iterable[Quota], start: datetime, end: datetime) -> QuerySet[QuotaEntry]:
    """Return the lines of a span, an amount after the other, each in the order in which it was booked."""
    keys = [quota.pk for quota in quotas]
    return QuotaEntry.objects.filter(quota__in=keys, at__gte=start, at__lt=end).order_by("quota", "position")
