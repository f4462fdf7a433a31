"""A contract with everything coverage asks of it, kept in the process for as long as the database says it holds."""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.base import ModelState
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import JSONObject

from plans.models import Contact, Contract, Entitlement, Item, Override, OwnedProduct, Plan, Product, Switch
from sla.models import Policy
from sla.prepared import Prepared, prepare

# Items by key: a plan's version never changes, so neither do its items.
_ITEMS: dict[int, Item] = {}
# What was read of customers' contracts, by the customer's key: the oldest goes when there are too many.
_READ: dict[int, "Terms"] = {}
MOST_READ = 256
# Seconds after which they are read again, whatever the database says: a policy and a contract that are changed by two
# transactions at the same moment do not see each other.
LONGEST_READ = 60.0
VERSION = "SELECT count(*), max(id) FROM plans_termschange WHERE customer = %s"

Version = tuple[int, int | None]


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
    # As of which version of its customer's terms it was read; None where it is not signed.
    version: Version | None = None

    def find(self, service: str) -> Entitlement | None:
        """Return the entitlement to a service, if the contract has one; it is shared by all who ask, see `bound`."""
        return next((row for row in self.entitlements if row.item.service == service), None)

    def promised(self, promise: str) -> Entitlement | None:
        """Return the entitlement with a promise's id, if the contract has one."""
        return next((row for row in self.entitlements if row.item.promise == promise), None)

    def bound(self, shared: Entitlement) -> Entitlement:
        """Return an entitlement of one's own, with this contract."""
        own = _own(shared)
        own.contract = self.contract
        return own

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


@dataclass(frozen=True, slots=True)
class Terms:
    """What was read of a customer's contracts, as of one version of them."""

    version: Version
    read_at: float
    contracts: tuple["Row", ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One contract and what hangs on it; shared, so each who asks gets a contract of their own."""

    contract: Contract
    entitlements: tuple[Entitlement, ...]
    policies: dict[int, int | None]
    owned: frozenset[tuple[str, str]]
    switches: dict[str, str]
    calendars: dict[int, str]

    def agreement(self, version: Version) -> Agreement:
        """Return it as an agreement of its own."""
        contract = _own(self.contract)
        return Agreement(contract, self.entitlements, self.policies, self.owned, self.switches, self.calendars, version)


def agreements_of(contact: Contact, contract: Contract | None = None) -> list[Agreement]:
    """Return the agreements of a contact's customer, or only that of one contract if it is the customer's."""
    found = agreements_of_customer(contact.customer_id)
    return found if contract is None else [one for one in found if one.contract.pk == contract.pk]


def agreements_of_customer(customer: int) -> list[Agreement]:
    """Return the agreements of a customer, by its key. One question where nothing has changed since they were read."""
    version = _version(customer)
    kept = _READ.get(customer)
    if kept is None or kept.version != version or time.monotonic() - kept.read_at > LONGEST_READ:
        # What is read may be newer than its version, never older: then it is only read once more.
        kept = _READ[customer] = Terms(version, time.monotonic(), _read(customer))
        if len(_READ) > MOST_READ:
            _READ.pop(next(iter(_READ)), None)
    return [row.agreement(kept.version) for row in kept.contracts]


def _version(customer: int) -> Version:
    with connection.cursor() as cursor:
        cursor.execute(VERSION, [customer])
        return cursor.fetchone()


def _read(customer: int) -> tuple[Row, ...]:
    found: list[Any] = _prepared().rows(customer_id=customer)
    items = _items({entry["item"] for row in found for entry in _parsed(row).entitled})
    return tuple(_row(row, items) for row in found)


Kept = TypeVar("Kept", Contract, Entitlement)


def _own(shared: Kept) -> Kept:
    """Return the same row as an object of its own; a model's constructor takes ten times as long."""
    own = shared.__class__.__new__(shared.__class__)
    own.__dict__.update(shared.__dict__)
    own._state = ModelState()
    own._state.db, own._state.adding = shared._state.db, False
    own._state.fields_cache = dict(shared._state.fields_cache)
    return own


@cache
def _prepared() -> Prepared[Contract]:
    return prepare(lambda customer_id: _with_terms(Contract.objects.filter(customer_id=customer_id)), customer_id=int)


def _parsed(row: Any) -> Any:
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


def _row(row: Any, items: dict[int, Item]) -> Row:
    entitlements = []
    for entry in row.entitled:
        entitlement = Entitlement(
            pk=entry["pk"], contract_id=row.pk, item=items[entry["item"]], policy=entry["policy"]
        )  # fmt: skip
        # It stands in the database already; saving it would update, not insert.
        entitlement._state.adding = False
        entitlements.append(entitlement)
    return Row(
        contract=_bare(row),
        entitlements=tuple(entitlements),
        policies={entry["pk"]: entry["version"] for entry in row.entitled},
        owned=frozenset((held["code"], held["deployment"]) for held in row.holdings),
        calendars={entry["pk"]: entry["hours"] for entry in row.entitled if entry["hours"]},
        switches={decided["name"]: decided["value"] for decided in row.switched},
    )


def _bare(row: Any) -> Contract:
    """Return a contract with its plan, without what was annotated to it."""
    names = [field.attname for field in Contract._meta.concrete_fields]
    contract = Contract.from_db(connection.alias, names, [getattr(row, name) for name in names])
    contract.plan = _plan(contract.plan_id)
    return contract


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
