"""What a contract gives, right by right, with how much of each is left."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from plans.models import Contract, Entitlement
from plans.quotas.balances import Balance, balances_of
from plans.quotas.rules import Rule, rules_of
from plans.terms import last_day


@dataclass(frozen=True, slots=True)
class Right:
    """One thing that a contract gives: counted by a rule of the plan, or by what the contract was granted, or not."""

    entitlement: Entitlement
    rule: Rule | None = None
    balance: Balance | None = None

    @property
    def unit(self) -> str:
        """Return what it is counted in; blank where nothing is counted."""
        return self.balance.unit if self.balance else self.rule.unit if self.rule else ""

    @property
    def period(self) -> str | None:
        """Return over what it is counted: year or term."""
        return self.balance.quota.period if self.balance else self.rule.period if self.rule else None

    @property
    def promised(self) -> Decimal | None:
        """Return how much plan and contract promise a window; None where that is without bound or open."""
        return self.balance.quota.amount if self.balance else self.rule.amount if self.rule else None

    @property
    def is_unpublished(self) -> bool:
        """Tell whether the plan leaves a number to be published that was not yet. Source: K15"""
        return bool(self.rule and self.rule.is_as_published and self.balance is None)

    @property
    def is_unlimited(self) -> bool:
        """Tell whether there is as much as is asked for."""
        return bool(self.rule and not self.rule.is_counted and not self.rule.draws_on)

    @property
    def quota(self) -> dict[str, Any]:
        """Return the rule as plan data has it, with the amount that holds for this contract."""
        if not self.unit:
            return {}
        amount = None if self.promised is None else float(self.promised)
        is_open = bool(self.rule and self.rule.is_as_published)
        return {"amount": amount, "unit": self.unit, "period": self.period, "as_published": is_open}


def rights_of(contract: Contract, on: date) -> list[Right]:
    """Return what a contract gives as of a local date, in the plan's order; two questions however much it is.

    Before and after the term, as on its first or last day.
    """
    on = min(max(on, contract.starts_on), last_day(contract))
    rows = contract.entitlements.select_related("item").order_by("item__promise", "pk")
    held: dict[int | None, list[Balance]] = defaultdict(list)
    for balance in balances_of(contract, on):
        held[balance.quota.entitlement_id].append(balance)
    return [right for row in rows for right in _rights(row, held[row.pk])]


def _rights(entitlement: Entitlement, balances: list[Balance]) -> Iterator[Right]:
    rules = [rule for rule in rules_of(entitlement.item) if not rule.draws_on]
    by_unit = {balance.unit: balance for balance in balances}
    for rule in rules:
        yield Right(entitlement, rule, by_unit.pop(rule.unit, None))
    for balance in by_unit.values():
        yield Right(entitlement, None, balance)
    if not rules and not balances:
        yield Right(entitlement)
