"""A backtest as work that several processes share: it is cut into chunks, and each is claimed, done and saved once."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from sla.actors import Actor
from sla.backtest.history import TOUCHED, Past, read_clocks, stored_outcomes
from sla.backtest.overlay import Overlay, ground_of, touched_by
from sla.backtest.replay import Pair, paired
from sla.backtest.tally import Tally, added, cells_of, hours_of, tally_of
from sla.clock import database_now
from sla.models import Backtest, BacktestChange, BacktestChunk, Draft
from sla.refusals import ActionRefusedError
from sla.rules.drafts import Written

# Clocks a chunk: half a second of work, so that progress is seen and nothing holds a lock for long.
CHUNK = 2000
# Verdicts listed one by one; the figures count all of them.
MOST_CHANGES = 10_000
BACKOFF = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=5))

SPLIT = f"""
INSERT INTO sla_backtestchunk (backtest_id, first, last, result, attempts, retry_at, error)
SELECT %(backtest)s, min(id), max(id), jsonb_build_object('clocks', count(*)), 0, %(at)s, '' FROM (
  SELECT clock.id, (row_number() OVER (ORDER BY clock.id) - 1) / %(size)s AS part
  FROM sla_clock AS clock WHERE {TOUCHED}
) AS numbered GROUP BY part ORDER BY part
"""

State = Backtest.State


@dataclass(frozen=True, slots=True)
class Trial:
    """What is to be tried: a draft that was read, over the clocks that started in [since, until)."""

    text: str
    written: Written
    since: datetime
    until: datetime
    name: str = ""
    draft: Draft | None = None
    policy: str = ""
    name_en: str = ""


def start_backtest(*, trial: Trial, actor: Actor, at: datetime) -> Backtest:
    """Save a backtest for the workers to take up. Raises ActionRefusedError for a period that holds nothing."""
    if trial.since >= trial.until:
        raise ActionRefusedError("bad_period", _("起止日期颠倒。"), ways_on=[_("让开始早于结束。")])
    try:
        ground = ground_of(trial.written)
    except LookupError as error:
        raise ActionRefusedError("holidays_unknown", str(error), ways_on=[_("先导入该地区的节假日。")]) from error
    return Backtest.objects.create(
        draft=trial.draft, name=trial.name, name_en=trial.name_en, text=trial.text, since=trial.since,
        until=trial.until, policy=trial.policy, ground=ground, requested_by=actor.display, created_at=at,
    )  # fmt: skip


def stop_backtest(*, backtest: Backtest, at: datetime) -> None:
    """End a backtest that nobody waits for any more; what was found so far is thrown away."""
    unfinished = Backtest.objects.filter(pk=backtest.pk, state__in=[State.WAITING, State.RUNNING])
    if unfinished.update(state=State.STOPPED, finished_at=at):
        backtest.chunks.all().delete()


def step() -> bool:
    """Do the next small piece of whatever backtests there are; tell whether there was any."""
    return _anything_left() and (split_next() or work_next() or finish_next())


def _anything_left() -> bool:
    return Backtest.objects.filter(state__in=[State.WAITING, State.RUNNING]).exists()


@transaction.atomic
def split_next() -> bool:
    """Cut the oldest backtest that waits into chunks; tell whether there was one."""
    waiting = Backtest.objects.filter(state=State.WAITING).select_for_update(skip_locked=True, of=("self",))
    backtest = waiting.order_by("pk").first()
    if backtest is None:
        return False
    with connection.cursor() as cursor:
        given = {"backtest": backtest.pk, "at": backtest.created_at, "size": CHUNK}
        cursor.execute(SPLIT, _span(backtest) | given)
    backtest.state = State.RUNNING
    backtest.total = sum(chunk.result["clocks"] for chunk in backtest.chunks.all())
    backtest.save(update_fields=["state", "total"])
    return True


def _span(backtest: Backtest) -> dict[str, Any]:
    touched = touched_by(backtest.ground)
    return {"since": backtest.since, "until": backtest.until, "policy": backtest.policy, "touched": touched}


def work_next() -> bool:
    """Work off the oldest chunk that nobody else works on; tell whether there was one.

    One that raises is put off; after its last try its whole backtest has failed.
    """
    with transaction.atomic():
        at = database_now()
        ready = BacktestChunk.objects.ready(at).select_for_update(skip_locked=True, of=("self",))
        chunk = ready.select_related("backtest").first()
        if chunk is None:
            return False
        try:
            with transaction.atomic():
                _work_off(chunk, at)
        except Exception as error:  # noqa: BLE001  kept on the row and shown
            _put_off(chunk, at, f"{type(error).__name__}: {error}"[:300])
        return True


def _work_off(chunk: BacktestChunk, at: datetime) -> None:
    """Judge a chunk's clocks anew and save what they came to, unless the backtest was stopped meanwhile."""
    backtest = chunk.backtest
    room = MOST_CHANGES - BacktestChange.objects.filter(backtest=backtest).count()
    found, changes = judge(read_clocks(first=chunk.first, last=chunk.last, **_span(backtest)), backtest, max(room, 0))
    locked = Backtest.objects.select_for_update().get(pk=backtest.pk)
    if locked.state != State.RUNNING:
        return
    # Others may have listed theirs meanwhile.
    room = MOST_CHANGES - BacktestChange.objects.filter(backtest=backtest).count() if changes else 0
    BacktestChange.objects.bulk_create(changes[: max(room, 0)], batch_size=1000)
    chunk.result, chunk.done_at = found.plain, at
    chunk.save(update_fields=["result", "done_at"])
    locked.done += found.clocks
    locked.save(update_fields=["done"])


