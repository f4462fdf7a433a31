"""Tickets of other systems, taken in with their history."""

import pytest

from tests.hours import beijing
from tests.tickets.importing.conftest import ZAMMAD, ZENDESK
from tickets.models import Attachment, Delivery, ImportedTicket, Ticket


def story(ticket):
    return [(event.kind, event.at, event.message.body if event.message else "") for event in ticket.events.order_by("number")]


def test_a_closed_ticket_of_years_ago_keeps_its_times_its_people_and_its_notes(imported, world, mailoutbox):
    run = imported(*ZENDESK)
    assert run.counts == {}
    ticket = ImportedTicket.objects.get(source_id="35436").ticket
    assert story(ticket) == []
