"""Ticks: who may be believed to be alive, and how little many beats cost."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError

from sla.clock import database_now
from sla.models import Heartbeat
from tests.clocks import clock_at
from tests.world import World
from tickets import tasks
from tickets.models import Delivery
from tickets.rounds import dispatch

pytestmark = pytest.mark.django_db


def tick(age: float = 0) -> dict[str, str]:
    return {"host": "beat-1", "sent_at": (datetime.now(UTC) - timedelta(seconds=age)).isoformat()}


def alive() -> set[str]:
    return set(Heartbeat.objects.exclude(kind="swept").values_list("kind", flat=True))


def test_a_tick_of_a_beat_proves_the_queue_and_the_beat():
    tasks.sweep(beat=tick())
    assert alive() == {"clock", "beat"}
    tasks.deliver(beat=tick())
    assert alive() == {"clock", "out", "beat"}
    assert Heartbeat.objects.get(kind="beat").host == "beat-1"


def test_a_wake_up_proves_nothing():
    tasks.sweep()
    tasks.deliver()
    assert alive() == set()


def test_an_old_tick_shows_a_queue_that_is_served_but_no_living_beat():
    tasks.sweep(beat=tick(11))
    tasks.deliver(beat=tick(11))
    assert alive() == {"clock", "out"}


def test_the_second_of_two_beats_does_not_sweep_again_at_once(monkeypatch):
    swept: list[int] = []
    monkeypatch.setattr(dispatch, "sweep", lambda: swept.append(1) or True)
    tasks.sweep(beat=tick())
    tasks.sweep(beat=tick())
    assert len(swept) == 1
    with clock_at(database_now() + timedelta(seconds=1)):
        tasks.sweep(beat=tick())
    tasks.sweep()
    assert len(swept) == 3


def test_a_sweep_that_ran_out_of_time_is_followed_up_by_any_tick(monkeypatch):
    swept: list[int] = []
    monkeypatch.setattr(dispatch, "sweep", lambda: bool(swept.append(1)))
    tasks.sweep(beat=tick())
    tasks.sweep(beat=tick())
    assert len(swept) == 2


def test_a_database_that_is_away_is_no_traceback(monkeypatch):
    def gone() -> None:
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(dispatch, "sweep", gone)
    monkeypatch.setattr(dispatch, "send_mail", gone)
    tasks.sweep(beat=tick())
    tasks.deliver(beat=tick())
    assert alive() == set()


def test_nobody_acts_and_the_success_manager_gets_one_mail__Y18(mailbox, world: World):
    world.open_ticket("月结报错", at="2026-09-28 19:30")
    Delivery.objects.all().delete()
    with clock_at("2026-09-29 09:29:57"):
        tasks.sweep()
        tasks.deliver()
    assert "【超时】" not in "".join(str(message["Subject"]) for message in mailbox.messages)
    with clock_at("2026-09-29 09:31"):
        tasks.sweep()
        tasks.sweep()
        tasks.deliver()
        tasks.deliver()
    to = [message["To"].addresses[0].addr_spec for message in mailbox.messages if "【超时】" in message["Subject"]]
    assert sorted(to) == sorted(person.email for person in (world.success_manager, world.technical_manager, world.lead))