def judge(pasts: Iterable[Past], backtest: Backtest, room: int) -> tuple[Tally, list[BacktestChange]]:
    """Return what past clocks come to under the draft beside their stored verdicts, and the first that change."""
    overlay = overlay_of(backtest)
    cells: Counter[Any] = Counter()
    hours: Counter[Any] = Counter()
    clocks, changed = 0, 0
    changes: list[BacktestChange] = []
    for past in pasts:
        pairs = paired(stored_outcomes(past, backtest.created_at), overlay.outcomes(past, backtest.created_at))
        clocks += 1
        cells.update(cells_of(overlay.code_of(past.policy), past.priority, pairs))
        hours.update(hours_of(pairs))
        differing = [pair for pair in pairs if pair.is_changed]
        changed += len(differing)
        if len(changes) < room:
            changes += [_change(backtest, past, pair) for pair in differing]
    return Tally(clocks, changed, cells, hours), changes


@lru_cache(maxsize=8)
def _overlay(pk: int) -> Overlay:
    return Overlay(Backtest.objects.values_list("ground", flat=True).get(pk=pk))


def overlay_of(backtest: Backtest) -> Overlay:
    """Return the draft of a backtest, made once a process."""
    return _overlay(backtest.pk)


def _change(backtest: Backtest, past: Past, pair: Pair) -> BacktestChange:
    return BacktestChange(
        backtest=backtest, clock_id=past.clock, metric=pair.metric, number=pair.number,
        before=pair.before.state if pair.before else "", after=pair.after.state if pair.after else "",
        old_due_at=pair.before.due_at if pair.before else None, new_due_at=pair.after.due_at if pair.after else None,
    )  # fmt: skip


def _put_off(chunk: BacktestChunk, at: datetime, error: str) -> None:
    """Leave a chunk that raised alone for a while; after the last try the backtest ends with its words."""
    chunk.attempts += 1
    chunk.error = error
    if chunk.attempts > len(BACKOFF):
        said = f"{chunk.first}–{chunk.last}: {error}"[:400]
        running = Backtest.objects.filter(pk=chunk.backtest_id, state=State.RUNNING)
        running.update(state=State.FAILED, finished_at=at, error=said)
    else:
        chunk.retry_at = at + BACKOFF[chunk.attempts - 1]
    chunk.save(update_fields=["attempts", "error", "retry_at"])


@transaction.atomic
def finish_next() -> bool:
    """Add up the oldest backtest of which every chunk is done; tell whether there was one."""
    left = BacktestChunk.objects.filter(done_at=None).values("backtest")
    whole = Backtest.objects.filter(state=State.RUNNING).exclude(pk__in=left)
    backtest = whole.select_for_update(skip_locked=True, of=("self",)).order_by("pk").first()
    if backtest is None:
        return False
    results = backtest.chunks.values_list("result", flat=True)
    backtest.result = added(tally_of(result) for result in results.iterator(chunk_size=500)).plain
    backtest.state, backtest.finished_at = State.DONE, database_now()
    backtest.save(update_fields=["result", "state", "finished_at"])
    backtest.chunks.all().delete()
    return True
