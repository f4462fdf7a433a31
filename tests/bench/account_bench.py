"""How fast one customer's page is when a hundred thousand tickets are all theirs, beside one who has a thousand."""

from typing import Any

from tests.bench import pages_bench
from tests.bench.database import database
from tests.world import World
from tickets.models import Ticket

FEW, MANY = 1_000, 100_000
PATH = "/console/accounts/customers/c-y-1/"
PAGES = {"a customer on one page": PATH, "the same, with the year's promises": f"{PATH}?kept=1"}
TARGETS = {"a customer on one page": "<= 300 ms", "the same, with the year's promises": "<= 1,000 ms"}


def run() -> list[dict[str, Any]]:
    """Return p50, p95 and queries of the page at both sizes; the smaller stands beside the larger."""
    with database():
        world = World()
        template = pages_bench.template_of(world)
        found = [_measured(world, template, first, last) for first, last in ((1, FEW), (FEW + 1, MANY))]
    return [row for name in PAGES for row in _rows(name, found[0][name], found[1][name])]


def _measured(world: World, template: Ticket, first: int, last: int) -> dict[str, dict[str, float]]:
    """Lay more tickets, all of one customer, and return the figures of each page."""
    whose = {"customer_id": str(template.customer_id), "contact_id": str(template.contact_id)}
    pages_bench.seed(template, first, last, **whose)
    return {name: pages_bench.measured(world.manager, path, last, visits=12) for name, path in PAGES.items()}


def _rows(name: str, few: dict[str, float], many: dict[str, float]) -> list[dict[str, Any]]:
    wanted = {"p50": None, "p95": TARGETS[name], "queries": "as many"}
    return [
        {
            "name": f"{name}, {figure}, {MANY:,} tickets of theirs",
            "value": many[figure],
            "unit": "queries" if figure == "queries" else "ms",
            "beside": f"{FEW:,} tickets",
            "beside_value": few[figure],
            "ratio": many[figure] / few[figure],
            "target": target,
        }
        for figure, target in wanted.items()
    ]
