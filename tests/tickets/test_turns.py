"""Requests that had to wait for a ticket, and found it standing otherwise than when they set out."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from plans.actions import NewTarget, override
from sla.actors import SYSTEM
from sla.models import Milestone
from tests.hours import beijing
from tests.world import World
from tickets.actions import ticket as actions
from tickets.models import Status, Ticket

AT = beijing("2026-09-28 09:30")
LATER = AT + timedelta(seconds=2)


@pytest.fixture
def ticket(world: World) -> Ticket:
    """Return a ticket that promises a first and a further answer, and has had the first."""
    for metric in ("first_response", "next_response"):
        target = NewTarget(metric, Decimal(7200))
        override(contract=world.yonsuite.contract, target=target, reason="约定", actor=None, at=AT)
    return actions.reply(ticket=world.open_ticket(), body="在查。", actor=world.agent, at=AT - timedelta(minutes=20))


def running(ticket: Ticket) -> list[tuple[str, datetime]]:
    rows = Milestone.objects.open().filter(clock__ticket_clock__ticket=ticket)
    return [(row.metric, row.started_at) for row in rows]


def test_words_that_waited_for_the_resolution_reopen_it_and_are_owed_an_answer(world: World, ticket: Ticket):
    actions.resolve(ticket=ticket, body="好了。", actor=world.agent, at=LATER)
    ticket = actions.customer_message(ticket=ticket, contact=ticket.contact, body="还是不行。", at=AT)
    assert (ticket.status, running(ticket)) == (Status.OPEN, [("next_response", LATER)])


def test_words_that_waited_for_the_reopening_are_owed_an_answer(world: World, ticket: Ticket):
    actions.resolve(ticket=ticket, body="好了。", actor=world.agent, at=AT - timedelta(minutes=5))
    actions.reopen(ticket=ticket, body="", actor=world.agent, at=LATER)
    ticket = actions.customer_message(ticket=ticket, contact=ticket.contact, body="还是不行。", at=AT)
    assert running(ticket) == [("next_response", LATER)]


def test_an_end_that_waited_for_a_wait_leaves_nothing_waiting(world: World, ticket: Ticket):
    actions.wait(ticket=ticket, wait_for="customer", until=None, actor=world.agent, at=LATER)
    ticket = actions.resolve(ticket=ticket, body="", actor=world.agent, at=AT)
    assert (running(ticket), ticket.status, ticket.resolved_at) == ([], Status.RESOLVED, AT)
    assert [event.at for event in ticket.events.order_by("number")][-2:] == [LATER, LATER]


def test_an_answer_that_waited_for_the_breach_to_be_told_is_still_in_time(world: World):
    ticket = world.open_ticket(at="2026-09-28 09:00")
    due = beijing("2026-09-28 11:00")
    actions.raise_priority(ticket=ticket, actor=SYSTEM, at=due + timedelta(seconds=1))
    ticket = actions.reply(ticket=ticket, body="在查。", actor=world.agent, at=due)
    assert Milestone.objects.get(clock__ticket_clock__ticket=ticket).state == "met"
