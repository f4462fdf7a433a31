"""How many closed tickets a second a draft is tried over: one process, two Celery workers, beside the fold alone.

Only the engine's rows are laid: a backtest reads no others. Four thousand different histories stand there 250 times.
"""

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from sla import engine
from sla.actors import Actor
from sla.backtest import running
from sla.backtest.history import Past, read_clocks
from sla.backtest.overlay import Overlay, touched_by
from sla.clock import database_now
from sla.folding import facts_of, fold
from sla.models import Backtest, Clock, Heartbeat, Milestone, Observation, Policy
from sla.rules.drafts import read_draft
from sla.timeline import ActorKind, FactKind
from tests.bench.database import database
from tests.clocks import heard
from tests.faults.rig import Rig, rig
from tests.hours import beijing
from tests.running import family
from tests.world import plans
from tickets.rounds.jobs import work

DIFFERENT, COPIES = 4_000, 250
TICKETS = DIFFERENT * COPIES
SINCE, UNTIL = beijing("2025-11-01 00:00"), beijing("2026-11-01 00:00")
# What is folded without reading; and one process alone is given the first quarter of the year.
SAMPLE, PART = 20_000, 4
ACTOR = Actor(ActorKind.SYSTEM, display="bench")
DRAFT = """
policies:
  - code: yonsuite-premier-ticket
    name: 尊享工单响应
    name_en: Premier ticket response
    targets:
      - {metric: first_response, amount: 3600, unit: seconds, calendar: yonsuite-7x12, met_on: [reply, call],
         promise: Y18, clause: 1 小时, clause_en: 1 hour}
      - {metric: resolution, amount: 28800, unit: seconds, calendar: kingdee-5x8, met_on: [resolve],
         pauses_on: [customer], promise: Y18, clause: 8 小时, clause_en: 8 hours}
"""


def run() -> list[dict[str, Any]]:
    """Return tickets a second of one process and of two workers, and by how much a worker grows on the way."""
    with database() as url:
        plans()
        _seed()
        alone = _alone()
        part = _start(SINCE, SINCE + (UNTIL - SINCE) / PART)
        began = time.monotonic()
        assert work(within=600)
        one = _checked(part) / (time.monotonic() - began)
        with tempfile.TemporaryDirectory(prefix="sy-", dir="/tmp") as folder, rig(Path(folder), url) as product:
            two, idle, peak = _by_workers(product)
    fold = "fold alone, 1 process"
    return [
        row("tickets a second, 1 process", one, "1/s", fold, alone),
        row(f"tickets a second, 2 Celery processes, {TICKETS:,} tickets", two, "1/s", fold, alone),
        row("peak memory of a worker", peak, "MB", "before the run", idle),
    ]


def row(name: str, value: float, unit: str, beside: str | None, figure: float | None) -> dict[str, Any]:
    ratio = value / figure if figure else None
    return {
        "name": name, "value": value, "unit": unit, "beside": beside, "beside_value": figure, "ratio": ratio,
        "target": None,
    }  # fmt: skip


def _rate(work: Callable[[], object], count: int) -> float:
    began = time.monotonic()
    work()
    return count / (time.monotonic() - began)


def _start(since: datetime = SINCE, until: datetime = UNTIL) -> Backtest:
    trial = running.Trial(DRAFT, read_draft(DRAFT), since, until, "bench")
    return running.start_backtest(trial=trial, actor=ACTOR, at=database_now())


def _pasts() -> Iterator[Past]:
    backtest = _start()
    backtest.delete()
    span = {"since": SINCE, "until": UNTIL, "policy": "", "touched": touched_by(backtest.ground)}
    last = Clock.objects.aggregate(last=Max("pk"))["last"]
    return read_clocks(first=0, last=min(last, 2 * SAMPLE), **span)


def _alone() -> float:
    """Return the clocks a second of folding what was read before, without reading or counting."""
    pasts = list(islice(_pasts(), SAMPLE))
    return _rate(lambda: _fold(pasts), len(pasts))


def _fold(pasts: list[Past]) -> None:
    backtest = _start()
    overlay, at = Overlay(backtest.ground), backtest.created_at
    backtest.delete()
    for past in pasts:
        overlay.outcomes(past, at)


def _checked(backtest: Backtest) -> int:
    """Return how many tickets a finished run saw; fail when it is not all of them."""
    backtest.refresh_from_db()
    assert backtest.state == Backtest.State.DONE, backtest.error
    expected = Clock.objects.filter(started_at__gte=backtest.since, started_at__lt=backtest.until).count()
    assert backtest.done == backtest.result["clocks"] == expected
    return expected


