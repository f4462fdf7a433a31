"""Plans side by side, in the reader's words: what each cell of the comparison says, and what stands behind it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from plans.catalogue.lineup import Cell, Row, items_told, lineup
from plans.models import Contract, Entitlement, Item, Plan
from plans.wording import list_of, name_of, text_of
from tickets.showing.catalogue.values import Names, Shut, amounts, codes, listed, names_for, shut_out, steps, updates

# A plan with fewer services than this needs no broad column.
FEW = 3


@dataclass(frozen=True, slots=True)
class Told:
    """One cell: the few words that matter first, the clause, and everything that bounds it."""

    plan: Plan
    item: Item | None = None
    title: str = ""
    first: Sequence[str] = ()
    clause: str = ""
    bounds: Sequence[tuple[str, str]] = ()
    shut: Sequence[Shut] = ()
    remark: str = ""
    inherited: str = ""
    replaces: str = ""
    is_on_offer: bool = False

    @property
    def is_picked(self) -> bool:
        """Tell whether this was picked one by one."""
        return self.plan.is_a_la_carte and bool(self.inherited) and not self.is_on_offer


@dataclass(frozen=True, slots=True)
class Line:
    """One row: a service, and what each plan says of it."""

    name: str
    promise: str
    place: str
    cells: Sequence[Told]


def lines_of(plans: Sequence[Plan], contract: Contract | None = None) -> list[Line]:
    """Return plans side by side, a line a service; the column of a contract's plan tells that contract."""
    held = [row.item for row in entitlements_told(contract)] if contract else []
    rows = lineup(plans, held, contract.plan if contract else None)
    names = names_for(items_told(rows))
    return [_line(row, plans, names) for row in rows]


def entitlements_told(contract: Contract) -> list[Entitlement]:
    """Return what a contract gives, with the item and its plan."""
    return list(contract.entitlements.select_related("item__plan").order_by("-item__plan__rank", "item_id"))


def _line(row: Row, plans: Sequence[Plan], names: Names) -> Line:
    name = name_of(row.item)
    cells = [_told(cell, plan, name, names) for cell, plan in zip(row.cells, plans, strict=True)]
    return Line(name, row.item.promise, f"{row.item.promise}-{row.item.service}", cells)


def _told(cell: Cell, plan: Plan, row_name: str, names: Names) -> Told:
    item = cell.item
    if item is None:
        return Told(plan)
    name = name_of(item)
    return Told(
        plan=plan,
        item=item,
        title="" if name == row_name else name,
        first=_first(item, names),
        clause=text_of(item, "clause"),
        bounds=list(_bounds(item, names)),
        shut=shut_out(item),
        remark=text_of(item, "remark"),
        inherited=name_of(cell.inherited) if cell.inherited else "",
        replaces=name_of(cell.replaces.plan) if cell.replaces else "",
        is_on_offer=cell.is_on_offer,
    )


def _first(item: Item, names: Names) -> list[str]:
    """Return what people compare plans by: how much, how fast, when."""
    hours = names.calendars.get(item.calendar, "")
    return [word for word in (*amounts(item), text_of(item, "response"), hours) if word]


def _bounds(item: Item, names: Names) -> Iterable[tuple[str, str]]:
    """Yield what else bounds an item, each with what it is."""
    told = [
        (_("交付主体"), text_of(item, "provider")),
        (_("海外交付主体"), text_of(item, "provider_overseas")),
        (_("入口"), listed(list_of(item, "entrances"))),
        (_("交付物"), text_of(item, "deliverable")),
        (_("阶段"), steps(list_of(item, "stages"))),
        (_("更新"), updates(item)),
        (_("预约"), _("须提前 %d 天") % item.notice_days if item.notice_days else ""),
        (_("适用产品"), listed(names.products.get(code, code) for code in item.products)),
        (_("适用部署"), codes("deployments", item.deployments)),
        (_("适用类别"), codes("categories", item.categories)),
        (_("适用渠道"), codes("channels", item.channels)),
        (_("适用优先级"), codes("priorities", item.priorities)),
        (_("服务对象"), _("仅限认证的使用者") if item.is_for_certified else ""),
        (_("须同时选取"), listed(item.requires)),
        (_("仅面向"), names.plans.get(item.requires_plan, item.requires_plan)),
    ]
    return [(label, words) for label, words in told if words]


def sparse(lines: Sequence[Line]) -> set[str]:
    """Return the codes of the plans that have next to nothing to say, beside others that do."""
    told = Counter(cell.plan.code for line in lines for cell in line.cells if cell.item)
    return {cell.plan.code for line in lines for cell in line.cells if told[cell.plan.code] < FEW < len(lines)}
