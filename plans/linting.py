"""What is odd about plans and contracts: requests that would be opened without a promise, and rows nobody needs."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import combinations, product

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from plans.agreements import Agreement
from plans.catalogue.items import items_of
from plans.coverage import Question, decide
from plans.models import Contact, Contract, Entitlement, Item, Obligation, OwnedProduct, Plan, Product, Team
from plans.vocabulary import CHANNELS, PRIORITIES
from plans.wording import name_of
from sla.compiled import policy_of
from sla.models import CalendarVersion, Policy
from sla.rules.linting import Finding, Grade, lint_in_force
from sla.timeline import Metric

# One that every ticket plan answers for, and one that is answered by another item.
ASKED = ("fault", "operations")
MOST_OVERLAPS = 50


def lint_house(at: datetime) -> list[Finding]:
    """Return what is odd about policies, calendars, plans and contracts in force, the worst first."""
    found = [*lint_in_force(at), *_plans(at), *_contracts(at.date()), *_unused(at.date())]
    return sorted(found, key=lambda one: Grade.values.index(one.grade))


@dataclass(frozen=True, slots=True)
class Hole:
    """A request that would be opened without a first answer being promised."""

    product: str
    channel: str
    priority: str


def _plans(at: datetime) -> Iterator[Finding]:
    policies = dict(Policy.objects.current().values_list("code", "pk"))
    calendars = set(CalendarVersion.objects.current().values_list("code", flat=True))
    for plan in Plan.objects.current().select_related("includes").order_by("code"):
        items = items_of(plan)
        yield from _lost_codes(plan, items, policies, calendars)
        ticket = next((item for item in items if item.service == "ticket"), None)
        if ticket and not ticket.policy:
            yield _finding(
                Grade.NOTE, plan, ticket.promise,
                _("%s含在线工单，但没有承诺响应时限。") % name_of(plan), _("说明书没有写；约定时限的，写在合同里。"),
            )  # fmt: skip
        elif ticket and ticket.policy in policies:
            yield from _holes(plan, _agreement(plan, items, policies), at)
            yield from _for_branches(plan, items)


def _finding(grade: Grade, plan: Plan, field: str, message: str, remedy: str) -> Finding:
    return Finding(grade, "plan", plan.code, field, message, remedy)


def _lost_codes(
    plan: Plan, items: Iterable[Item], policies: Collection[str], calendars: Collection[str]
) -> Iterator[Finding]:
    """Yield items that name a policy or calendar that is not in force."""
    for item in items:
        timed = [
            (code, policies, _("响应标准")) for code in (item.policy, *(line["policy"] for line in item.frequency))
        ]
        for code, known, what in (*timed, (item.calendar, calendars, _("服务时间"))):
            if code and code not in known:
                words = {"item": name_of(item), "what": what, "code": code}
                yield _finding(
                    Grade.ERROR, plan, item.promise,
                    _("%(item)s所用的%(what)s %(code)s 不在用。") % words, _("改用现行的，或重新读入方案。"),
                )  # fmt: skip


def _agreement(plan: Plan, items: Sequence[Item], policies: dict[str, int]) -> Agreement:
    """Return what a customer would have agreed who signed the plan as it stands, for all products. Nothing is saved."""
    contract = Contract(plan=plan, number=plan.code, starts_on=date.min, ends_on=date.max)
    entitled = [Entitlement(pk=n, contract=contract, item=item, policy=item.policy) for n, item in enumerate(items)]
    return Agreement(
        contract=contract,
        entitlements=tuple(entitled),
        policies={row.pk: policies.get(row.policy) for row in entitled},
        owned=frozenset(),
        switches={},
        calendars={},
    )


def _holes(plan: Plan, agreement: Agreement, at: datetime) -> Iterator[Finding]:
    products = list(Product.objects.filter(vendor=plan.vendor))
    found = set(_unpromised(products, agreement, at))
    if not found:
        return
    every = {"product": {one.code for one in products}, "channel": set(CHANNELS), "priority": set(PRIORITIES)}
    said = {name: {getattr(hole, name) for hole in found} for name in every}
    words = [
        _("全部") if said[name] == every[name] else _("、").join(sorted(said[name]))
        for name in ("product", "channel", "priority")
    ]
    yield _finding(
        Grade.WARNING, plan, "ticket",
        _("产品 %(product)s、渠道 %(channel)s、优先级 %(priority)s 的工单会受理，却没有首次响应的承诺。")
        % dict(zip(("product", "channel", "priority"), words, strict=True)),
        _("为它们补上时限，或在方案里写明不承诺。"),
    )  # fmt: skip


def _unpromised(products: Iterable[Product], agreement: Agreement, at: datetime) -> Iterator[Hole]:
    """Yield every request that the plan takes and promises no first answer."""
    contact = Contact(is_certified=True)
    for category, asked, channel, priority in product(ASKED, products, CHANNELS, PRIORITIES):
        question = Question(contact, None, asked, "", category, channel, at, priority)
        decision = decide(question, agreement)
        if decision.is_open and not _is_promised(decision.policy, priority):
            yield Hole(asked.code, channel, priority)


def _is_promised(policy: Policy | None, priority: str) -> bool:
    return policy is not None and Metric.FIRST_RESPONSE in policy_of(policy.pk).terms(priority).targets


def _for_branches(plan: Plan, items: Iterable[Item]) -> Iterator[Finding]:
    """Yield that what a branch serves is promised no response, where the plan knows branches. Source: Y19"""
    if any(item.promise == "Y19" for item in items):
        yield _finding(
            Grade.NOTE, plan, "Y19",
            _("由属地分公司受理的合同没有响应时限：总部的承诺不适用。"), _("分公司另有约定的，写在合同里。"),
        )  # fmt: skip


def _contracts(today: date) -> Iterator[Finding]:
    """Yield contracts of one customer that answer for the same product at the same time."""
    owned = Prefetch("owned_products", OwnedProduct.objects.only("contract", "product"))
    by_customer: dict[int, list[Contract]] = {}
    for row in Contract.objects.in_force(today).select_related("plan").prefetch_related(owned).order_by("number"):
        by_customer.setdefault(row.customer_id, []).append(row)
    pairs = (pair for rows in by_customer.values() for pair in combinations(rows, 2))
    for count, (one, other) in enumerate(pair for pair in pairs if _overlap(*pair)):
        if count == MOST_OVERLAPS:
            return
        answering = max((one, other), key=lambda row: row.plan.rank)
        words = {"one": one.number, "other": other.number, "answering": answering.number}
        yield Finding(
            Grade.WARNING, "contract", one.number, "",
            _("合同 %(one)s 和 %(other)s 同时覆盖同一产品；未指明合同的工单按 %(answering)s 受理。") % words,
            _("核对两份合同的产品和服务期。"),
        )  # fmt: skip


def _overlap(one: Contract, other: Contract) -> bool:
    if one.plan.vendor != other.plan.vendor:
        return False
    owned, others = ({held.product_id for held in row.owned_products.all()} for row in (one, other))
    return not owned or not others or bool(owned & others)


def _unused(today: date) -> Iterator[Finding]:
    """Yield policies that no plan that is sold, no contract in force and no team names."""
    items = Item.objects.filter(plan__is_current=True).values_list("policy", "frequency")
    used = {code for policy, owed in items for code in (policy, *(line["policy"] for line in owed))}
    live = Contract.objects.filter(ends_on__gte=today)
    used |= set(Entitlement.objects.filter(contract__in=live).values_list("policy", flat=True))
    used |= set(Obligation.objects.open().values_list("policy", flat=True).order_by().distinct())
    used |= set(Team.objects.values_list("policy", flat=True))
    for code in Policy.objects.current().exclude(code__in=used).values_list("code", flat=True):
        yield Finding(
            Grade.NOTE, "policy", code, "", _("没有方案或合同用到这份响应标准。"), _("在方案里用上它，或停用。")
        )
