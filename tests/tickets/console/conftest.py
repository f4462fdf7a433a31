"""A clock that stands on a working morning, and people already signed in."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from plans.models import AccountTeamMember, Role, User
from tests.clocks import clock_at
from tests.world import World, person
from tickets.models import Ticket

MORNING = "2026-09-28 10:00"


@pytest.fixture(autouse=True)
def morning(db: None) -> Iterator[None]:
    """Let it be ten o'clock on a Monday in Beijing."""
    with clock_at(MORNING):
        yield


@pytest.fixture
def partner(world: World) -> User:
    """Return a partner on the Kingdee customer's account team."""
    user = person("partner", "伙伴", Role.PARTNER)
    AccountTeamMember.objects.create(contract=world.kingdee.contract, user=user, seat="partner")
    return user


@pytest.fixture
def desk(client: Client, world: World) -> Client:
    """Return a client as whom the agent is signed in."""
    client.force_login(world.agent)
    return client


@pytest.fixture
def act(desk: Client) -> Callable[..., HttpResponse]:
    """Return a function that sends one act on a ticket as its form does."""

    def send(ticket: Ticket, action: str, **said: Any) -> HttpResponse:
        return desk.post(f"/console/tickets/{ticket.number}/act/?view=mine", {"action": action, **said})

    return send
