from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from plans.models import Role
from sla.clock import database_now
from sla.models import Heartbeat
from tests.clocks import clock_at
from tests.hours import beijing
from tests.keys import bearer, new_key
from tests.world import World, person
from tickets.rounds import dispatch

pytestmark = pytest.mark.django_db


def told(client: Client) -> dict[str, float]:
    """Return every figure by its name and labels, as a manager's key reads it."""
    key = new_key("api", user=person("boss", "总监", Role.MANAGER))
    answer = client.get("/metrics", **bearer(key))
    assert answer["Content-Type"].startswith("text/plain")
    lines = [line for line in answer.content.decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _space, value in (line.rpartition(" ") for line in lines)}


def test_the_figures_tell_what_waits_and_how_fast_it_was_noticed(client: Client, world: World) -> None:
    with clock_at("2026-11-02 09:00"):
        world.open_ticket("月结报错", at=beijing("2026-11-02 09:00"))
    with clock_at("2026-11-02 11:30"):
        before = told(client)
        dispatch.sweep()
        after = told(client)
    assert before['shouyue_waiting{hop="steps"}'] == 1
    assert before['shouyue_waiting_seconds{hop="steps"}'] == pytest.approx(3600, abs=5)
    assert 'shouyue_detection_lag_seconds{quantile="0.99"}' not in before
    assert after['shouyue_waiting{hop="steps"}'] == 0
    # The breach of 11:00 and the warning before it, both found at 11:30.
    assert after['shouyue_detection_lag_seconds{quantile="0.5"}'] >= 1800
    assert after["shouyue_steps_fired"] == 2
    assert after['shouyue_waiting{hop="deliveries"}'] > 0


def test_a_dead_worker_shows_by_the_age_of_its_heart(client: Client) -> None:
    Heartbeat.objects.create(kind="clock", host="here", at=database_now() - timedelta(seconds=90))
    assert told(client)['shouyue_heartbeat_age_seconds{kind="clock"}'] == pytest.approx(90, abs=5)


@pytest.mark.parametrize("role", [Role.AGENT, Role.LEAD, Role.CUSTOMER_ADMIN])
def test_only_managers_read_the_figures(client: Client, role: str) -> None:
    key = new_key("api", user=person("other", "旁人", role))
    assert client.get("/metrics", **bearer(key)).status_code == 403
    assert client.get("/metrics").status_code == 401


def test_the_figures_cost_the_same_few_queries_however_many_rows(
    client: Client, world: World, django_assert_max_num_queries: Any
) -> None:
    with clock_at("2026-11-02 09:00"):
        for number in range(5):
            world.open_ticket(f"报错 {number}")
        key = new_key("api", user=person("boss", "总监", Role.MANAGER))
        with django_assert_max_num_queries(20):
            client.get("/metrics", **bearer(key))
