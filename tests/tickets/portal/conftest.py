"""Somebody of the Kingdee customer signed in, and tickets that they may and may not see."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from plans.models import Contact
from tests.world import World
from tickets.models import Ticket


def signed_in(contact: Contact) -> Client:
    """Return a client of this contact's user."""
    client = Client()
    assert contact.user is not None
    client.force_login(contact.user)
    return client


@pytest.fixture
def mine(world: World) -> Client:
    """Return a client of the Kingdee customer's certified contact."""
    return signed_in(world.kingdee.contact)


@pytest.fixture
def ticket(world: World) -> Ticket:
    """Return a ticket of that contact."""
    return world.open_ticket(side=world.kingdee)


def form(world: World, **changes: Any) -> dict[str, Any]:
    """Return a new question as the form sends it."""
    side = world.kingdee
    return {
        "sending": uuid4().hex,
        "product": f"{side.contract.pk}/{side.product.code}/public_cloud",
        "category": "fault",
        "subject": "凭证打印模板多一空行",
        "body": "打印预览里最后一页多一行。",
        "priority": "normal",
    } | changes
