"""Plans side by side: a row a service, and what each plan promises of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Prefetch

from plans.catalogue.differing import place_of
from plans.catalogue.items import items_of
from plans.catalogue.picking import on_offer
from plans.models import Item, Plan, Vendor

Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Cell:
    """What one plan promises of one service: nothing, an item of its own, of a plan it contains, or one to pick."""

    item: Item | None = None
    # The plan that it comes from, where that is not the column's own.
    inherited: Plan | None = None
    # The item of a contained plan in whose place this one stands.
    replaces: Item | None = None
    is_on_offer: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One service across plans; `item` is how the plan with most to say of it puts it."""

    item: Item
    cells: tuple[Cell, ...]


def vendors() -> list[Vendor]:
    """Return the vendors that sell a plan."""
    return list(Vendor.objects.filter(code__in=Plan.objects.current().values("vendor")))


def versions_of(vendor: str) -> dict[str, list[Plan]]:
    """Return every version of a vendor's plans by code, the lowest rank first; of each, the newest version first."""
    found: dict[str, list[Plan]] = {}
    for plan in Plan.objects.filter(vendor=vendor).order_by("-version"):
        found.setdefault(plan.code, []).append(plan)
    return dict(sorted(found.items(), key=lambda pair: (pair[1][0].rank, pair[0])))


def chosen(versions: Mapping[str, Sequence[Plan]], wanted: Mapping[str, int]) -> list[Plan]:
    """Return one version of each plan: the one wanted, else the one that is sold, else the last that was."""
    keys = [_one(plans, wanted.get(code)).pk for code, plans in versions.items()]
    own = Prefetch("items", Item.objects.order_by("pk"))
    rows = Plan.objects.select_related("includes").prefetch_related(own, "includes__items").in_bulk(keys)
    return [rows[key] for key in keys]


def _one(plans: Sequence[Plan], version: int | None) -> Plan:
    named = next((plan for plan in plans if plan.version == version), None)
    return named or next((plan for plan in plans if plan.is_current), plans[0])


def lineup(plans: Sequence[Plan], held: Sequence[Item] = (), by: Plan | None = None) -> list[Row]:
    """Return a row for each service that one of the plans promises, in the order of the fullest document.

    `held` is what somebody's contract gives, `by` its plan: that column tells the contract.
    """
    columns = [_column(plan, held if plan == by else ()) for plan in plans]
    fullest = sorted(range(len(plans)), key=lambda nth: (plans[nth].is_a_la_carte, -len(columns[nth])))
    leads: dict[Place, Item] = {}
    for nth in fullest:
        for place, cell in columns[nth].items():
            if cell.item and not cell.is_on_offer:
                leads.setdefault(place, cell.item)
    return [Row(item, tuple(column.get(place, Cell()) for column in columns)) for place, item in leads.items()]


def _column(plan: Plan, picked: Sequence[Item]) -> dict[Place, Cell]:
    contained = {place_of(item): item for item in items_of(plan.includes)} if plan.includes else {}
    held = {place_of(item): _cell(plan, item, contained) for item in (picked or items_of(plan))}
    if not plan.is_a_la_carte:
        return held
    offered = {place_of(item): Cell(item, inherited=item.plan, is_on_offer=True) for item in on_offer(plan)}
    return {**offered, **held}


def _cell(plan: Plan, item: Item, contained: Mapping[Place, Item]) -> Cell:
    if item.plan_id != plan.pk:
        return Cell(item, inherited=item.plan)
    return Cell(item, replaces=contained.get(place_of(item)))


def items_told(rows: Iterable[Row]) -> list[Item]:
    """Return every item that some rows tell, each once."""
    return list({cell.item.pk: cell.item for row in rows for cell in row.cells if cell.item}.values())
