"""What plan data says about amounts: an item's rules, and how much of each a contract is promised."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from plans.models import Contract, Entitlement, Item, Override, PublishedAmount
from plans.quotas.windows import TERM, Window

# The number last published of each thing that is left to be: by plan, promise, service and unit.
Published = dict[tuple[str, str, str, str], Decimal]


@dataclass(frozen=True, slots=True)
class Rule:
    """One counted thing of an item; `amount` None is unlimited, or not published yet."""

    unit: str
    amount: Decimal | None
    period: str
    is_as_published: bool = False
    # The service of the same promise whose amount this one draws on. Source: K05
    draws_on: str = ""
    # What becomes of more than there is: "chargeable" where the plan says so, else it is refused.
    when_used_up: str = ""

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
        when_used_up=entry.get("used_up") or "",
    )


def drawn_on(entitlement: Entitlement, unit: str) -> tuple[Entitlement, Rule | None]:
    """Return whose amount is drawn on, and the rule that says so; blank is the unit that the plan names first.

    Guided installation draws on the person-days of private-cloud operations. Source: K05
    """
    rules = rules_of(entitlement.item)
    rule = next((one for one in rules if unit in ("", one.unit)), None)
    if rule is None or not rule.draws_on:
        return entitlement, rule
    shared = Entitlement.objects.filter(contract=entitlement.contract_id, item__promise=entitlement.item.promise)
    found = shared.filter(item__service=rule.draws_on).select_related("item", "contract").first()
    return (found or entitlement), rule


def published_for(items: Iterable[Item]) -> Published:
    """Return what was published last of these items.

    A number stays published when its plan gets a new version.
    """
    codes = {item.plan.code for item in items if any(rule.is_as_published for rule in rules_of(item))}
    if not codes:
        return {}
    rows = PublishedAmount.objects.filter(item__plan__code__in=codes).select_related("item__plan")
    return {(*_place(row.item), row.unit): row.amount for row in rows.order_by("at", "pk")}


def _place(item: Item) -> tuple[str, str, str]:
    return item.plan.code, item.promise, item.service


def agreed_amounts(contracts: Iterable[Contract]) -> dict[int, list[Override]]:
    """Return the amounts that were agreed for contracts instead of the plan's, by entitlement, the last one last.

    One that has ended still holds for the windows that it reached into.
    """
    found: dict[int, list[Override]] = defaultdict(list)
    states = (Override.State.IN_FORCE, Override.State.LAPSED)
    rows = Override.objects.filter(entitlement__contract__in=contracts, kind=Override.Kind.QUOTA, state__in=states)
    for row in rows.order_by("at", "pk"):
        found[row.entitlement_id].append(row)
    return found


def usual_amount(item: Item, rule: Rule, published: Published) -> Decimal | None:
    """Return how much the plan gives, as it says or as was published; None where that is without bound or open."""
    return published.get((*_place(item), rule.unit), rule.amount) if rule.is_as_published else rule.amount


def agreed_for(rule: Rule, rows: Sequence[Override], window: Window, zone: ZoneInfo) -> Decimal | None:
    """Return the amount agreed last for a window that it reaches into, if any was; `rows` are those of this rule."""
    first, last = window
    reaching = [
        row
        for row in rows
        if (row.starts_on or row.at.astimezone(zone).date()) <= last and (row.ends_on is None or row.ends_on >= first)
    ]
    return Decimal(str(reaching[-1].value["amount"])) if reaching else None


def about(rows: Sequence[Override], rule: Rule, first: Rule) -> list[Override]:
    """Return the agreements about one rule of an item; one that names no unit is about the first."""
    return [row for row in rows if row.value.get("unit", first.unit) == rule.unit]
