"""How a customer's products run: what monitoring found, what is being worked on, and when they are maintained. K04"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q

from plans.models import ApiKey, Contract, Customer, Entitlement, OwnedProduct, Product, UpdateWindow, User
from plans.updates.reading import concerns, windows_of_any
from plans.wording import clause_of
from tickets.models import Alert, Category, Channel, Ticket
from tickets.models.ticket import ENDED

WATCHED, PUBLIC = "public_operations", "public_cloud"
RECENT, AHEAD, BEHIND = timedelta(days=30), timedelta(days=60), timedelta(days=7)
SHOWN = 5


@dataclass(frozen=True)
class Line:
    """One product as it runs in the public cloud."""

    product: Product
    contract: Contract
    clause: str
    open_count: int = 0
    solved_count: int = 0
    firing: int = 0
    last: Ticket | None = None
    windows: Sequence[UpdateWindow] = ()
    # The vendor's own board of this product line, where a key of its monitoring names one.
    board_url: str = ""

    @property
    def tone(self) -> str:
        """Return how it stands: something fires, something is being worked on, or all is well."""
        return "breached" if self.firing else "at_risk" if self.open_count else "kept"


def has_operations(contracts: Iterable[Contract]) -> bool:
    """Tell whether any of these contracts has its public cloud watched."""
    return Entitlement.objects.filter(contract__in=[row.pk for row in contracts], item__service=WATCHED).exists()


def lines_of(customer: Customer, contracts: Sequence[Contract], user: User, at: datetime) -> list[Line]:
    """Return a customer's product lines that are watched; tickets are counted as far as `user` may see them."""
    rights = Entitlement.objects.filter(contract__in=contracts, item__service=WATCHED).select_related(
        "item", "contract__plan"
    )
    by_contract = {right.contract_id: right for right in rights}
    owned = OwnedProduct.objects.filter(contract__in=by_contract, deployment=PUBLIC).select_related(
        "product", "contract__plan"
    )
    windows = windows_of_any(contracts, at - BEHIND, at + AHEAD)
    facts = _facts(customer, user, at)
    boards = _boards(customer)
    lines: dict[int, Line] = {}
    for one in owned.order_by("product__code", "contract__number"):
        said = facts.get(one.product_id, {})
        lines.setdefault(one.product_id, Line(
            product=one.product, contract=one.contract, clause=clause_of(by_contract[one.contract_id].item),
            windows=[row for row in windows if concerns(row, one.contract, [one])][:SHOWN],
            board_url=boards.get(one.product_id, ""), **said,
        ))  # fmt: skip
    return list(lines.values())


def _facts(customer: Customer, user: User, at: datetime) -> dict[int, dict[str, Any]]:
    """Return what is known of each product's operations, in three queries."""
    about = Q(category=Category.OPERATIONS) | Q(channel=Channel.MONITORING)
    seen = Ticket.objects.visible_to(user).filter(about, customer=customer).exclude(product=None).order_by()
    is_open, is_recent = ~Q(status__in=ENDED), Q(resolved_at__gt=at - RECENT)
    counted = seen.values("product").annotate(
        open_count=Count("pk", filter=is_open, distinct=True),
        solved_count=Count("pk", filter=is_recent, distinct=True),
        last=Max("pk"),
    )
    rows: dict[int, dict[str, Any]] = {}
    for row in counted:
        rows[row["product"]] = {name: row[name] for name in ("open_count", "solved_count", "last")}
    tickets = Ticket.objects.in_bulk([row["last"] for row in rows.values()])
    # Silenced meanwhile, an alert never tells that it is over; with its ticket ended it says nothing about now.
    firing = Alert.objects.firing().filter(ticket__customer=customer).exclude(ticket__status__in=ENDED)
    counts = firing.values("ticket__product").annotate(n=Count("pk")).order_by()
    fires = dict(counts.values_list("ticket__product", "n"))
    return {
        product: row | {"last": tickets.get(row["last"]), "firing": fires.get(product, 0)}
        for product, row in rows.items()
    }


def _boards(customer: Customer) -> dict[int, str]:
    """Return the address of each product's board, from the keys by which its monitoring reports."""
    keys = ApiKey.objects.filter(customer=customer, revoked_at=None).exclude(product=None)
    found = {key.product_id: str(key.options.get("board_url", "")) for key in keys if key.product_id}
    return {product: url for product, url in found.items() if url.startswith(("https://", "http://"))}
