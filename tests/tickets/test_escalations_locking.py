"""Hop 2 beside people who work: it waits for nobody, and nobody's edit is lost. Real concurrent sessions."""

import threading
from collections.abc import Iterator

import pytest
from django.db import connection, transaction

from plans.models import Product, User
from sla.firing import fire_due
from sla.models import Escalation
from tests.clocks import reset_clock, set_clock
from tests.hours import beijing
from tests.world import World
from tickets.actions import ticket as actions
from tickets.actions.ticket import locked
from tickets.models import Delivery, Ticket
from tickets.rounds.escalations import act

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def fired() -> Iterator[list[Ticket]]:
    """Return two tickets whose breach has fired and is not yet acted on, at a moved clock."""
    world = World()
    assert Product.objects.exists()
    tickets = [world.open_ticket(name, at="2026-09-28 09:00") for name in ("甲", "乙")]
    set_clock(beijing("2026-09-28 11:01"))
    fire_due()
    yield tickets
    reset_clock()


def in_thread(work) -> None:
    """Run `work` in a session of its own."""

    def run() -> None:
        try:
            set_clock(beijing("2026-09-28 11:02"))
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()


def test_a_ticket_that_somebody_edits_waits_for_the_next_pass(fired: list[Ticket]):
    done: list[int] = []
    with transaction.atomic():
        locked(fired[0])
        in_thread(lambda: done.append(act()))
        states = dict(
            Escalation.objects.filter(mark="breach").values_list("milestone__clock__ticket_clock__ticket", "state")
        )
        assert states == {fired[0].pk: "pending", fired[1].pk: "done"}
    in_thread(lambda: done.append(act()))
    assert done == [1, 1]
    assert Escalation.objects.filter(mark="breach", state="done").count() == 2


def test_four_workers_at_once_tell_each_reader_once__C34(fired: list[Ticket]):
    threads = []
    start = threading.Barrier(4)

    def work() -> None:
        try:
            set_clock(beijing("2026-09-28 11:02"))
            start.wait(10)
            while act(limit=1):
                pass
        finally:
            connection.close()

    for _ in range(4):
        threads.append(threading.Thread(target=work))
        threads[-1].start()
    for thread in threads:
        thread.join(20)
    set_clock(beijing("2026-09-28 11:03"))
    act()
    assert Delivery.objects.filter(kind="breach").count() == 6
    assert {row.state for row in Escalation.objects.filter(mark="breach")} == {"done"}
    assert {len(ticket.events.filter(kind="escalated")) for ticket in fired} == {1}


def test_a_wait_that_ends_while_somebody_works_on_the_ticket_ends_on_the_next_pass__C36(fired: list[Ticket]):
    agent, until = User.objects.get(username="agent"), beijing("2026-09-28 11:01:30")
    for ticket in fired:
        at = beijing("2026-09-28 11:00")
        actions.wait(ticket=ticket, wait_for="third_party", until=until, actor=agent, at=at)
    done: list[int] = []
    due = beijing("2026-09-28 11:02")
    with transaction.atomic():
        locked(fired[0])
        in_thread(lambda: done.append(actions.resume_due(at=due)))
    in_thread(lambda: done.append(actions.resume_due(at=due)))
    assert done == [1, 1]
    assert {Ticket.objects.get(pk=ticket.pk).status for ticket in fired} == {"open"}
