"""Delivery rows: one for each message to each person, in their language and zone."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from plans.models import Contact, User
from tests.hours import beijing
from tests.world import World
from tickets.models import Delivery, Ticket, TicketEvent
from tickets.telling.notifications import Notice, queue, queue_many

AT = beijing("2026-09-28 09:30")
Kind = Delivery.Kind


def opening(ticket: Ticket) -> TicketEvent:
    return ticket.events.get(number=1)


def test_a_person_is_told_once_for_one_reason__C27(world: World):
    ticket = world.open_ticket()
    first = queue(kind=Kind.REPLY, parent=opening(ticket), ticket=ticket, recipient=world.agent, at=AT)
    again = queue(kind=Kind.REPLY, parent=opening(ticket), ticket=ticket, recipient=world.agent, at=AT)
    assert first is not None
    assert again is None
    assert Delivery.objects.get(user=world.agent).pk == first.pk


def test_the_same_person_twice_in_one_call_is_one_row(world: World):
    ticket = world.open_ticket()
    notices = [Notice(Kind.REPLY, opening(ticket), ticket, person) for person in (world.agent, world.lead, world.agent)]
    assert [row.address for row in queue_many(notices, at=AT)] == [world.agent.email, world.lead.email]


def test_many_notices_cost_one_query(world: World, django_assert_num_queries):
    ticket = world.open_ticket()
    event, people = opening(ticket), [world.agent, world.lead, world.expert, world.manager]
    with django_assert_num_queries(1):
        queue_many([Notice(Kind.REPLY, event, ticket, person) for person in people], at=AT)


def test_nobody_without_an_address_or_gone_is_written_to(world: World):
    ticket = world.open_ticket()
    User.objects.filter(pk=world.agent.pk).update(email="")
    User.objects.filter(pk=world.lead.pk).update(is_active=False)
    for person in (world.agent, world.lead):
        person.refresh_from_db()
        assert queue(kind=Kind.REPLY, parent=opening(ticket), ticket=ticket, recipient=person, at=AT) is None


def test_a_row_knows_the_readers_language_and_zone__Y19(world: World):
    Contact.objects.filter(pk=world.yonsuite.contact.pk).update(language="en", timezone="Asia/Bangkok")
    world.yonsuite.contact.refresh_from_db()
    ticket = world.open_ticket()
    receipt = Delivery.objects.get(ticket=ticket)
    assert (receipt.kind, receipt.language, receipt.timezone) == ("receipt", "en", "Asia/Bangkok")
    assert (receipt.state, receipt.not_before, receipt.attempts) == ("queued", ticket.opened_at, 0)


def test_ids_of_mails_differ_and_name_the_ticket(world: World):
    tickets = [world.open_ticket("甲"), world.open_ticket("乙")]
    ids = [Delivery.objects.get(ticket=ticket).message_id for ticket in tickets]
    assert len(set(ids)) == 2
    assert all(ticket.number in message_id for ticket, message_id in zip(tickets, ids, strict=True))
    assert all(message_id.startswith("<") and message_id.endswith(">") for message_id in ids)


def test_a_delivery_without_a_reason_cannot_be_kept(world: World):
    row = Delivery(kind="reply", address="a@b.example", language="en", timezone="UTC", message_id="<1@b>")
    row.queued_at = row.not_before = AT
    with pytest.raises(IntegrityError, match="delivery_has_a_parent"), transaction.atomic():
        row.save()


def test_a_queued_row_whose_time_has_not_come_is_not_sendable(world: World):
    ticket = world.open_ticket()
    ours = Delivery.objects.filter(ticket=ticket)
    assert ours.sendable(ticket.opened_at).count() == 1
    assert ours.sendable(ticket.opened_at - timedelta(seconds=1)).count() == 0
    ours.update(lease_until=AT)
    assert ours.sendable(AT).count() == 0
    assert ours.sendable(AT + timedelta(seconds=1)).count() == 1
