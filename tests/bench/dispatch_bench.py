"""How soon a deadline is fired, and how many steps a second worker processes fire, beside the bare statements."""

import tempfile
import time
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from sla.models import Heartbeat
from tests.bench.database import database
from tests.faults import rows
from tests.faults.rig import Rig, rig

OPEN, DUE, WITHIN = 100_000, 5_000, 60.0
# All due in one instant, to see how fast they go.
AT_ONCE = 20_000

BARE = """
WITH due AS (
  SELECT id, due_at, next_step_at FROM sla_milestone
  WHERE next_step_at < shouyue_now() ORDER BY next_step_at, id LIMIT 200 FOR UPDATE SKIP LOCKED
), fired AS (
  INSERT INTO sla_escalation
    (milestone_id, due_at, level, mark, step_at, fired_at, actions, state, attempts, retry_at, error)
  SELECT id, due_at, 0, 'breach', next_step_at, shouyue_now(), '[]', 'pending', 0, shouyue_now(), '' FROM due
  ON CONFLICT DO NOTHING
)
UPDATE sla_milestone AS milestone SET next_step_at = NULL FROM due WHERE milestone.id = due.id
"""


def run() -> list[dict[str, Any]]:
    """Return lag figures with everything running, then steps a second of the hop that fires."""
    with database() as url, tempfile.TemporaryDirectory(prefix="sy-", dir="/tmp") as folder:
        with rig(Path(folder), url) as product:
            lags = _lags(product)
            bare = _bare()
            one = _rate(product, 1)
            two = _rate(product, 2)
        return [
            _row("lag p50, 5,000 of 100,000 due in 60 s", lags[0], "s", None, None, None),
            _row("lag p99", lags[1], "s", None, None, "<= 2"),
            _row("lag max", lags[2], "s", None, None, None),
            _row("steps a second, 1 worker", one, "1/s", "bare statements, 1 process", bare, None),
            _row("steps a second, 2 workers", two, "1/s", "bare statements, 1 process", bare, None),
        ]


def _row(name: str, value: float, unit: str, beside: str | None, beside_value: float | None, target: str | None) -> Any:
    ratio = value / beside_value if beside_value else None
    return {
        "name": name, "value": value, "unit": unit, "beside": beside, "beside_value": beside_value, "ratio": ratio,
        "target": target,
    }  # fmt: skip


def _lags(product: Rig) -> list[float]:
    """Return p50, p99 and the worst lag with one worker of each queue, a beat and the watchdog."""
    product.worker("clock")
    product.worker("out")
    product.beat()
    product.watchdog()
    product.wait_for(lambda: Heartbeat.objects.filter(kind="out").exists())
    rows.seed(open_clocks=OPEN, due=DUE, within=WITHIN)
    rows.begin()
    product.wait_for(lambda: _fired() == DUE, WITHIN + 60)
    found = [rows.lag(share) for share in (0.5, 0.99, 1)]
    for name in ("beat", "clock", "out", "watchdog"):
        product.kill(name)
    return found


def _fired() -> int:
    return int(rows.scalar("SELECT count(*) FROM sla_escalation"))


def _forget() -> None:
    """Take away whatever was fired, so that the hops after it have nothing to do."""
    Heartbeat.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE sla_escalation, tickets_ticketevent, tickets_delivery CASCADE")


def _due_at_once(lead: float) -> None:
    """Let many clocks fall due in one instant."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sla_milestone SET due_at = now() + %s * interval '1 second', next_step_at = now() "
            "+ %s * interval '1 second', next_level = 0, fired_through = NULL WHERE id BETWEEN %s AND %s",
            [lead, lead, rows.BASE + 1, rows.BASE + AT_ONCE],
        )
        cursor.execute("VACUUM ANALYZE sla_milestone")


def _bare() -> float:
    """Return the steps a second of one process that only claims, inserts and moves on, in SQL."""
    _forget()
    _due_at_once(-1)
    began, claimed = time.monotonic(), 1
    while claimed:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(BARE)
            claimed = cursor.rowcount
    return AT_ONCE / (time.monotonic() - began)


def _rate(product: Rig, workers: int) -> float:
    """Return the steps a second of so many real workers, from the first fired to the last."""
    names = [f"clock-{n}" for n in range(workers)]
    _forget()
    for name in names:
        product.worker("clock", name)
    product.beat()
    product.wait_for(lambda: Heartbeat.objects.filter(kind="clock").exists())
    _due_at_once(4)
    product.wait_for(lambda: _fired() == AT_ONCE, 120)
    for name in ("beat", *names):
        product.kill(name)
    spent = rows.scalar("SELECT extract(epoch FROM max(fired_at) - min(fired_at)) FROM sla_escalation")
    return AT_ONCE / float(spent)
