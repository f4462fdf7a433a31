"""Contracts that were changed and go on: others took over, the days of a year's end were agreed, one was renewed."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

from plans.actions import NewTarget, Owned, override, own, place, take_seat
from plans.actions.history import Decided
from plans.actions.overrides import Dates
from plans.actions.renewing import Renewal, renew
from plans.models import Contract, Product, User
from plans.terms import last_day, local_date

HALF_AN_HOUR = 1800


def go_on(*, now: datetime) -> None:
    """Change what the demo's contracts say, as time went by."""
    decider = User.objects.filter(role="manager").order_by("pk").first()
    for number, change in CHANGES.items():
        contract = Contract.objects.filter(number=number).select_related("plan", "team").first()
        if contract and decider:
            change(contract, decider, now)


def _year_end(contract: Contract, decider: User, now: datetime) -> None:
    """Agree a quicker answer for the days of the year's closing, which lie ahead."""
    first = local_date(contract, now) + timedelta(days=33)
    dates = Dates(first, min(first + timedelta(days=16), last_day(contract)))
    target = NewTarget("first_response", Decimal(HALF_AN_HOUR))
    reason = "年终结账期间，客户要求半小时内有人联系。"
    override(contract=contract, target=target, reason=reason, actor=decider, at=now - timedelta(days=6), dates=dates)


def _more(contract: Contract, decider: User, now: datetime) -> None:
    """Put another product under the contract, as the customer grew."""
    held = contract.owned_products.values_list("product", flat=True)
    product = Product.objects.filter(vendor=contract.plan.vendor).exclude(pk__in=held).order_by("code").first()
    if product:
        at = now - timedelta(days=40)
        own(contract=contract, products=[Owned(product, quantity=20)], actor=decider, reason="客户增购。", at=at)


def _handed_over(contract: Contract, decider: User, now: datetime) -> None:
    """Have another colleague join the account, and headquarters take over."""
    colleague = User.objects.filter(role="expert", is_active=True).order_by("pk").first()
    if colleague:
        at = now - timedelta(days=75)
        take_seat(
            contract=contract, seat="member", user=colleague, actor=decider, reason="接手供应链上线后的辅导。", at=at
        )  # fmt: skip
    place(
        contract=contract, branch=None, team=contract.team, reason="伙伴合同到期，改由总部服务。", actor=decider,
        at=now - timedelta(days=20),
    )  # fmt: skip


def _renewed(contract: Contract, decider: User, now: datetime) -> None:
    """Sign the contract that follows one that ends soon."""
    ends_on = last_day(contract) + timedelta(days=365)
    decided = Decided(decider, now - timedelta(days=3), "客户同意按原条款续一年。")
    renew(contract=contract, renewal=Renewal(f"{contract.number}-R", ends_on), decided=decided)


CHANGES: dict[str, Callable[[Contract, User, datetime], None]] = {
    "C-2026-001": _year_end,
    "C-2026-002": _handed_over,
    "C-2026-009": _renewed,
    "C-2026-010": _more,
}
