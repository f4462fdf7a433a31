"""What a bulk load would sell twice: contracts of one customer, on one plan, for the same product at the same time."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import Any

from django.utils.translation import gettext as _

from plans.models import Contract, Customer, Plan
from plans.overlaps import Bought, meet
from plans.terms import last_day
from plans.upsert import CustomerRow, RowError

# By customer's code and contract's number.
Held = Mapping[str, Mapping[str, Bought]]


def held_by(customers: Iterable[Customer]) -> Held:
    """Return what customers hold already; two questions however many. What is picked item by item is left out."""
    rows = Contract.objects.filter(customer__in=list(customers), plan__is_a_la_carte=False)
    found: dict[str, dict[str, Bought]] = defaultdict(dict)
    for contract in rows.select_related("customer", "plan").prefetch_related("owned_products__product"):
        things = tuple((one.product.code, one.deployment, one.tenant) for one in contract.owned_products.all())
        bought = Bought(contract.customer, contract.plan, contract.starts_on, last_day(contract), things)
        found[contract.customer.code][contract.number] = bought
    return found


def twice_sold(
    row: CustomerRow, held: Held, plans: Mapping[str, Plan], signed: Mapping[str, Contract]
) -> Iterator[RowError]:
    """Yield a mistake for each contract of a row that would sell again what another one of the customer's does.

    Contracts that stand beside each other already are nobody's mistake in this load.
    """
    before = held.get(row.code, {})
    sent = {entry["number"]: entry for entry in row.contracts if "number" in entry}
    after = dict(before)
    for number, entry in sent.items():
        bought = _bought(entry, before.get(number), plans, signed.get(number))
        if bought:
            after[number] = bought
    changed = {number for number in sent if after.get(number) != before.get(number)}
    for one, other in combinations(sorted(after), 2):
        if {one, other} & changed and _is_twice(after[one], after[other]):
            told, beside = (other, one) if other in changed else (one, other)
            message = _("这段时间里，合同 %s 已为同样的产品签了同一个计划。") % beside
            yield RowError(sent[told]["line"], "contracts.starts_on", message)


def _is_twice(one: Bought, other: Bought) -> bool:
    return one.plan.code == other.plan.code and meet(one, other)


def _bought(
    entry: Mapping[str, Any], kept: Bought | None, plans: Mapping[str, Plan], signed: Contract | None
) -> Bought | None:
    """Return what an entry buys with what is kept of its contract; None where it lacks what others tell it of."""
    plan = kept.plan if kept else plans.get(entry.get("plan", ""))
    first = entry.get("starts_on") or (kept.first if kept else None)
    last = entry.get("ends_on") or (kept.last if kept else None)
    # An early end is nothing that a load knows of, and it stands.
    ended = signed.ended_on if signed else None
    if plan is None or first is None or last is None or plan.is_a_la_carte:
        return None
    sent = [
        (one.get("product", ""), one.get("deployment", "public_cloud"), one.get("tenant", ""))
        for one in entry["products"]
    ]
    things = tuple(dict.fromkeys([*(kept.things if kept else ()), *sent]))
    return Bought(kept.customer if kept else Customer(), plan, first, min(last, ended or last), things)
