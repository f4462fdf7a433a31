"""Writes of contracts: signing, what is owned under them, who stands for the customer, named switches."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from plans.actions.news import announce
from plans.models import (
    AccountTeamMember,
    Amendment,
    Branch,
    Contract,
    Customer,
    Entitlement,
    Item,
    OwnedProduct,
    Plan,
    Product,
    Switch,
    Team,
    User,
)
from plans.models.contracts import Deployment
from plans.refusals import RefusedError
from sla.clock import database_now
from sla.models import CalendarVersion


@dataclass(frozen=True, slots=True)
class Owned:
    """A product under a contract."""

    product: Product
    deployment: str = Deployment.PUBLIC_CLOUD
    tenant: str = ""
    version: str = ""
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class Agreed:
    """What a contract says besides customer, plan and term; `picks` are promise ids of an à-la-carte plan."""

    timezone: str = "Asia/Shanghai"
    branch: Branch | None = None
    team: Team | None = None
    products: tuple[Owned, ...] = ()
    account_team: tuple[tuple[str, User], ...] = ()
    picks: tuple[str, ...] = ()


@transaction.atomic
def sign(
    *, customer: Customer, plan: Plan, number: str, starts_on: date, ends_on: date, agreed: Agreed | None = None
) -> Contract:
    """Sign a contract and entitle it to the plan's items, those of the included plan, and the items picked.

    Raises RefusedError when the term runs backwards, the number is taken, or a pick is not on offer. Source: K19
    """
    agreed = agreed or Agreed()
    if ends_on < starts_on:
        raise RefusedError(
            "term_backwards", _("服务期结束于 %(end)s，早于开始的 %(start)s。") % {"end": ends_on, "start": starts_on}
        )
    if Contract.objects.filter(number=number).exists():
        raise RefusedError("number_taken", _("合同号 %s 已存在。") % number)
    contract = Contract.objects.create(
        customer=customer, plan=plan, number=number, starts_on=starts_on, ends_on=ends_on,
        timezone=agreed.timezone, branch=agreed.branch, team=agreed.team,
    )  # fmt: skip
    _entitle(contract, [*items_of(plan), *_picked(plan, agreed.picks)])
    _own(contract, agreed.products)
    AccountTeamMember.objects.bulk_create(
        AccountTeamMember(contract=contract, seat=seat, user=user) for seat, user in agreed.account_team
    )
    return contract


def items_of(plan: Plan) -> list[Item]:
    """Return the items of a plan and of what it includes; where both have one, the plan's own."""
    found: dict[tuple[str, str], Item] = {}
    chain: Plan | None = plan
    while chain is not None:
        for item in chain.items.all():
            found.setdefault((item.promise, item.service), item)
        chain = chain.includes
    return list(found.values())


def _picked(plan: Plan, picks: Iterable[str]) -> list[Item]:
    """Return the items that an à-la-carte contract picks from its vendor's catalogue, from the highest plan first."""
    wanted = set(picks)
    if not wanted:
        return []
    if not plan.is_a_la_carte:
        raise RefusedError("not_a_la_carte", _("%s 不是逐项选取的计划。") % plan.name)
    on_offer = Item.objects.filter(plan__is_current=True, plan__vendor=plan.vendor, promise__in=wanted)
    found: dict[tuple[str, str], Item] = {}
    for item in on_offer.exclude(plan=plan).order_by("-plan__rank", "pk"):
        found.setdefault((item.promise, item.service), item)
    if missing := wanted - {promise for promise, _service in found}:
        raise RefusedError("no_such_item", _("没有可选的服务项：%s。") % "、".join(sorted(missing)))
    return list(found.values())


def _entitle(contract: Contract, items: Iterable[Item]) -> None:
    Entitlement.objects.bulk_create(Entitlement(contract=contract, item=item, policy=item.policy) for item in items)


@transaction.atomic
def own(*, contract: Contract, products: Iterable[Owned], actor: User | None = None) -> None:
    """Put products under a contract; one of the same product, deployment and tenant is brought up to date."""
    _own(contract, products)
    _tell(contract, Amendment.Kind.PRODUCTS, actor)


def _tell(contract: Contract, kind: Amendment.Kind, actor: User | None, reason: str = "") -> None:
    """Put up the news that a contract was changed just now."""
    announce(contract=contract, kind=kind, reason=reason, actor=actor, at=database_now())


