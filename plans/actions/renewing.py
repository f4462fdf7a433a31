"""A contract goes on: another one follows it without a gap, with its people, products and what was agreed."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from plans.actions.contracts import Agreed, Owned, sign
from plans.actions.history import Decided
from plans.actions.news import tell
from plans.actions.overrides import Dates, counted, override, override_calendar, override_quota
from plans.actions.own_terms import target_in
from plans.actions.switches import set_switch
from plans.models import Contract, Override, Plan
from plans.refusals import RefusedError
from plans.terms import last_day, local_date

ASKED = ("success_manager", "customer_admins")


@dataclass(frozen=True, slots=True)
class Renewal:
    """The contract that follows; `plan` None is the version sold now of the plan that is held.

    With `keeps_agreed` what was agreed without a last day, and every named switch, holds under it too.
    """

    number: str
    ends_on: date
    plan: Plan | None = None
    keeps_agreed: bool = True


@transaction.atomic
def renew(*, contract: Contract, renewal: Renewal, decided: Decided) -> Contract:
    """Sign the contract that follows on another from the day after its last, and return it.

    Raises RefusedError where another follows already, the plan is sold no longer, and whatever `sign` refuses.
    """
    contract = Contract.objects.select_for_update(of=("self",)).select_related("plan", "customer").get(pk=contract.pk)
    _check(contract)
    follower = sign(
        customer=contract.customer, plan=renewal.plan or _sold_now(contract.plan), number=renewal.number,
        starts_on=starts_after(contract, decided), ends_on=renewal.ends_on, agreed=_agreed(contract, decided, renewal),
    )  # fmt: skip
    if renewal.keeps_agreed:
        _carry(contract, follower, decided)
    about = {"number": follower.number, "starts_on": follower.starts_on.isoformat(),
             "ends_on": follower.ends_on.isoformat()}  # fmt: skip
    key = f"term_renewed:{contract.number}:{follower.number}"
    tell(kind="term_renewed", contract=follower, about=about, to=ASKED, at=decided.at, key=key)
    return follower


def starts_after(contract: Contract, decided: Decided) -> date:
    """Return the first day of what follows a contract: the day after its last, not before today."""
    return max(last_day(contract) + timedelta(days=1), local_date(contract, decided.at))


def _check(contract: Contract) -> None:
    follower = Contract.objects.filter(renews=contract).first()
    if follower:
        raise RefusedError(
            "renewed_already",
            _("合同 %(number)s 已由 %(follower)s 续签。") % {"number": contract.number, "follower": follower.number},
            ways_on=[_("在 %s 的页面上改它的服务期。") % follower.number],
        )


def _sold_now(plan: Plan) -> Plan:
    sold = Plan.objects.current().filter(code=plan.code).first()
    if sold is None:
        raise RefusedError("plan_not_sold", _("%s 已不再出售。") % plan.name, ways_on=[_("续签时另选一个成功计划。")])
    return sold


def _agreed(contract: Contract, decided: Decided, renewal: Renewal) -> Agreed:
    owned = tuple(
        Owned(
            row.product, row.deployment, row.tenant, row.version, row.quantity, row.tenancy, row.pace, row.is_customised
        )
        for row in contract.owned_products.select_related("product")
    )
    seats = tuple((row.seat, row.user) for row in contract.account_team.select_related("user"))
    return Agreed(
        contract.timezone, contract.branch, contract.team, owned, seats, _picks(contract, renewal), contract, decided
    )


def _picks(contract: Contract, renewal: Renewal) -> tuple[str, ...]:
    """Return what an à-la-carte contract picked; another kind of plan picks nothing."""
    if not (renewal.plan or contract.plan).is_a_la_carte:
        return ()
    picked = contract.entitlements.exclude(item__plan=contract.plan_id)
    return tuple(sorted(set(picked.values_list("item__promise", flat=True))))


def _carry(contract: Contract, follower: Contract, decided: Decided) -> None:
    """Agree again what was agreed without a last day, from the first day of the contract that follows."""
    held = Override.objects.in_force().filter(entitlement__contract=contract, ends_on=None)
    offered = set(follower.entitlements.values_list("item__promise", flat=True))
    for row in held.exclude(kind=Override.Kind.WITHDRAWN).select_related("entitlement__item"):
        if row.entitlement.item.promise in offered:
            _agree_again(row, follower, decided)
    for switch in contract.switches.all():
        set_switch(
            contract=follower, name=switch.name, value=switch.value, reason=_again(switch.reason),
            actor=decided.actor, at=decided.at,
        )  # fmt: skip


def _again(reason: str) -> str:
    return _("续签沿用：%s")[:400] % reason[:380]


def _agree_again(row: Override, follower: Contract, decided: Decided) -> None:
    said: dict[str, Any] = {
        "contract": follower,
        "reason": _again(row.reason),
        "actor": decided.actor,
        "at": decided.at,
    }
    today = local_date(follower, decided.at)
    dates = Dates(follower.starts_on if follower.starts_on > today else None)
    promise = row.entitlement.item.promise
    if row.kind == Override.Kind.TARGET:
        override(target=target_in(row.value), dates=dates, **said)
    elif row.kind == Override.Kind.CALENDAR:
        override_calendar(promise=promise, calendar=row.value["calendar"], dates=dates, **said)
    else:
        _count_again(row, follower, {"promise": promise, "dates": dates, **said})


def _count_again(row: Override, follower: Contract, said: dict[str, Any]) -> None:
    """Agree an amount again where the contract that follows counts the same."""
    offered = {rule.unit for right, rule in counted(follower) if right.item.promise == said["promise"]}
    unit = row.value.get("unit", "")
    if unit in offered or (not unit and offered):
        override_quota(amount=Decimal(str(row.value["amount"])), unit=unit, **said)
