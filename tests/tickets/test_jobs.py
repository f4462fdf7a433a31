"""The queue of long work: each kind in turn, for a while at most, and nothing lost without a broker."""

from typing import Any

from kombu.exceptions import OperationalError

from sla.models import Heartbeat
from tickets import tasks
from tickets.rounds import jobs


def counted(times: int, done: list[str], name: str) -> Any:
    def step() -> bool:
        if done.count(name) == times:
            return False
        done.append(name)
        return True

    return step


def test_each_kind_of_work_gets_its_turn(monkeypatch):
    done: list[str] = []
    monkeypatch.setattr(jobs, "STEPS", (counted(2, done, "a"), counted(3, done, "b")))
    assert jobs.work()
    assert done == ["a", "b", "a", "b", "b"]


def test_work_stops_when_its_time_is_up(monkeypatch):
    monkeypatch.setattr(jobs, "STEPS", (lambda: True,))
    assert not jobs.work(within=0.05)


def test_a_tick_notes_that_the_queue_is_served(db):
    tasks.work()
    assert Heartbeat.objects.filter(kind="jobs").exists()


def test_without_a_broker_the_wish_is_only_noted(monkeypatch):
    def refuse(**_given: Any) -> None:
        raise OperationalError("no broker")

    monkeypatch.setattr(tasks.work, "apply_async", refuse)
    assert tasks.wake_jobs() is None


def test_those_who_start_long_work_wake_its_queue(monkeypatch):
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(tasks.work, "apply_async", lambda **given: sent.append(given))
    tasks.wake_jobs()
    assert [one["queue"] for one in sent] == ["jobs"]
