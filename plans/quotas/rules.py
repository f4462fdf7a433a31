"""What plan data says about amounts: an item's rules, and how much of each a contract is promised."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from plans.models import Entitlement, Item, Override, PublishedAmount
from plans.quotas.windows import TERM


@dataclass(frozen=True, slots=True)
class Rule:
    """One counted thing of an item; `amount` None is unlimited, or not published yet."""

    unit: str
    amount: Decimal | None
    period: str
    is_as_published: bool = False
    # The service of the same promise whose amount this one draws on. Source: K05
    draws_on: str = ""

    @property
    def is_counted(self) -> bool:
        """Tell whether there is, or will be, a bounded amount."""
        return self.amount is not None or self.is_as_published


def rules_of(item: Item) -> list[Rule]:
    """Return what an item counts; plan data says one thing or several."""
    return [_rule(entry) for entry in written(item)]


def written(item: Item) -> list[dict[str, Any]]:
    """Return an item's rules as plan data has them, always as a list."""
    said: Any = item.quota
    return list(said) if isinstance(said, list) else [said] if said else []


def _rule(entry: dict[str, Any]) -> Rule:
    amount = entry.get("amount")
    return Rule(
        unit=entry["unit"],
        amount=None if amount is None else Decimal(str(amount)),
        period=entry.get("period") or TERM,
        is_as_published=bool(entry.get("as_published")),
        draws_on=entry.get("of") or "",
    )


def published_for(items: Iterable[Item]) -> dict[tuple[str, str, str, str], Decimal]:
    """Return the number last published of each thing that is left to be: by plan, promise, service and unit.

    A number stays published when its plan gets a new version.
    """
    codes = {item.plan.code for item in items if any(rule.is_as_published for rule in rules_of(item))}
    if not codes:
        return {}
    rows = PublishedAmount.objects.filter(item__plan__code__in=codes).select_related("item__plan")
    return {(*_place(row.item), row.unit): row.amount for row in rows.order_by("at", "pk")}


def _place(item: Item) -> tuple[str, str, str]:
    return item.plan.code, item.promise, item.service


def promised(
    entitlement: Entitlement, agreed: Sequence[Override], published: dict[tuple[str, str, str, str], Decimal]
) -> list[Rule]:
    """Return the bounded amounts that a contract is promised: the plan's, as published, or as agreed last."""
    found = []
    for place, rule in enumerate(rules_of(entitlement.item)):
        if rule.draws_on:
            continue
        own = [
            row
            for row in agreed
            if row.value.get("unit", "") in ("", rule.unit) and (place == 0 or "unit" in row.value)
        ]
        amount = rule.amount
        if rule.is_as_published:
            amount = published.get((*_place(entitlement.item), rule.unit), amount)
        if own:
            amount = Decimal(str(own[-1].value["amount"]))
        if amount is not None:
            found.append(Rule(rule.unit, amount, rule.period, rule.is_as_published))
    return found
