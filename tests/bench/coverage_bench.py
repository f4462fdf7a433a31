"""How many coverage decisions a second one process makes, each asked anew of the database, beside bare queries."""

import time
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from plans.coverage import cover
from tests.bench.database import database
from tests.hours import beijing
from tests.world import World

ROUNDS, SECONDS = 5, 0.6
AT = beijing("2026-09-28 09:00")


def run() -> list[dict[str, Any]]:
    """Return how many decisions there are a second: a yes, a no with definitions, one about a counted service."""
    with database():
        world = World()
        ours, theirs = world.kingdee, world.yonsuite
        plain = lambda: cover(ours.contact, None, None, ours.product, "", "fault", "portal", AT)  # noqa: E731
        refused = lambda: cover(ours.contact, None, None, ours.product, "", "customisation", "im", AT)  # noqa: E731
        counted = lambda: cover(theirs.contact, None, "health_check", None, "", "", "portal", AT)  # noqa: E731
        return [
            row("covered", plain, ">= 5,000/s"),
            row("refused, with the five definitions", refused, ">= 5,000/s"),
            row("a counted service", counted, None),
        ]


def row(name: str, ask: Callable[[], Any], target: str | None) -> dict[str, Any]:
    """Return one line of the table, with how many queries a warm decision takes."""
    ask()
    with CaptureQueriesContext(connection) as queries:
        ask()
    ours, bare = a_second(ask), a_second(_query)
    return {
        "name": f"coverage decisions, {name} ({len(queries)} queries warm)", "value": ours, "unit": "/s",
        "beside": "bare queries", "beside_value": bare, "ratio": ours / bare, "target": target,
    }  # fmt: skip


def _query() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), max(id) FROM plans_termschange WHERE customer = %s", [1])
        cursor.fetchone()


def a_second(do: Callable[[], Any]) -> float:
    """Return how often something is done a second: the best of some rounds, as other programs only slow it down."""
    return max(_round(do) for _ in range(ROUNDS))


def _round(do: Callable[[], Any]) -> float:
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < SECONDS:
        do()
        count += 1
    return count / (time.perf_counter() - began)
