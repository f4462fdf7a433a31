"""How fast the entitlement ledger is read and written, for a contract with ten thousand lines, beside bare SQL."""

import statistics
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from plans.actions import quotas
from plans.actions.quotas import Posting
from plans.models import Quota, QuotaEntry
from plans.quotas import balances_of
from plans.quotas.statements import PAGE, statement_of
from sla.clock import database_now
from tests.bench.database import database
from tests.world import World

LINES = 10_000
ROUNDS = 40
BOOKINGS = 200
# Grants and uses in turn; each line goes on from the one before it.
FILL = """
    INSERT INTO plans_quotaentry
        (quota_id, position, kind, granted, reserved, used, expired, "left", "on", at, actor_display,
         cause, cause_en, key)
    SELECT %(quota)s, %(last)s + n, CASE WHEN mod(n, 2) = 1 THEN 'grant' ELSE 'consume' END,
        mod(n, 2), 0, 1 - mod(n, 2), 0, %(left)s + mod(n, 2), %(on)s, %(at)s + interval '1 minute' * n, '何成功',
        '应用健康度评估第 ' || n || ' 次', 'Health check number ' || n, 'bench:' || %(quota)s || ':' || %(last)s + n
    FROM generate_series(1, %(count)s) n
"""
BARE_SUMS = """
    SELECT quota_id, sum(granted), sum(reserved), sum(used), sum(expired) FROM plans_quotaentry
    WHERE quota_id = ANY(%s) GROUP BY quota_id
"""
BARE_LINES = """
    SELECT id, quota_id, kind, granted, reserved, used, expired, "left", "on", at, actor_display, cause, cause_en
    FROM plans_quotaentry WHERE quota_id = ANY(%s) ORDER BY quota_id, position
"""


def run() -> list[dict[str, Any]]:
    """Return the time of a statement's page and of a whole one, of balances, and of a booking."""
    with database():
        world = World()
        contract = world.yonsuite.contract
        fill(contract)
        keys = list(contract.quotas.values_list("pk", flat=True))
        span = (contract.starts_on, date(2030, 12, 31))
        bare_sums, bare_lines = lambda: bare(BARE_SUMS, keys), lambda: bare(BARE_LINES, keys)
        return [
            row("a page of a statement", measured(lambda: statement_of(contract, *span, limit=PAGE)), "bare sums",
                measured(bare_sums), "<= 20 ms"),
            row("a whole statement", measured(lambda: statement_of(contract, *span)), "bare lines",
                measured(bare_lines), None),
            row("all balances", measured(lambda: balances_of(contract, date(2026, 6, 1))), "bare sums",
                measured(bare_sums), "<= 20 ms"),
            booking(world),
        ]  # fmt: skip


def fill(contract: Any) -> None:
    """Give a contract ten thousand lines, shared out among its amounts."""
    rows = list(Quota.objects.filter(contract=contract).order_by("pk"))
    with connection.cursor() as cursor:
        for quota in rows:
            last = quota.entries.order_by("-position").first()
            said = {"quota": quota.pk, "last": last.position, "left": last.left, "on": quota.starts_on}
            at = database_now()
            cursor.execute(FILL, {**said, "at": at, "count": LINES // len(rows)})
        cursor.execute("ANALYZE plans_quotaentry")
    assert QuotaEntry.objects.filter(quota__contract=contract).count() >= LINES


def bare(sql: str, keys: list[int]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [keys])
        return cursor.fetchall()


def measured(read: Callable[[], Any]) -> float:
    """Return the median time of a reading in milliseconds, and forget the first ones."""
    spent = []
    for _ in range(ROUNDS + 5):
        began = time.perf_counter()
        read()
        spent.append(time.perf_counter() - began)
    return statistics.median(spent[5:]) * 1000


def booking(world: World) -> dict[str, Any]:
    """Return how many uses a second one process books, each in a transaction of its own, beside a bare insert."""
    entitlement = world.yonsuite.contract.entitlements.get(item__promise="Y14")
    at, on = database_now(), date(2026, 6, 1)
    quotas.grant(
        entitlement=entitlement, amount=Decimal(BOOKINGS), on=on, posting=Posting(at, "bench", "测速", "Bench")
    )
    began = time.perf_counter()
    for number in range(BOOKINGS):
        posting = Posting(at, f"bench:use:{number}", "测速", "Bench")
        quotas.consume(entitlement=entitlement, amount=Decimal(1), on=on, posting=posting)
    ours = BOOKINGS / (time.perf_counter() - began)
    quota = Quota.objects.create(
        contract=world.yonsuite.contract, item=entitlement.item, unit="times", period="term",
        starts_on=on, ends_on=on,
    )  # fmt: skip
    began = time.perf_counter()
    for number in range(BOOKINGS):
        with transaction.atomic(), connection.cursor() as cursor:
            said = {"quota": quota.pk, "last": number, "left": number, "on": on, "at": at, "count": 1}
            cursor.execute(FILL, said)
            cursor.execute("SELECT 1")
    theirs = BOOKINGS / (time.perf_counter() - began)
    return row("bookings", ours, "bare inserts", theirs, None, "/s")


def row(
    name: str, value: float, beside: str, beside_value: float, target: str | None, unit: str = "ms"
) -> dict[str, Any]:
    """Return one line of the table."""
    return {
        "name": f"{name}, {LINES:,} lines", "value": value, "unit": unit, "beside": beside,
        "beside_value": beside_value, "ratio": value / beside_value, "target": target,
    }  # fmt: skip
