"""How fast a notice reaches open deadlines, a tenth of them touched, beside one bare update of the same rows."""

import resource
import time
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from sla import engine
from sla.actions import Hours, put_calendars
from sla.changing.recomputing import recompute_due
from sla.models import Clock, DueMove, Milestone, Observation, Recompute
from tests.bench.database import database
from tests.clocks import clock_at, heard, policy_row
from tests.faults.rows import copy, scalar

SIZES = (100_000, 1_000_000)
BASE = 10_000_000
TENTH = 10
NOW = "2026-03-02 17:00"
SHUT = date(2026, 3, 3)
WEEK = {day: [["08:30", "12:00"], ["13:00", "17:30"]] for day in ("mon", "tue", "wed", "thu", "fri")}
# Four working hours: of a tenth they end on the Tuesday morning, of the others on the Monday.
STARTED = """CASE WHEN mod(n, 10) = 0 THEN timestamptz '2026-03-02 14:30+08' ELSE timestamptz '2026-03-02 08:30+08' END
  + mod(n, 9000) * interval '1 second'"""
DUE = """CASE WHEN mod(n, 10) = 0 THEN timestamptz '2026-03-03 09:30+08' ELSE timestamptz '2026-03-02 13:30+08' END
  + mod(n, 9000) * interval '1 second'"""
BARE = """
UPDATE sla_milestone SET due_at = due_at + interval '1 day', next_step_at = next_step_at + interval '1 day'
WHERE stopped_at IS NULL AND due_at > timestamptz '2026-03-03 00:00+08'
"""


def run() -> list[dict[str, Any]]:
    """Return milestones a second of the work itself, for each size, and the memory that it took."""
    with database():
        return [row for size in SIZES for row in _measured(size)]


def _measured(size: int) -> list[dict[str, Any]]:
    code = f"bench-{size}"
    _lay(size, code)
    bare = _bare()
    before, began = _memory(), time.monotonic()
    with clock_at(NOW) as at:
        put_calendars(calendars=[_hours(code, shut=True)], cause="bench", at=at)
        while recompute_due():
            pass
    spent = time.monotonic() - began
    moved = DueMove.objects.filter(verdict="later", recompute__code=code).count()
    assert moved == size // TENTH, (moved, Recompute.objects.values_list("error", "finished_at"))
    name = f"recompute, a tenth of {size:,} open moved"
    return [
        _row(f"{name}: moved a second", moved / spent, "1/s", "bare UPDATE", bare),
        _row(f"{name}: looked at a second", size / spent, "1/s"),
        _row(f"{name}: more memory at most", (_memory() - before) / 1024, "MB"),
    ]


def _row(name: str, value: float, unit: str, beside: str | None = None, beside_value: float | None = None) -> Any:
    ratio = value / beside_value if beside_value else None
    return {
        "name": name, "value": value, "unit": unit, "beside": beside, "beside_value": beside_value, "ratio": ratio,
        "target": None,
    }  # fmt: skip


def _memory() -> int:
    """Return the most memory that this process ever had, in kB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _hours(code: str, *, shut: bool = False) -> Hours:
    special = [{"date": str(SHUT), "hours": [], "name": "放假", "name_en": "Off", "source": "bench"}] if shut else []
    rules = {"timezone": "Asia/Shanghai", "weekly": WEEK, "working_day_seconds": 28800, "special": special}
    return Hours(code, code, code, rules)


def _lay(size: int, code: str) -> None:
    """Lay open clocks with one milestone and one fact each, in place of those of another size."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE sla_clock, sla_milestone, sla_observation, sla_escalation, sla_duemove CASCADE")
    with clock_at(NOW) as at:
        put_calendars(calendars=[_hours(code)], at=at)
    policy = policy_row(code, {"calendar": code, "amount": Decimal(4 * 3600)})
    clock, (milestone,) = engine.start(policy=policy, priority="", heard=heard("customer open", NOW, "T-2026-000001#1"))
    many = {"id": f"{BASE} + n"}
    copy(Clock, clock.pk, size, {**many, "started_at": STARTED})
    copy(Observation, clock.observations.get().pk, size, {**many, "clock_id": many["id"], "at": STARTED})
    dates = {"started_at": STARTED, "due_at": DUE, "next_step_at": f"{DUE} - interval '1 hour'"}
    copy(Milestone, milestone.pk, size, {**many, "clock_id": many["id"], **dates})
    clock.delete()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE sla_milestone")
        cursor.execute("VACUUM ANALYZE sla_observation")


def _bare() -> float:
    """Return the rows a second of one statement that moves the same deadlines by a day, rolled back afterwards."""
    began = time.monotonic()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(BARE)
            moved = cursor.rowcount
        spent = time.monotonic() - began
        transaction.set_rollback(True)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM sla_milestone")
    assert moved == scalar("SELECT count(*) FROM sla_milestone WHERE due_at > timestamptz '2026-03-03 00:00+08'")
    return moved / spent
