"""What a confirmation deducts from the time that a contract grants. Source: K06, K12"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from plans.engagements.amounts import units_of
from plans.models import Deliverable, Engagement, Entitlement, QuotaEntry, SignOffRound
from plans.models.quotas import ZERO
from plans.quotas.balances import balance_of
from plans.terms import local_date

# A delivery is one of these, however long it took.
ONCE = ("times", "reports")


@dataclass(frozen=True, slots=True)
class Use:
    """How much of one unit is to be deducted; `left` is what it is taken from, None where nothing is granted."""

    unit: str
    needed: Decimal
    left: Decimal | None

    @property
    def beyond(self) -> Decimal:
        """Return how much more was used than there is."""
        return ZERO if self.left is None else max(self.needed - self.left, ZERO)


def uses_said(person_days: Decimal | None, amount: Decimal | None) -> dict[str, str]:
    """Return what a round keeps of how much was used, by unit; `amount` is of whatever is counted in pieces."""
    said = dict.fromkeys(ONCE, "1")
    if person_days:
        said["person_days"] = f"{person_days.normalize():f}"
    if amount:
        said |= dict.fromkeys(("environments", "sets"), f"{amount.normalize():f}")
    return said


def right_of(deliverable: Deliverable) -> Entitlement | None:
    """Return the right that is drawn on: the contract's own of the same service after a change of plan."""
    if deliverable.entitlement:
        return deliverable.entitlement
    same = {"item__promise": deliverable.item.promise, "item__service": deliverable.item.service}
    return deliverable.contract.entitlements.filter(**same).select_related("item").first()


def used_on(deliverable: Deliverable) -> date:
    """Return the local date of use: that on which its engagement began, else that of the first handing over."""
    engagement = deliverable.engagement
    at = engagement.starts_at if engagement and engagement.starts_at else deliverable.handed_over_at
    return local_date(deliverable.contract, at)


def held_for(engagement: Engagement | None) -> dict[str, QuotaEntry]:
    """Return the lines of the ledger that hold something for an engagement, by unit."""
    keys = engagement.reserved_key.split() if engagement else []
    rows = QuotaEntry.objects.select_related("quota").filter(key__in=keys).order_by("pk")
    return {row.quota.unit: row for row in rows}


def booked_with(deliverable: Deliverable) -> Deliverable | None:
    """Return the other deliverable of the same engagement whose confirmation has deducted its time already."""
    if deliverable.engagement is None:
        return None
    rows = SignOffRound.objects.filter(deliverable__engagement=deliverable.engagement).exclude(booked=[])
    found = rows.exclude(deliverable=deliverable).select_related("deliverable").first()
    return found.deliverable if found else None


def expected(row: SignOffRound) -> list[Use]:
    """Return what the confirmation of an open round would deduct as the ledger stands now."""
    deliverable = row.deliverable
    right, on = right_of(deliverable), used_on(deliverable)
    if right is None or booked_with(deliverable):
        return []
    held = held_for(deliverable.engagement)
    uses = (_use(right, on, unit, Decimal(row.uses.get(unit, 0)), held) for unit in units_of(right, on))
    return [use for use in uses if use.left is not None]


def _use(right: Entitlement, on: date, unit: str, needed: Decimal, held: dict[str, QuotaEntry]) -> Use:
    balance = balance_of(right, on, unit)
    own = held[unit].reserved if unit in held else ZERO
    return Use(unit, needed, balance.left + own if balance else None)
