"""A contract with everything coverage asks of it, read in one query; what never changes is kept in the process."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import JSONObject

from plans.models import Contact, Contract, Entitlement, Item, Override, OwnedProduct, Plan, Product, Switch
from sla.models import Policy
from sla.prepared import Prepared, prepare

# Items by key: a plan's version never changes, so neither do its items.
_ITEMS: dict[int, Item] = {}


@dataclass(frozen=True, slots=True)
class Agreement:
    """One contract: what is owned under it, what it entitles to, and what was decided for it."""

    contract: Contract
    entitlements: tuple[Entitlement, ...]
    policies: dict[int, int | None]
    owned: frozenset[tuple[str, str]]
    switches: dict[str, str]
    # Calendars agreed for this contract alone, by entitlement. Source: Y20
    calendars: dict[int, str]

    def find(self, service: str) -> Entitlement | None:
        """Return the entitlement to a service, if the contract has one."""
        return next((row for row in self.entitlements if row.item.service == service), None)

    def promised(self, promise: str) -> Entitlement | None:
        """Return the entitlement with a promise's id, if the contract has one."""
        return next((row for row in self.entitlements if row.item.promise == promise), None)

    def holds(self, product: Product) -> bool:
        """Tell whether a product is under this contract; one that lists none holds all of its vendor's."""
        if not self.owned:
            return product.vendor == self.contract.plan.vendor
        return any(code == product.code for code, _deployment in self.owned)

    def deployments(self, product: Product | None) -> set[str]:
        """Return how a product runs under this contract, or how any does when none is named."""
        return {deployment for code, deployment in self.owned if product is None or code == product.code}

    def term_at(self, at: datetime) -> str:
        """Return "in_force", "ahead" or "over", by the local date in the contract's zone; both end dates belong."""
        contract = self.contract
        today = at.astimezone(ZoneInfo(contract.timezone)).date()
        if today < contract.starts_on:
            return "ahead"
        last = min(contract.ends_on, contract.ended_on or contract.ends_on)
        return "over" if today > last else "in_force"

    @property
    def is_served_by_branch(self) -> bool:
        """Tell whether the contract's named switch gives its chat, tickets and hotline to a branch. Source: Y19"""
        return self.switches.get(Switch.Name.SERVED_BY_BRANCH) == "branch"

    def policy_of(self, entitlement: Entitlement) -> Policy | None:
        """Return the version in force of the policy that times an entitlement, or None where nothing is timed."""
        pk = self.policies.get(entitlement.pk)
        return _policy(pk) if pk else None


def agreements_of(contact: Contact, contract: Contract | None = None) -> list[Agreement]:
    """Return the agreements of a contact's customer, or only that of one contract if it is the customer's."""
    found = agreements_of_customer(contact.customer_id)
    return found if contract is None else [one for one in found if one.contract.pk == contract.pk]


def agreements_of_customer(customer: int) -> list[Agreement]:
    """Return the agreements of a customer, by its key."""
    found: list[Any] = _prepared().rows(customer_id=customer)
    for row in found:
        row.plan = _plan(row.plan_id)
    items = _items({entry["item"] for row in found for entry in _read(row).entitled})
    return [_agreement(row, items) for row in found]


@cache
def _prepared() -> Prepared[Contract]:
    return prepare(lambda customer_id: _with_terms(Contract.objects.filter(customer_id=customer_id)), customer_id=int)


def _read(row: Any) -> Any:
    """Read what was annotated as JSON."""
    for name in ("entitled", "holdings", "switched"):
        setattr(row, name, [json.loads(entry) for entry in getattr(row, name)])
    return row


def _with_terms(rows: QuerySet[Contract]) -> Any:
    """Return contracts, each with its entitlements, products and switches as JSON: one query however many."""
    policy = Policy.objects.current().filter(code=OuterRef("policy")).values("pk")[:1]
    agreed = Override.objects.filter(
        entitlement=OuterRef("pk"), kind=Override.Kind.CALENDAR, state=Override.State.IN_FORCE
    ).order_by("-at", "-pk")
    hours = agreed.values(code=KeyTextTransform("calendar", "value"))[:1]
    entitled = Entitlement.objects.filter(contract=OuterRef("pk")).order_by("pk")
    owned = OwnedProduct.objects.filter(contract=OuterRef("pk")).order_by()
    switched = Switch.objects.filter(contract=OuterRef("pk")).order_by()
    entry = JSONObject(pk="pk", item="item_id", policy="policy", version=Subquery(policy), hours=Subquery(hours))
    return rows.annotate(
        entitled=ArraySubquery(entitled.values(json=entry)),
        holdings=ArraySubquery(owned.values(json=JSONObject(code=F("product__code"), deployment="deployment"))),
        switched=ArraySubquery(switched.values(json=JSONObject(name="name", value="value"))),
    )


def _agreement(row: Any, items: dict[int, Item]) -> Agreement:
    entitlements = []
    for entry in row.entitled:
        entitlement = Entitlement(pk=entry["pk"], contract=row, item=items[entry["item"]], policy=entry["policy"])
        # It stands in the database already; saving it would update, not insert.
        entitlement._state.adding = False
        entitlements.append(entitlement)
    return Agreement(
        contract=row,
        entitlements=tuple(entitlements),
        policies={entry["pk"]: entry["version"] for entry in row.entitled},
        owned=frozenset((held["code"], held["deployment"]) for held in row.holdings),
        calendars={entry["pk"]: entry["hours"] for entry in row.entitled if entry["hours"]},
        switches={decided["name"]: decided["value"] for decided in row.switched},
    )


def _items(keys: Iterable[int]) -> dict[int, Item]:
    missing = set(keys) - _ITEMS.keys()
    if missing:
        _ITEMS.update(Item.objects.select_related("plan").in_bulk(missing))
    return _ITEMS


@lru_cache(maxsize=1024)
def _plan(pk: int) -> Plan:
    return Plan.objects.get(pk=pk)


@lru_cache(maxsize=4096)
def _policy(pk: int) -> Policy:
    return Policy.objects.get(pk=pk)
