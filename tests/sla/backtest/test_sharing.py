"""A backtest that several processes share: cut, claimed, put off, stopped, and gone on with after a crash."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from sla.backtest import running
from sla.backtest.running import Trial, finish_next, split_next, start_backtest, step, stop_backtest, work_next
from sla.clock import database_now
from sla.models import Backtest, BacktestChange, Clock
from sla.rules.drafts import read_draft
from tests.clocks import AGENT, clock_at
from tests.sla.backtest.conftest import LATER, SINCE, UNTIL, draft, target
from tickets.rounds import jobs

SHORT = draft(target(amount=3600))


@pytest.fixture
def begun(lived, monkeypatch) -> Iterator[Backtest]:
    """Return a backtest of ten clocks, two a chunk, that nobody has taken up; it is May."""
    monkeypatch.setattr(running, "CHUNK", 2)
    for minute in range(10):
        lived(f"2026-03-02 09:{minute:02}", ("reply", "2026-03-02 10:30"))
    with clock_at(LATER):
        yield start_backtest(trial=Trial(SHORT, read_draft(SHORT), SINCE, UNTIL, "试"), actor=AGENT, at=database_now())


def broken(monkeypatch, error: BaseException) -> None:
    def fail(*_given: Any) -> None:
        raise error

    monkeypatch.setattr(running, "judge", fail)


def test_progress_is_told_in_clocks(begun):
    assert split_next()
    seen = []
    while work_next():
        begun.refresh_from_db()
        seen.append((begun.done, begun.total, begun.state))
    assert seen == [(done, 10, "running") for done in (2, 4, 6, 8, 10)]
    assert finish_next()
    begun.refresh_from_db()
    assert (begun.state, begun.result["changes"]) == ("done", 10)


def test_a_worker_that_dies_leaves_its_chunk_to_another(begun, monkeypatch):
    assert split_next()
    assert work_next()
    with monkeypatch.context() as dying:
        broken(dying, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            work_next()
    begun.refresh_from_db()
    assert (begun.done, begun.chunks.filter(done_at=None).count()) == (2, 4)
    assert jobs.work()
    begun.refresh_from_db()
    assert (begun.state, begun.done, BacktestChange.objects.count()) == ("done", 10, 10)


def test_a_chunk_that_raises_is_put_off_and_others_go_on(begun, monkeypatch):
    assert split_next()
    with monkeypatch.context() as poison:
        broken(poison, ValueError("bad row"))
        assert work_next()
    chunk = begun.chunks.get(attempts=1)
    assert (chunk.error, chunk.done_at) == ("ValueError: bad row", None)
    while step():
        pass
    begun.refresh_from_db()
    assert (begun.state, begun.done) == ("running", 8)
    with clock_at("2026-05-01 09:01"):
        assert jobs.work()
    begun.refresh_from_db()
    assert (begun.state, begun.done, begun.result["clocks"]) == ("done", 10, 10)


def test_a_chunk_that_keeps_raising_ends_the_run_with_its_words(begun, monkeypatch):
    assert split_next()
    broken(monkeypatch, ValueError("bad row"))
    for minute in range(0, 40, 8):
        with clock_at(f"2026-05-01 09:{minute:02}"):
            jobs.work()
    begun.refresh_from_db()
    assert (begun.state, begun.finished_at is not None) == ("failed", True)
    assert begun.error.endswith("ValueError: bad row")
    assert not step()


def test_a_stopped_run_does_no_more_work(begun):
    assert split_next()
    assert work_next()
    stop_backtest(backtest=begun, at=database_now())
    assert not step()
    begun.refresh_from_db()
    assert (begun.state, begun.chunks.count()) == ("stopped", 0)


def test_a_run_stopped_while_a_chunk_is_worked_on_takes_nothing_of_it(begun, monkeypatch):
    assert split_next()
    judge = running.judge

    def stopped_meanwhile(*given: Any) -> Any:
        Backtest.objects.update(state="stopped")
        return judge(*given)

    monkeypatch.setattr(running, "judge", stopped_meanwhile)
    assert work_next()
    assert not BacktestChange.objects.exists()


def test_a_finished_run_is_not_stopped(begun):
    assert jobs.work()
    stop_backtest(backtest=begun, at=database_now())
    begun.refresh_from_db()
    assert begun.state == "done"


def test_looking_costs_one_query_where_there_is_nothing_to_do(db, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert not step()


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_a_run_and_count_each_clock_once(begun):
    assert Clock.objects.count() == 10

    def work(_number: int) -> int:
        try:
            return sum(1 for _step in iter(step, False))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(work, range(2))) >= 6
    while step():
        pass
    begun.refresh_from_db()
    assert (begun.state, begun.done, begun.result["clocks"], begun.result["changes"]) == ("done", 10, 10, 10)
    assert BacktestChange.objects.filter(backtest=begun).count() == 10
