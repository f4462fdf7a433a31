"""How much of each amount is left: sums over the ledger."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery, Sum, TextField
from django.db.models.functions import Cast, JSONObject

from plans.models import Contract, Entitlement, Quota, QuotaEntry
from plans.models.quotas import ZERO
from sla.prepared import Prepared, prepare

SUMS = ("granted", "reserved", "used", "expired")


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
    """Return how every amount of a contract stands on a local date, in the plan's order. One query."""
    return balances(contract.quotas.holding(on))


def balances(quotas: QuerySet[Quota]) -> list[Balance]:
    """Return how each of some quotas stands, each with its item, in the plan's order. One query."""
    rows: Any = _summed(quotas.select_related("item")).order_by("item__promise", "pk")
    return [_balance(quota, quota.sums or {}) for quota in rows]


def balances_to_come(right: Entitlement, on: date) -> list[Balance]:
    """Return how each window of a right stands that has not ended before a local date. One query, compiled once."""
    found: list[Any] = _to_come().rows(right=right.pk, on=on)
    for quota in found:
        if quota.item_id == right.item_id:
            quota.item = right.item
    return [_balance(quota, json.loads(quota.sums) if quota.sums else {}) for quota in found]


@cache
def _to_come() -> Prepared[Quota]:
    return prepare(
        lambda right, on: _summed(Quota.objects.filter(entitlement=right, ends_on__gte=on)).order_by("pk"),
        right=int, on=date,
    )  # fmt: skip


def _summed(quotas: QuerySet[Quota]) -> QuerySet[Quota]:
    """Add the sums of the ledger: beside the quotas, not joined to them, or each line would carry all that stands."""
    entries = QuotaEntry.objects.filter(quota=OuterRef("pk")).order_by().values("quota_id")
    said = JSONObject(**{name: Cast(Sum(name), TextField()) for name in SUMS})
    return quotas.annotate(sums=Subquery(entries.annotate(said=said).values("said")))


def _balance(quota: Quota, sums: Mapping[str, str]) -> Balance:
    granted, reserved, used, expired = (Decimal(sums.get(name, ZERO)) for name in SUMS)
    left = granted - reserved - used - expired
    return Balance(granted, reserved, used, expired, left, quota.unit, quota.starts_on, quota.ends_on, quota)
