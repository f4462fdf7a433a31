"""Writes of contracts: signing, what is owned under them, who stands for the customer."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from plans.actions.history import Decided, Kind, changing, write_first
from plans.actions.news import announce
from plans.actions.obligations.laying import lay_out as lay_out_owed
from plans.actions.quotas import lay_out as lay_out_quotas
from plans.actions.terms import check_term
from plans.catalogue.items import items_of
from plans.catalogue.picking import picked
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
    Team,
    User,
)
from plans.models.contracts import Deployment
from plans.overlaps import Bought, check_overlaps, picks_in
from plans.refusals import RefusedError
from plans.wording import name_of
from sla.clock import database_now

# Seats that one person alone holds.
MANAGERS = (AccountTeamMember.Seat.SUCCESS_MANAGER, AccountTeamMember.Seat.TECHNICAL_MANAGER)
NUMBER = re.compile(r"[^\s/\\?#%\0]{1,40}")


@dataclass(frozen=True, slots=True)
class Owned:
    """A product under a contract."""

    product: Product
    deployment: str = Deployment.PUBLIC_CLOUD
    tenant: str = ""
    version: str = ""
    quantity: int = 1
    tenancy: str = ""
    pace: str = ""
    is_customised: bool | None = None


@dataclass(frozen=True, slots=True)
class Agreed:
    """What a contract says besides customer, plan and term; `picks` are promise ids of an à-la-carte plan."""

    timezone: str = "Asia/Shanghai"
    branch: Branch | None = None
    team: Team | None = None
    products: tuple[Owned, ...] = ()
    account_team: tuple[tuple[str, User], ...] = ()
    picks: tuple[str, ...] = ()
    # The contract that it follows on, and who signs for us.
    renews: Contract | None = None
    decided: Decided | None = None


@transaction.atomic
def sign(
    *, customer: Customer, plan: Plan, number: str, starts_on: date, ends_on: date, agreed: Agreed | None = None
) -> Contract:
    """Sign a contract and entitle it to the plan's items, those of the included plan, and the items picked.

    Raises RefusedError when the term runs backwards, the number is taken, a pick is not on offer, a product or a
    manager stands there twice, or the customer has the same plan for the same product already. Source: K19
    """
    agreed = agreed or Agreed()
    _check_new(number, starts_on, ends_on, agreed.timezone)
    items = [*items_of(plan), *picked(plan, agreed.picks, customer, starts_on)]
    check_overlaps(_bought(customer, plan, (starts_on, ends_on), agreed, items))
    _check_seats(agreed.account_team)
    decided = agreed.decided or Decided(None, database_now())
    contract = Contract.objects.create(
        customer=customer, plan=plan, number=number, starts_on=starts_on, ends_on=ends_on, timezone=agreed.timezone,
        branch=agreed.branch, team=agreed.team, signed_at=decided.at, renews=agreed.renews,
    )  # fmt: skip
    _entitle(contract, items)
    put_products(contract, agreed.products)
    AccountTeamMember.objects.bulk_create(
        AccountTeamMember(contract=contract, seat=seat, user=user) for seat, user in dict.fromkeys(agreed.account_team)
    )
    lay_out_quotas(contract=contract, at=decided.at, actor=decided.actor)
    lay_out_owed(contract=contract, at=decided.at)
    write_first(contract, Kind.RENEWED if agreed.renews else Kind.SIGNED, decided)
    return contract


def _check_new(number: str, starts_on: date, ends_on: date, timezone: str) -> None:
    check_term(starts_on, ends_on, timezone)
    # A number is part of an address of its contract's pages.
    if not NUMBER.fullmatch(number) or number == "-":
        raise RefusedError("bad_number", _("合同号须为 1 到 40 个字符，不含空格和 / \\ ? # 等符号。"))
    if Contract.objects.filter(number=number).exists():
        raise RefusedError("number_taken", _("合同号 %s 已存在。") % number, ways_on=[_("换一个合同号。")])


def _check_seats(seats: Iterable[tuple[str, User]]) -> None:
    """Refuse a customer's person among those who stand for the customer, and two in a manager's seat."""
    taken: dict[str, User] = {}
    for seat, user in seats:
        _check_ours(user)
        if taken.setdefault(seat, user) != user and seat in MANAGERS:
            words = {"seat": AccountTeamMember.Seat(seat).label, "one": name_of(taken[seat]), "other": name_of(user)}
            raise RefusedError(
                "seat_taken_twice", _("%(seat)s只有一位，却写了%(one)s和%(other)s。") % words,
                ways_on=[_("只留一位。")],
            )  # fmt: skip


def _check_ours(user: User) -> None:
    if user.is_customer:
        raise RefusedError("customer_in_account_team", _("客户方人员不能进入服务团队。"))


def _bought(customer: Customer, plan: Plan, term: tuple[date, date], agreed: Agreed, items: Iterable[Item]) -> Bought:
    things = tuple((owned.product.code, owned.deployment, owned.tenant) for owned in agreed.products)
    return Bought(customer, plan, *term, things, *picks_in(plan, items))


def _entitle(contract: Contract, items: Iterable[Item]) -> None:
    Entitlement.objects.bulk_create(Entitlement(contract=contract, item=item, policy=item.policy) for item in items)


def own(
    *,
    contract: Contract,
    products: Iterable[Owned],
    actor: User | None = None,
    reason: str = "",
    at: datetime | None = None,
) -> None:
    """Put products under a contract; one of the same product, deployment and tenant is brought up to date.

    Raises RefusedError for another vendor's product, and where the customer has the same plan for it already.
    """
    decided = Decided(actor, at or database_now(), reason)
    with changing(contract, Kind.PRODUCTS, decided):
        put_products(contract, products)
        check_overlaps(Bought.of(contract))
        _tell(contract, decided)


def put_products(contract: Contract, products: Iterable[Owned]) -> None:
    """Write what is owned under a contract. Call inside atomic.

    Raises RefusedError for another vendor's product, and for one that stands there twice.
    """
    rows: list[OwnedProduct] = []
    for owned in products:
        _check_once(owned, rows)
        if owned.product.vendor != contract.plan.vendor:
            names = {"product": name_of(owned.product), "plan": name_of(contract.plan)}
            raise RefusedError("other_vendor", _("%(product)s 不能列入%(plan)s的合同。") % names)
        said = {name: getattr(owned, name) for name in Owned.__slots__}
        rows.append(OwnedProduct(contract=contract, **said))
    OwnedProduct.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["contract", "product", "deployment", "tenant"],
        update_fields=["version", "quantity"],
    )  # fmt: skip


def _check_once(owned: Owned, rows: Iterable[OwnedProduct]) -> None:
    if any(
        (row.product, row.deployment, row.tenant) == (owned.product, owned.deployment, owned.tenant) for row in rows
    ):
        raise RefusedError(
            "product_twice",
            _("%s 以同样的部署方式和租户写了两次。") % name_of(owned.product),
            ways_on=[_("合成一行，或写明各自的租户。")],
        )


def disown(*, owned: OwnedProduct, actor: User | None = None, reason: str = "", at: datetime | None = None) -> None:
    """Take a product off its contract.

    Raises RefusedError for the last one while others list theirs: a contract that lists none holds all of its vendor's.
    """
    decided = Decided(actor, at or database_now(), reason)
    with changing(owned.contract, Kind.PRODUCTS, decided):
        owned.delete()
        check_overlaps(Bought.of(owned.contract))
        _tell(owned.contract, decided)


def _tell(contract: Contract, decided: Decided) -> None:
    """Put up the news that a contract's products were changed."""
    kind = Amendment.Kind.PRODUCTS
    announce(contract=contract, kind=kind, reason=decided.reason, actor=decided.actor, at=decided.at)


def take_seat(
    *,
    contract: Contract,
    seat: str,
    user: User,
    actor: User | None = None,
    reason: str = "",
    at: datetime | None = None,
) -> AccountTeamMember:
    """Put a user on a contract's account team; a manager's seat passes from whoever held it. Source: Y22, K10"""
    _check_ours(user)
    with changing(contract, Kind.SEATS, Decided(actor, at or database_now(), reason)):
        if seat in MANAGERS:
            contract.account_team.filter(seat=seat).exclude(user=user).delete()
        member, _made = AccountTeamMember.objects.get_or_create(contract=contract, seat=seat, user=user)
    return member


def leave_seat(
    *,
    contract: Contract,
    seat: str,
    user: User,
    actor: User | None = None,
    reason: str = "",
    at: datetime | None = None,
) -> None:
    """Take a user off a seat of a contract's account team."""
    with changing(contract, Kind.SEATS, Decided(actor, at or database_now(), reason)):
        contract.account_team.filter(seat=seat, user=user).delete()