def _by_workers(product: Rig) -> tuple[float, float, float]:
    """Return the tickets a second of two real workers with a beat, and their peak memory before and after in MB."""
    product.worker("jobs", "jobs-1")
    product.worker("jobs", "jobs-2")
    product.beat()
    # Ticks come every five seconds; by then both have had one.
    product.wait_for(lambda: Heartbeat.objects.filter(kind="jobs").exists(), 60)
    time.sleep(12)
    idle = _peak(product)
    backtest = _start()
    # Nobody wakes these workers: the next tick does, and the time until then is not theirs.
    product.wait_for(lambda: Backtest.objects.get(pk=backtest.pk).state != Backtest.State.WAITING, 60)
    began = database_now()
    product.wait_for(lambda: Backtest.objects.get(pk=backtest.pk).state == Backtest.State.DONE, 400)
    count = _checked(backtest)
    assert backtest.finished_at
    return count / (backtest.finished_at - began).total_seconds(), idle, _peak(product)


def _peak(product: Rig) -> float:
    """Return the most memory that a process of either worker ever had, in MB."""
    pids = [pid for name in ("jobs-1", "jobs-2") for pid in family(product.children[name].pid)]
    lines = (Path(f"/proc/{pid}/status").read_text().split("VmHWM:")[1] for pid in pids)
    return max(int(line.split()[0]) for line in lines) / 1024


def _seed() -> None:
    """Lay the different histories with the verdicts that the engine gives them, then copy all rows."""
    chance = random.Random(7)
    policy = Policy.objects.current().get(code="yonsuite-premier-ticket")
    with transaction.atomic():
        clocks = Clock.objects.bulk_create(_clock(policy, chance) for _ in range(DIFFERENT))
        journals = {clock.pk: _journal(clock, chance) for clock in clocks}
        Observation.objects.bulk_create((fact for journal in journals.values() for fact in journal), batch_size=5000)
        Milestone.objects.bulk_create(
            (row for clock in clocks for row in _milestones(clock, journals[clock.pk])), batch_size=2000
        )
    with connection.cursor() as cursor:
        # The copies point where the originals point: looking that up five million times would prove nothing.
        cursor.execute("SET session_replication_role = replica")
        for copy in range(1, COPIES):
            for model in (Clock, Observation, Milestone):
                _copy(cursor, model, copy)
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("VACUUM ANALYZE sla_clock, sla_observation, sla_milestone")
        cursor.execute("RESET statement_timeout")


def _clock(policy: Policy, chance: random.Random) -> Clock:
    started_at = SINCE + chance.random() * (UNTIL - SINCE - timedelta(days=20))
    return Clock(policy=policy, priority=chance.choice(["low", "normal", "high"]), started_at=started_at)


def _journal(clock: Clock, chance: random.Random) -> list[Observation]:
    """Return five or six facts: opened, taken on, perhaps a wait that the customer ends, answered, resolved, closed."""
    at, facts = clock.started_at, []
    waits = chance.random() < 0.5
    for what in ("customer open", "accept", *(["wait", "customer customer_message"] if waits else []), "reply"):
        facts.append(_fact(clock, what, at))
        at += timedelta(minutes=chance.expovariate(1 / 60))
    facts.append(_fact(clock, "resolve", at + timedelta(hours=chance.expovariate(1 / 12))))
    return facts if waits else [*facts, _fact(clock, "close", facts[-1].at + timedelta(hours=2))]


def _fact(clock: Clock, what: str, at: datetime) -> Observation:
    said = heard(what, at)
    fields: dict[str, Any] = {"hold": "customer"} if said.kind == FactKind.WAIT else {}
    if said.kind == FactKind.OPEN:
        fields = {"policy": clock.policy_id, "priority": clock.priority}
    return Observation(clock=clock, kind=said.kind, at=at, actor_kind=said.actor.kind, fields=fields)


def _milestones(clock: Clock, journal: list[Observation]) -> list[Milestone]:
    return [engine._new(clock, cycle, compiled) for cycle, compiled in fold(facts_of(journal), [])]


def _copy(cursor: Any, model: Any, copy: int) -> None:
    """Copy the first rows of a table with higher keys; what points to a copied row follows it."""
    table, columns = model._meta.db_table, [field.column for field in model._meta.concrete_fields]
    step = {Clock: 10_000, Observation: 100_000, Milestone: 100_000}
    owners = {"id": model, "clock_id": Clock, "met_by_id": Observation}
    values = [f"{name} + {copy * step[owners[name]]}" if name in owners else name for name in columns]
    cursor.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) "
        f"SELECT {', '.join(values)} FROM {table} WHERE id < {step[model]} ORDER BY id"
    )