def _own(contract: Contract, products: Iterable[Owned]) -> None:
    rows = []
    for owned in products:
        if owned.product.vendor != contract.plan.vendor:
            names = {"product": owned.product.name, "plan": contract.plan.name}
            raise RefusedError("other_vendor", _("%(product)s 不能列入%(plan)s的合同。") % names)
        rows.append(
            OwnedProduct(
                contract=contract,
                product=owned.product,
                deployment=owned.deployment,
                tenant=owned.tenant,
                version=owned.version,
                quantity=owned.quantity,
            )
        )
    OwnedProduct.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["contract", "product", "deployment", "tenant"],
        update_fields=["version", "quantity"],
    )  # fmt: skip


@transaction.atomic
def disown(*, owned: OwnedProduct, actor: User | None = None) -> None:
    """Take a product off its contract."""
    owned.delete()
    _tell(owned.contract, Amendment.Kind.PRODUCTS, actor)


@transaction.atomic
def end(*, contract: Contract, on: date, actor: User | None = None) -> Contract:
    """End a contract before its term; `on` is its last day."""
    if not contract.starts_on <= on <= contract.ends_on:
        raise RefusedError("outside_term", _("终止日须在服务期之内。"))
    contract.ended_on = on
    contract.save(update_fields=["ended_on"])
    _tell(contract, Amendment.Kind.TERM, actor)
    return contract


@transaction.atomic
def take_seat(*, contract: Contract, seat: str, user: User) -> AccountTeamMember:
    """Put a user on a contract's account team; a manager's seat passes from whoever held it. Source: Y22, K10"""
    if user.is_customer:
        raise RefusedError("customer_in_account_team", _("客户方人员不能进入服务团队。"))
    managers = (AccountTeamMember.Seat.SUCCESS_MANAGER, AccountTeamMember.Seat.TECHNICAL_MANAGER)
    if seat in managers:
        contract.account_team.filter(seat=seat).exclude(user=user).delete()
    member, _made = AccountTeamMember.objects.get_or_create(contract=contract, seat=seat, user=user)
    return member


def leave_seat(*, contract: Contract, seat: str, user: User) -> None:
    """Take a user off a seat of a contract's account team."""
    contract.account_team.filter(seat=seat, user=user).delete()


@transaction.atomic
def set_switch(*, contract: Contract, name: str, value: str, reason: str, actor: User | None, at: datetime) -> Switch:
    """Record an answer to something the source leaves open, with who decided it and why.

    Raises RefusedError for an answer that cannot be. Source: Y19, K09
    """
    if not reason.strip():
        raise RefusedError("reason_missing", _("请写明理由。"))
    _check_switch(contract, name, value)
    decided = {"value": value, "reason": reason, "decided_by": actor, "decided_at": at}
    switch, _made = Switch.objects.update_or_create(contract=contract, name=name, defaults=decided)
    announce(contract=contract, kind=Amendment.Kind.SWITCH, reason=reason, actor=actor, at=at)
    return switch


@transaction.atomic
def unset_switch(*, contract: Contract, name: str, actor: User | None = None) -> None:
    """Take back a named switch: the source's own reading holds again."""
    contract.switches.filter(name=name).delete()
    _tell(contract, Amendment.Kind.SWITCH, actor)


def _check_switch(contract: Contract, name: str, value: str) -> None:
    if name == Switch.Name.HOTLINE_CALENDAR:
        if not CalendarVersion.objects.current().filter(code=value).exists():
            raise RefusedError(
                "unknown_calendar", _("没有名为“%s”的服务时间。") % value, promise="K09", clause="§3.3.2"
            )
    elif name == Switch.Name.SERVED_BY_BRANCH:
        if value not in ("branch", "hq"):
            raise RefusedError("bad_switch", _("应为 branch 或 hq。"), promise="Y19", clause="§3.2")
        if value == "branch" and not (contract.branch and contract.branch.calendar):
            raise RefusedError(
                "no_branch", _("合同没有指明分公司，或分公司没有服务时间。"), promise="Y19", clause="§3.2"
            )
    else:
        raise RefusedError("unknown_switch", _("没有名为“%s”的开关。") % name)
