"""What a plan says of updates, product by product: by which rule they come, or on whose word. Source: K11"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from plans.models import Contract, Entitlement, Item, OwnedProduct
from plans.updates.rules import days, window_on
from plans.wording import worded, worded_list

SERVICE = "updates"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which running products are meant; what is blank or None does not matter."""

    products: Sequence[str] = ()
    deployments: Sequence[str] = ()
    tenancy: str = ""
    pace: str = ""
    is_customised: bool | None = None

    def meets(self, owned: OwnedProduct) -> bool:
        """Tell whether a product under a contract is meant. What nobody wrote down of it may be either. Source: K11"""
        return (
            (not self.products or owned.product.code in self.products)
            and (not self.deployments or owned.deployment in self.deployments)
            and (not self.tenancy or owned.tenancy in ("", self.tenancy))
            and (not self.pace or owned.pace in ("", self.pace))
            and (self.is_customised is None or owned.is_customised in (None, self.is_customised))
        )


@dataclass(frozen=True, slots=True)
class UpdatePolicy:
    """One line of what a plan says of updates, with the item that says it."""

    item: Item
    said: Mapping[str, Any]

    @property
    def code(self) -> str:
        """Return what tells it from the others of the item."""
        return str(self.said["code"])

    @property
    def name(self) -> str:
        """Return what it is called, in the language in use."""
        return worded(self.said, "name")

    @property
    def clause(self) -> str:
        """Return the clause that says it, with its section."""
        return f"{self.said['section']} {worded(self.said, 'clause')}"

    @property
    def assumed(self) -> str:
        """Return what the document leaves open and we assume."""
        return worded(self.said, "assumed")

    @property
    def gives(self) -> list[str]:
        """Return what a customer is given who plans the updates themselves."""
        return worded_list(self.said, "gives")

    @property
    def scope(self) -> Scope:
        """Return which running products it speaks of."""
        said = self.said
        return Scope(
            tuple(said["products"]), tuple(said["deployments"]), said["tenancy"], said["pace"], said["customised"]
        )

    @property
    def zone(self) -> ZoneInfo:
        """Return the zone of its windows."""
        return ZoneInfo(self.said["timezone"])

    @property
    def has_rule(self) -> bool:
        """Tell whether updates come by themselves."""
        return bool(self.said["rules"])

    @property
    def is_on_request(self) -> bool:
        """Tell whether an update comes when the customer asks."""
        return bool(self.said["on_request"])

    @property
    def is_own_plan(self) -> bool:
        """Tell whether the customer's administrators plan the updates."""
        return bool(self.said["own_plan"])

    @property
    def needs_audit(self) -> bool:
        """Tell whether operations audits security first."""
        return bool(self.said["security_audit"])

    @property
    def notice_days(self) -> int | None:
        """Return how many days ahead a window is told of; None where it is not told one by one."""
        days_ahead: int | None = self.said["notice_days"]
        return days_ahead

    def days(self, first: date, last: date) -> list[date]:
        """Return the local days from `first` to `last`, both included, on which a window opens."""
        return days(self.said["rules"], date.fromisoformat(self.said["since"]), first, last)

    def window(self, day: date) -> tuple[datetime, datetime]:
        """Return the instants of the window that opens on a local day."""
        return window_on(day, self.said["opens"], self.said["hours"], self.zone)


def policies_of(item: Item) -> list[UpdatePolicy]:
    """Return what an item says of updates, in the plan's order."""
    return [UpdatePolicy(item, said) for said in item.updates]


def right_to_updates(contract: Contract) -> Entitlement | None:
    """Return the right of a contract to updates; the one that says most where it has several."""
    rows = contract.entitlements.filter(item__service=SERVICE).select_related("item__plan")
    return max(rows, key=lambda row: (len(row.item.updates), row.pk), default=None)


def has_updates(contract: Contract) -> bool:
    """Tell whether a contract gives a right to updates."""
    return contract.entitlements.filter(item__service=SERVICE).exists()


def governing(policies: Iterable[UpdatePolicy], owned: OwnedProduct) -> list[UpdatePolicy]:
    """Return which policies govern a running product; several where it is not written down how it runs."""
    return [policy for policy in policies if policy.scope.meets(owned)]
