"""How much of each amount is left: sums over the ledger."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import QuerySet, Sum

from plans.models import Contract, Entitlement, Quota, QuotaEntry
from plans.models.quotas import ZERO

SUMS = ("granted", "reserved", "used", "expired")
NOTHING = (ZERO, ZERO, ZERO, ZERO)


@dataclass(frozen=True, slots=True)
class Balance:
    """How one amount stands over one window; both dates belong to it."""

    granted: Decimal
    reserved: Decimal
    used: Decimal
    expired: Decimal
    left: Decimal
    unit: str
    starts_on: date
    ends_on: date
    quota: Quota


def balance_of(entitlement: Entitlement, on: date, unit: str = "") -> Balance | None:
    """Return how an entitlement's amount stands in the window that holds a local date.

    Without a unit the amount that its plan names first. None where nothing is counted then.
    """
    held = Quota.objects.filter(entitlement=entitlement).holding(on)
    found = balances(held.filter(unit=unit) if unit else held)
    return found[0] if found else None


def balances_of(contract: Contract, on: date) -> list[Balance]:
    """Return how every amount of a contract stands on a local date, in the plan's order."""
    return balances(contract.quotas.holding(on))


def balances(quotas: QuerySet[Quota]) -> list[Balance]:
    """Return how each of some quotas stands, each with its item, in the plan's order. Two queries."""
    rows = list(quotas.select_related("item").order_by("item__promise", "pk"))
    # Without a join to their quotas: ten thousand lines would be carried about with all that stands there.
    entries = QuotaEntry.objects.filter(quota__in=rows).order_by().values_list("quota_id")
    sums = {pk: found for pk, *found in entries.annotate(*(Sum(name) for name in SUMS))}
    return [_balance(quota, *sums.get(quota.pk, NOTHING)) for quota in rows]


def _balance(quota: Quota, granted: Decimal, reserved: Decimal, used: Decimal, expired: Decimal) -> Balance:
    left = granted - reserved - used - expired
    return Balance(granted, reserved, used, expired, left, quota.unit, quota.starts_on, quota.ends_on, quota)
