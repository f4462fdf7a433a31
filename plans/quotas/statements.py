"""A statement of account: every line of a contract's ledger in a span of days, with what was left after each."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet, Sum

from plans.models import Contract, Quota, QuotaEntry
from plans.models.quotas import ZERO
from plans.quotas.balances import SUMS
from plans.quotas.windows import Window, windows

# As many lines as one page of a statement shows; a file has them all.
PAGE = 200
# Whoever means "from the beginning" or "for ever" may write any date; instants beyond these exist in no zone.
EARLIEST, LATEST = date(1900, 1, 1), date(9000, 1, 1)


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
    actor_en: str | None
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

    An amount has a place on it when its window touches the span, or something was done with it there; what was only
    granted for another year stands on that year's statement.
    """
    start, end = _instants(contract, first, last)
    sums = _summed(contract, start, end)
    quotas = _touched(contract, first, last, [pk for pk, found in sums.items() if found["deeds"]])
    lines: dict[int, list[Line]] = {quota.pk: [] for quota in quotas}
    cut = slice(before, None if limit is None else before + limit)
    for row in _lines(list(lines), start, end)[cut].values_list(*COLUMNS):
        lines[row[1]].append(Line._make(row))
    accounts = [_account(quota, sums.get(quota.pk), lines[quota.pk]) for quota in quotas]
    count = sum(sums[quota.pk]["lines"] for quota in quotas if quota.pk in sums)
    return Statement(contract, first, last, accounts, count, before)


def usual_span(contract: Contract, today: date) -> Window:
    """Return the span that a statement has unless asked otherwise: the contract's year of a date, up to it.

    Once the term is over, its last year up to today: what lapses does so on the day after.
    """
    spans = windows("year", contract.starts_on, contract.ends_on)
    if today > spans[-1][1]:
        return spans[-1][0], today
    return next((span for span in spans if span[0] <= today <= span[1]), spans[0])


COLUMNS = (
    "pk", "quota_id", "kind", "granted", "reserved", "used", "expired", "left", "on", "at", "actor_display",
    "actor__name_en", "cause", "cause_en",
)  # fmt: skip


def _instants(contract: Contract, first: date, last: date) -> tuple[datetime, datetime]:
    zone = ZoneInfo(contract.timezone)
    first, last = max(first, EARLIEST), min(last, LATEST)
    return datetime.combine(first, time(), zone), datetime.combine(last + timedelta(days=1), time(), zone)


def _summed(contract: Contract, start: datetime, end: datetime) -> dict[int, dict[str, Any]]:
    """Return for each amount its sums before and after a span, and how much was done in it. One pass."""
    within = Q(at__gte=start, at__lt=end)
    deeds = within & ~Q(kind=QuotaEntry.Kind.GRANT)
    sums: dict[str, Any] = {"lines": Count("pk", filter=within), "deeds": Count("pk", filter=deeds)}
    for name in SUMS:
        sums[f"opening_{name}"] = Sum(name, filter=Q(at__lt=start), default=ZERO)
        sums[f"closing_{name}"] = Sum(name, filter=Q(at__lt=end), default=ZERO)
    # Keys first: joined to their quotas, ten thousand lines would be carried about with all that stands there.
    keys = list(contract.quotas.order_by().values_list("pk", flat=True))
    rows = QuotaEntry.objects.filter(quota__in=keys).order_by().values("quota_id").annotate(**sums)
    return {row["quota_id"]: dict(row) for row in rows}


def _touched(contract: Contract, first: date, last: date, used: list[int]) -> list[Quota]:
    """Return the quotas that have a place on a statement."""
    rows = contract.quotas.filter(Q(pk__in=used) | Q(starts_on__lte=last, ends_on__gte=first))
    return list(rows.select_related("item").order_by("pk"))


def _account(quota: Quota, sums: dict[str, Any] | None, lines: list[Line]) -> Account:
    if sums is None:
        return Account(quota, Totals(), Totals())
    opening, closing = (Totals(*(sums[f"{prefix}_{name}"] for name in SUMS)) for prefix in ("opening", "closing"))
    return Account(quota, opening, closing, lines)


def _lines(keys: list[int], start: datetime, end: datetime) -> QuerySet[QuotaEntry]:
    """Return the lines of a span, an amount after the other, each in the order in which it was booked."""
    return QuotaEntry.objects.filter(quota__in=keys, at__gte=start, at__lt=end).order_by("quota_id", "position")
