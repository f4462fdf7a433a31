from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from config import health
from sla.clock import database_now
from sla.models import Heartbeat

pytestmark = pytest.mark.django_db


def beat(**ages: float) -> None:
    at = database_now()
    for kind, age in ages.items():
        Heartbeat.objects.create(kind=kind, host="here", at=at - timedelta(seconds=age))


def test_alive_needs_no_database(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("ages", "ready"),
    [
        ({"clock": 1, "out": 1}, True),
        ({"clock": 9, "out": 1}, True),
        ({"clock": 11, "out": 1}, False),
        ({"clock": 1, "out": 11}, False),
        ({"clock": 1}, False),
        ({"watchdog": 1, "beat": 1}, False),
        ({}, False),
    ],
)
def test_ready_needs_a_fresh_tick_on_each_queue(client: Client, ages: dict[str, float], ready: bool) -> None:
    beat(**ages)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["ready"]) == ((200, True) if ready else (503, False))


def test_ready_says_which_queue_is_missing(client: Client) -> None:
    beat(clock=1, out=30)
    queues = client.get("/readyz").json()["queues"]
    assert (queues["clock"]["ready"], queues["out"]) == (True, {"ready": False, "age": 30.0})


def test_the_latest_of_several_hosts_counts(client: Client) -> None:
    beat(clock=1, out=30)
    Heartbeat.objects.create(kind="out", host="there", at=database_now())
    assert client.get("/readyz").status_code == 200


def test_not_ready_without_a_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(health, "database_now", gone)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["database"]) == (503, False)
