"""What applied to a contract on a day: its words by then, and the versions of everything that they name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from plans.catalogue.items import items_of
from plans.history.states import State, folded, plan_named, state_of
from plans.models import Branch, Contract, ContractChange, Item, Override, Plan, Product, Team
from plans.terms import Standing, standing_between
from sla.models import CalendarVersion, Policy, Target

# An override in these states holds on a day that its dates name.
HOLDING = (Override.State.AHEAD, Override.State.IN_FORCE)


@dataclass(frozen=True, slots=True)
class AppliedProduct:
    """A product under a contract, with how it ran."""

    product: Product | None
    code: str
    deployment: str
    tenant: str
    version: str
    quantity: int


@dataclass(frozen=True, slots=True)
class AppliedRight:
    """One thing that a contract gave, with the policy and the calendars that timed it, in their versions of the day."""

    item: Item
    code: str
    policy: Policy | None
    calendars: tuple[CalendarVersion, ...]

    @property
    def is_own(self) -> bool:
        """Tell whether it was timed by a policy of the contract's own."""
        return self.code != self.item.policy


@dataclass(frozen=True, slots=True)
class Applied:
    """What a contract said on a day, at its close; `changes` are those of the day itself."""

    contract: Contract
    on: date
    standing: Standing
    plan: Plan
    branch: Branch | None
    team: Team | None
    products: tuple[AppliedProduct, ...]
    seats: tuple[tuple[str, str], ...]
    switches: Mapping[str, Mapping[str, Any]]
    overrides: tuple[Mapping[str, Any], ...]
    rights: tuple[AppliedRight, ...]
    changes: tuple[ContractChange, ...]
    state: State
    # The day lies before the first that was written down: what was signed is taken to have held.
    is_before_signing: bool


def as_of(contract: Contract, on: date) -> Applied:
    """Return what applied to a contract on a local date of its own, past or to come, as it is known now."""
    rows = list(contract.changes.until(on).select_related("actor"))
    state = folded(row.changed for row in rows) or state_of(contract)
    plan = plan_named(state["plan"])
    if plan is None:
        raise LookupError(f"Contract {contract.number} names a plan that is kept no longer: {state['plan']}")
    return Applied(
        contract=contract,
        on=on,
        standing=_standing(state, on),
        plan=plan,
        branch=Branch.objects.filter(code=state.get("branch", "")).first(),
        team=Team.objects.filter(code=state.get("team", "")).first(),
        products=_products(state),
        seats=tuple((path.split("/")[1], name) for path, name in sorted(state.items()) if path.startswith("seat/")),
        switches={path.removeprefix("switch/"): said for path, said in state.items() if path.startswith("switch/")},
        overrides=tuple(said for said in _under(state, "override/").values() if _holds(said, on)),
        rights=_rights(state, plan, _close_of(on, state["timezone"])),
        changes=tuple(row for row in rows if row.on == on),
        state=state,
        is_before_signing=bool(rows) and rows[0].on > on,
    )


def _standing(state: State, on: date) -> Standing:
    first, last = (date.fromisoformat(state[path]) for path in ("starts_on", "ends_on"))
    ended = state.get("ended_on")
    return standing_between(first, min(last, date.fromisoformat(ended)) if ended else last, on)


def _under(state: State, prefix: str) -> dict[str, Any]:
    return {path.removeprefix(prefix): value for path, value in sorted(state.items()) if path.startswith(prefix)}


def _close_of(on: date, timezone: str) -> datetime:
    """Return the last instant of a local date, in UTC."""
    following = datetime.combine(on + timedelta(days=1), time(), ZoneInfo(timezone))
    return following.astimezone(UTC) - timedelta(microseconds=1)


def _products(state: State) -> tuple[AppliedProduct, ...]:
    held = _under(state, "product/")
    known = Product.objects.in_bulk({path.split("/")[0] for path in held}, field_name="code")
    found = []
    for path, said in held.items():
        code, deployment, tenant = path.split("/", 2)
        found.append(AppliedProduct(known.get(code), code, deployment, tenant, said["version"], said["quantity"]))
    return tuple(found)


def _holds(said: Mapping[str, Any], on: date) -> bool:
    """Tell whether an agreement held on a day, by its dates and what had become of it by then."""
    first, last = said.get("from"), said.get("to")
    in_dates = (not first or first <= on.isoformat()) and (not last or on.isoformat() <= last)
    return in_dates and said["state"] in HOLDING


def _rights(state: State, plan: Plan, until: datetime) -> tuple[AppliedRight, ...]:
    own = _under(state, "policy/")
    items = [*items_of(plan), *_picked(state)]
    codes = {item.pk: own.get(f"{item.promise}/{item.service}", item.policy) for item in items}
    policies = _in_force(Policy, set(codes.values()), until)
    hours = _hours(list(policies.values()))
    named = {code for item in items for code in hours.get(policies.get(codes[item.pk]), [item.calendar])}
    calendars = _in_force(CalendarVersion, named, until)

    def right(item: Item) -> AppliedRight:
        policy = policies.get(codes[item.pk])
        used = hours.get(policy, [item.calendar])
        return AppliedRight(item, codes[item.pk], policy, tuple(calendars[code] for code in used if code in calendars))

    return tuple(right(item) for item in sorted(items, key=lambda item: (item.promise, item.service)))


def _picked(state: State) -> Iterable[Item]:
    """Yield what an à-la-carte contract had picked, from the versions of the plans that it was picked from."""
    for place, plan in _under(state, "picked/").items():
        promise, service = place.split("/")
        code, version = plan.split("/")
        yield from Item.objects.filter(
            plan__code=code, plan__version=version, promise=promise, service=service
        ).select_related("plan")


def _in_force(model: Any, codes: Iterable[str], until: datetime) -> dict[str, Any]:
    """Return the version of each code that was in force at an instant; the first where there was none yet."""
    found: dict[str, Any] = {}
    for row in model.objects.filter(code__in=[code for code in codes if code]).order_by("code", "version"):
        if row.code not in found or row.created_at <= until:
            found[row.code] = row
    return found


def _hours(policies: list[Policy]) -> dict[Policy | None, list[str]]:
    """Return the calendars that each policy runs on."""
    found: dict[Policy | None, list[str]] = {policy: [] for policy in policies}
    rows = Target.objects.filter(policy__in=found).order_by("calendar").values_list("policy", "calendar").distinct()
    by_key = {policy.pk: policy for policy in policies}
    for pk, calendar in rows:
        found[by_key[pk]].append(calendar)
    return found
