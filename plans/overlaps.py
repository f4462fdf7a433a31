"""Two contracts of one customer for the same product at the same time, and which of them answers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from plans.models import Contract, Customer, Item, Plan
from plans.refusals import RefusedError
from plans.terms import last_day
from plans.wording import name_of

# A product's code, how it runs and for which tenant.
Thing = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Bought:
    """What a contract buys, signed or only thought of; one without things holds all of its vendor's products."""

    customer: Customer
    plan: Plan
    first: date
    last: date
    things: tuple[Thing, ...] = ()
    # What was picked of an à-la-carte plan, and what of that came along because another pick needs it.
    picks: frozenset[str] = frozenset()
    needed: frozenset[str] = frozenset()
    key: int | None = None

    @classmethod
    def of(cls, contract: Contract) -> "Bought":
        """Return what a signed contract buys."""
        owned = contract.owned_products.select_related("product")
        things = tuple((row.product.code, row.deployment, row.tenant) for row in owned)
        items = Item.objects.filter(entitlements__contract=contract) if contract.plan.is_a_la_carte else ()
        picks = picks_in(contract.plan, items)
        return cls(
            contract.customer, contract.plan, contract.starts_on, last_day(contract), things, *picks, contract.pk
        )


def picks_in(plan: Plan, items: Iterable[Item]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the promises that were picked of an à-la-carte plan, and which of them other picks need. Source: K19

    What the plan itself says of all its customers is no pick.
    """
    picked = [item for item in items if item.plan_id != plan.pk] if plan.is_a_la_carte else []
    promises = frozenset(item.promise for item in picked)
    needed = frozenset(need for item in picked for need in item.requires if need != item.promise)
    return promises, promises & needed


@dataclass(frozen=True, slots=True)
class Overlap:
    """Another contract for something that is bought too, from when to when, and whether it is the one that answers."""

    contract: Contract
    first: date
    last: date
    is_same_plan: bool
    answers: bool


def overlaps_of(bought: Bought) -> list[Overlap]:
    """Return the customer's other contracts of the vendor for the same things in the same time, the first in front."""
    rows = Contract.objects.filter(customer=bought.customer, plan__vendor=bought.plan.vendor)
    if bought.key:
        rows = rows.exclude(pk=bought.key)
    near = rows.filter(starts_on__lte=bought.last, ends_on__gte=bought.first).select_related("plan", "customer")
    return [_overlap(bought, one) for one in near.order_by("starts_on", "pk") if meet(bought, Bought.of(one))]


def check_overlaps(bought: Bought) -> list[Overlap]:
    """Return the overlaps that may be. Raises RefusedError where the same plan is bought twice for the same thing.

    Call inside atomic: two who sell to one customer at once would not see each other's contract.
    """
    Customer.objects.select_for_update().get(pk=bought.customer.pk)
    found = overlaps_of(bought)
    for one in found:
        if one.is_same_plan:
            raise _refused(one)
    return found


def words_of(overlap: Overlap) -> str:
    """Return what two contracts at once come to: which of them answers what both hold."""
    words = {
        "number": overlap.contract.number, "plan": name_of(overlap.contract.plan),
        "first": overlap.first.isoformat(), "last": overlap.last.isoformat(),
    }  # fmt: skip
    if overlap.answers:
        return _("%(first)s 至 %(last)s，合同 %(number)s（%(plan)s）也含同样的产品，那段时间由它答复。") % words
    return _("%(first)s 至 %(last)s，合同 %(number)s（%(plan)s）也含同样的产品，那段时间由本合同答复。") % words


def _refused(one: Overlap) -> RefusedError:
    words = {
        "number": one.contract.number, "plan": name_of(one.contract.plan),
        "first": one.first.isoformat(), "last": one.last.isoformat(),
    }  # fmt: skip
    return RefusedError(
        "contract_overlaps",
        _("%(first)s 至 %(last)s，合同 %(number)s 已为同样的产品签了%(plan)s。") % words,
        clause=_("合同 %(number)s：所购产品") % words,
        ways_on=[
            _("从合同 %(number)s 结束的次日开始，或在它的页面上续签。") % words,
            _("把要增加的产品列入合同 %(number)s。") % words,
            _("先提前终止合同 %(number)s。") % words,
        ],
    )


def meet(one: Bought, other: Bought) -> bool:
    """Tell whether two contracts hold the same thing at the same time; of one plan, also whether they pick the same."""
    if one.first > other.last or other.first > one.last:
        return False
    if _is_one_plan(one, other) and one.picks and other.picks and not _pick_the_same(one, other):
        return False
    return _share(one.things, other.things)


def _pick_the_same(one: Bought, other: Bought) -> bool:
    """Tell whether something was picked twice; what both need beside their picks is not."""
    return bool(one.picks & (other.picks - other.needed) or other.picks & (one.picks - one.needed))


def _is_one_plan(one: Bought, other: Bought) -> bool:
    return one.plan.code == other.plan.code


def _share(some: tuple[Thing, ...], others: tuple[Thing, ...]) -> bool:
    """Tell whether two lists of products name the same one; an empty list holds all of the vendor's."""
    return not some or not others or not set(some).isdisjoint(others)


def _overlap(bought: Bought, contract: Contract) -> Overlap:
    """Return an overlap; the higher plan answers, of two alike the one that ends last, as coverage has it."""
    last = last_day(contract)
    theirs, ours = (contract.plan.rank, contract.ends_on), (bought.plan.rank, bought.last)
    return Overlap(
        contract, max(bought.first, contract.starts_on), min(bought.last, last),
        contract.plan.code == bought.plan.code, theirs > ours,
    )  # fmt: skip
