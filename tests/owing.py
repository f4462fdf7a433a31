"""Contracts signed on a day of their own, and what they owe."""

from datetime import date, timedelta

from plans.actions.contracts import Agreed, sign
from plans.actions.history import Decided
from plans.models import Branch, Contract, Customer, Entitlement, Obligation, Plan
from tests.clocks import clock_at
from tests.world import World

FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)


def signed(
    world: World,
    plan: str,
    number: str,
    first: date = FIRST,
    last: date = LAST,
    at: str = "",
    branch: Branch | None = None,
) -> Contract:
    """Sign a contract with a customer of its own, a week before it begins unless said otherwise."""
    customer = Customer.objects.create(code=number.lower(), name="华光精密制造", name_en="Huaguang Precision")
    seats = (("success_manager", world.success_manager), ("technical_manager", world.technical_manager))
    with clock_at(at or f"{first - timedelta(days=7)} 10:00") as when:
        agreed = Agreed(team=world.team, decided=Decided(None, when), account_team=seats, branch=branch)
        plan_row = Plan.objects.current().get(code=plan)
        return sign(
            customer=customer, plan=plan_row, number=number, starts_on=first, ends_on=last, agreed=agreed
        )  # fmt: skip


def owed(contract: Contract, promise: str, **more: object) -> list[Obligation]:
    """Return what a contract owes by one promise, the earliest first."""
    rows = contract.obligations.filter(item__promise=promise, **more)
    return list(rows.select_related("contract", "item", "clock").order_by("opens_on"))


def entitled(contract: Contract, promise: str) -> Entitlement:
    """Return a contract's entitlement by its promise."""
    return contract.entitlements.select_related("item", "contract").get(item__promise=promise)
