"""Versions of a plan: which a contract holds, and which it could go up to."""

from collections.abc import Sequence
from dataclasses import dataclass

from plans.catalogue.differing import ItemChange, difference, place_of
from plans.catalogue.items import items_of
from plans.catalogue.picking import on_offer, with_needed
from plans.models import Contract, Item, Plan


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What a contract could go up to: the plan as it is sold now, the items it would give, and what differs."""

    plan: Plan
    items: Sequence[Item]
    changes: Sequence[ItemChange]


def upgrade_of(contract: Contract) -> Upgrade | None:
    """Return what a contract could go up to; None where it holds what is sold now, or its plan is sold no longer."""
    plan = Plan.objects.current().filter(code=contract.plan.code).select_related("includes").first()
    if plan is None:
        return None
    held = [row.item for row in contract.entitlements.select_related("item").order_by("pk")]
    items = items_now(plan, held)
    if plan.pk == contract.plan_id and {item.pk for item in items} == {item.pk for item in held}:
        return None
    return Upgrade(plan, items, difference(held, items))


def items_now(plan: Plan, held: Sequence[Item]) -> list[Item]:
    """Return the items that a version gives whoever holds some: its own, and what they picked as it is offered now."""
    own = items_of(plan)
    if not plan.is_a_la_carte:
        return own
    places = {place_of(item) for item in own}
    offered = [item for item in on_offer(plan) if place_of(item) not in places]
    wanted = {item.promise for item in held if place_of(item) not in places}
    return [*own, *with_needed(offered, wanted)]


def has_newer(contract: Contract) -> bool:
    """Tell whether a contract could go up: a newer version of its plan, or of one that it picked from, is sold."""
    sold = Plan.objects.current().filter(code=contract.plan.code)
    if not sold.exists():
        return False
    held = contract.entitlements.filter(item__plan__is_current=False)
    return not contract.plan.is_current or (contract.plan.is_a_la_carte and held.exists())
