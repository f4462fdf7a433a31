"""What a contract says, as one flat mapping from paths to plain values; and the difference of two of them.

Paths: `plan`, `starts_on`, `ends_on`, `ended_on`, `timezone`, `branch`, `team`, `renews`, and
`product/<code>/<deployment>/<tenant>`, `seat/<seat>/<user>`, `switch/<name>`, `picked/<promise>/<service>`,
`policy/<promise>/<service>`, `override/<key>`. What is as the plan says stands under no path.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import F

from plans.models import AccountTeamMember, Contract, Entitlement, Override, OwnedProduct, Plan, Switch

State = dict[str, Any]
Changed = dict[str, list[Any]]
TERMS = ("starts_on", "ends_on", "ended_on", "timezone")


def state_of(contract: Contract) -> State:
    """Return what a contract says now, read from the database."""
    return states_of([contract.pk])[contract.pk]


def states_of(keys: Iterable[int]) -> dict[int, State]:
    """Return what contracts say now, by their keys: as many queries for thousands as for one."""
    wanted = list(keys)
    states = {pk: state for pk, state in map(_terms, _contracts(wanted))}
    for read in READERS:
        for pk, path, value in read(wanted):
            states[pk][path] = value
    return states


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> Changed:
    """Return each path whose value differs, with both; null where there was or is none."""
    paths = sorted(before.keys() | after.keys())
    return {path: [before.get(path), after.get(path)] for path in paths if before.get(path) != after.get(path)}


def applied(state: State, changed: Mapping[str, list[Any]]) -> State:
    """Return a state after a change."""
    after = state | {path: values[1] for path, values in changed.items()}
    return {path: value for path, value in after.items() if value is not None}


def folded(changes: Iterable[Mapping[str, list[Any]]]) -> State:
    """Return what changes come to, in their order."""
    state: State = {}
    for changed in changes:
        state = applied(state, changed)
    return state


def named_plan(code: str, version: int) -> str:
    """Return a version of a plan as a state names it."""
    return f"{code}/{version}"


def plan_named(name: str) -> Plan | None:
    """Return the version of a plan that a state names."""
    code, _slash, version = name.partition("/")
    return Plan.objects.filter(code=code, version=int(version)).first()


def _contracts(keys: list[int]) -> Iterable[dict[str, Any]]:
    named = {"plan_code": F("plan__code"), "plan_version": F("plan__version"), "follows": F("renews__number")}
    places = {"branch_code": F("branch__code"), "team_code": F("team__code")}
    return Contract.objects.filter(pk__in=keys).order_by().values("pk", *TERMS, **named, **places)


def _terms(row: dict[str, Any]) -> tuple[int, State]:
    said = {name: _plain(row[name]) for name in TERMS}
    said |= {"plan": named_plan(row["plan_code"], row["plan_version"]), "renews": row["follows"]}
    said |= {"branch": row["branch_code"], "team": row["team_code"]}
    return row["pk"], {path: value for path, value in said.items() if value is not None}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value


Found = Iterable[tuple[int, str, Any]]


def _products(keys: list[int]) -> Found:
    rows = OwnedProduct.objects.filter(contract__in=keys).order_by().select_related("product")
    for row in rows:
        path = f"product/{row.product.code}/{row.deployment}/{row.tenant}"
        yield row.contract_id, path, {"version": row.version, "quantity": row.quantity, **_running(row)}


def _running(row: OwnedProduct) -> dict[str, Any]:
    """Return how a product runs, as far as somebody wrote it down."""
    said = {"tenancy": row.tenancy, "pace": row.pace, "customised": row.is_customised}
    return {name: value for name, value in said.items() if value not in ("", None)}


def _seats(keys: list[int]) -> Found:
    rows = AccountTeamMember.objects.filter(contract__in=keys).order_by().select_related("user")
    for row in rows:
        yield row.contract_id, f"seat/{row.seat}/{row.user_id}", str(row.user)


def _switches(keys: list[int]) -> Found:
    rows = Switch.objects.filter(contract__in=keys).order_by().select_related("decided_by")
    for row in rows:
        said = {"value": row.value, "reason": row.reason, "by": str(row.decided_by or ""), "at": _plain(row.decided_at)}
        yield row.contract_id, f"switch/{row.name}", said


def _own_policies(keys: list[int]) -> Found:
    """Yield the policies that are not their item's own."""
    rows = Entitlement.objects.filter(contract__in=keys).exclude(policy=F("item__policy")).order_by()
    for pk, promise, service, policy in rows.values_list("contract", "item__promise", "item__service", "policy"):
        yield pk, f"policy/{promise}/{service}", policy


def _picks(keys: list[int]) -> Found:
    """Yield what à-la-carte contracts picked, with the version of the plan that it was picked from. Source: K19"""
    # Few contracts pick; asked with the rest, the database might match thousands of contracts with all their rights.
    plans = dict(Contract.objects.filter(pk__in=keys, plan__is_a_la_carte=True).order_by().values_list("pk", "plan"))
    rows = Entitlement.objects.filter(contract__in=plans).order_by().select_related("item__plan") if plans else ()
    for row in rows:
        plan = row.item.plan
        if plan.pk != plans[row.contract_id]:
            yield row.contract_id, f"picked/{row.item.promise}/{row.item.service}", named_plan(plan.code, plan.version)


def _overrides(keys: list[int]) -> Found:
    rows = Override.objects.filter(entitlement__contract__in=keys).exclude(kind=Override.Kind.WITHDRAWN).order_by()
    for row in rows.select_related("entitlement__item"):
        yield row.entitlement.contract_id, f"override/{row.pk}", agreement(row)


def agreement(row: Override) -> dict[str, Any]:
    """Return something that was agreed as a state names it."""
    item = row.entitlement.item
    return {
        "promise": item.promise, "service": item.service, "kind": row.kind, "value": row.value,
        "reason": row.reason, "by": row.actor_display, "at": _plain(row.at),
        "from": _plain(row.starts_on), "to": _plain(row.ends_on), "state": row.state,
    }  # fmt: skip


READERS: list[Callable[[list[int]], Found]] = [_products, _seats, _switches, _own_policies, _picks, _overrides]
