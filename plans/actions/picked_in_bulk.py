"""What a bulk load picks item by item: on offer, for customers who may have it, and not sold twice. Source: K19"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from plans.catalogue.picking import picked_by, plans_held, within
from plans.models import Contract, Customer, Item, Plan
from plans.overlaps import Bought, meet, picks_in
from plans.refusals import RefusedError
from plans.upsert import CustomerRow, RowError

PICKS = "contracts.picks"
# By contract's number: what is bought, and its items.
Chosen = dict[str, tuple[Bought, list[Item]]]


def choose(
    row: CustomerRow, entry: Mapping[str, Any], plans: Mapping[str, Plan], customer: Customer | None, chosen: Chosen
) -> Iterator[RowError]:
    """Note what a new contract picks in `chosen`, and yield what is wrong with it."""
    line, plan = entry["line"], plans.get(entry.get("plan", ""))
    first, last = entry.get("starts_on"), entry.get("ends_on")
    if plan is None or first is None or last is None:
        return
    picks = entry.get("picks", ())
    if plan.is_a_la_carte and not picks:
        yield RowError(line, PICKS, _("逐项选购的计划须写明选取的服务项，如 K06 K12。"))
        return
    try:
        items = picked_by(plan, picks, _held(row, plans, customer, first))
    except RefusedError as refused:
        yield RowError(line, PICKS, " ".join([refused.message, *refused.ways_on]))
        return
    if items:
        things = tuple((one.get("product", ""), one.get("deployment", "public_cloud"), one.get("tenant", ""))
                       for one in entry["products"])  # fmt: skip
        bought = Bought(customer or Customer(), plan, first, last, things, *picks_in(plan, items))
        yield from _twice(line, bought, customer, {number: other for number, (other, _items) in chosen.items()})
        chosen[entry.get("number", "")] = bought, items


def unlike(entry: Mapping[str, Any], kept: Contract) -> Iterator[RowError]:
    """Yield a mistake where a signed contract is sent with a pick that it does not hold."""
    held = set(kept.entitlements.values_list("item__promise", flat=True)) if entry.get("picks") else set()
    if missing := set(entry.get("picks", ())) - held:
        said = _("合同已签，不能加选 %s：请另签新合同。") % _("、").join(sorted(missing))
        yield RowError(entry["line"], PICKS, said)


def _held(row: CustomerRow, plans: Mapping[str, Plan], customer: Customer | None, on: date) -> set[str]:
    """Return the plans that a customer holds or is sold by the same row, with those they contain."""
    held = plans_held(customer, on) if customer else set()
    sent = [entry for entry in row.contracts if entry.get("ends_on", on) >= on]
    return held.union(*(within(plans.get(entry.get("plan", ""))) for entry in sent))


def _twice(
    line: int, bought: Bought, customer: Customer | None, sent: Mapping[str, Bought]
) -> Iterator[RowError]:  # fmt: skip
    rows = customer.contracts.filter(plan__code=bought.plan.code) if customer else Contract.objects.none()
    signed = {contract.number: Bought.of(contract) for contract in rows.select_related("customer", "plan")}
    for number, other in {**signed, **sent}.items():
        if other.plan.code == bought.plan.code and meet(bought, other):
            yield RowError(line, PICKS, _("这段时间里，合同 %s 已为同样的产品选了同样的服务项。") % number)
