"""What an à-la-carte plan lets a customer pick, and what each pick needs beside it."""

from collections.abc import Collection, Iterable
from datetime import date

from django.utils.translation import gettext as _

from plans.models import Customer, Item, Plan
from plans.refusals import RefusedError
from plans.wording import clause_of, name_of

# Words about a plan as a whole, which nobody picks by themselves.
ABOUT_A_PLAN = ("terms", "standard")


def on_offer(plan: Plan) -> list[Item]:
    """Return what an à-la-carte plan lets pick: each service of its vendor once, as the highest plan promises it."""
    sold = Item.objects.filter(plan__is_current=True, plan__vendor=plan.vendor).exclude(plan=plan)
    found: dict[tuple[str, str], Item] = {}
    for item in sold.exclude(service__in=ABOUT_A_PLAN).select_related("plan").order_by("-plan__rank", "pk"):
        found.setdefault((item.promise, item.service), item)
    return list(found.values())


def picked(plan: Plan, picks: Iterable[str], customer: Customer, on: date) -> list[Item]:
    """Return the items of the promises picked, and of those that they need. Source: K19

    Raises RefusedError where nothing is picked one by one, a pick is not on offer, or is for another plan's customers.
    """
    wanted = set(picks)
    return picked_by(plan, wanted, plans_held(customer, on)) if wanted else []


def picked_by(plan: Plan, picks: Iterable[str], held: Collection[str]) -> list[Item]:
    """Return what is picked by somebody who holds some plans. Raises RefusedError as `picked` does."""
    wanted = set(picks)
    if not wanted:
        return []
    if not plan.is_a_la_carte:
        raise RefusedError("not_a_la_carte", _("%s 不是逐项选取的计划。") % name_of(plan))
    offered = on_offer(plan)
    if missing := wanted - {item.promise for item in offered}:
        raise RefusedError(
            "no_such_item",
            _("没有可选的服务项：%s。") % _("、").join(sorted(missing)),
            ways_on=[_("可选：%s。") % _("、").join(sorted({item.promise for item in offered}))],
        )
    chosen = with_needed(offered, wanted)
    _check_customer(chosen, held)
    return chosen


def with_needed(offered: Collection[Item], wanted: Collection[str]) -> list[Item]:
    """Return the items of some promises and of every promise that they need, however far along."""
    needed, before = set(wanted), set[str]()
    while needed != before:
        before = set(needed)
        needed |= {promise for item in offered if item.promise in before for promise in item.requires}
    return [item for item in offered if item.promise in needed]


def _check_customer(chosen: Iterable[Item], held: Collection[str]) -> None:
    for item in chosen:
        if item.requires_plan and item.requires_plan not in held:
            plan = Plan.objects.current().filter(code=item.requires_plan).first()
            words = {"item": name_of(item), "plan": name_of(plan) if plan else item.requires_plan}
            raise RefusedError(
                "for_another_plan", _("%(item)s只面向%(plan)s的客户。") % words,
                promise=item.promise, clause=clause_of(item), ways_on=[_("改签%(plan)s，或不选此项。") % words],
            )  # fmt: skip


def plans_held(customer: Customer, on: date) -> set[str]:
    """Return the codes of the plans that a customer holds on a day or signed for later, with those they contain."""
    held = set[str]()
    for contract in customer.contracts.filter(ended_on=None, ends_on__gte=on).select_related("plan"):
        held |= within(contract.plan)
    return held


def within(plan: Plan | None) -> set[str]:
    """Return the codes of a plan and of those that it contains."""
    held = set[str]()
    while plan:
        held.add(plan.code)
        plan = plan.includes
    return held
