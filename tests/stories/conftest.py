"""Walk a promise as a customer's program and a support desk do: over HTTP, through the three hops, to a mail server."""

import json
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

import pytest
from django.test import Client

from tests.clocks import clock_at
from tests.conftest import Mailbox
from tests.hours import beijing
from tests.keys import bearer, new_key
from tests.world import Side, World
from tickets.models import Delivery, Ticket
from tickets.rounds import dispatch


@dataclass
class Walk:
    """One promise under way: what is done at which wall time of Beijing, and what arrived by mail."""

    world: World
    mailbox: Mailbox
    client: Client = field(default_factory=Client)
    keys: dict[str, str] = field(default_factory=dict)

    def write_in(self, wall: str, channel: str, side: Side, **said: Any) -> dict[str, Any]:
        """Send a message in by a channel and return the answer."""
        key = self.keys.setdefault(channel, new_key(f"intake:{channel}"))
        usual = {
            "external_id": f"{channel}-{wall}",
            "occurred_at": beijing(wall).isoformat(),
            "contact": {"email": side.contact.email},
            "product": side.product.code,
            "category": "how_to",
            "subject": "月结时存货余额与总账不符",
            "body": "9 月结账检查没有通过,请帮忙看一下。",
        }
        with clock_at(wall):
            raw = json.dumps(usual | said, ensure_ascii=False).encode()
            answer = self.client.post(f"/api/v1/intake/{channel}/", raw, content_type="application/json", **bearer(key))
        assert answer.status_code == 201, answer.content
        return answer.json()

    def act(self, wall: str, number: str, action: str, **said: Any) -> dict[str, Any]:
        """Do something with a ticket as the agent."""
        key = self.keys.setdefault("agent", new_key("api", user=self.world.agent))
        with clock_at(wall):
            answer = self.client.post(
                f"/api/v1/tickets/{number}/{action}/", json.dumps(said), content_type="application/json", **bearer(key)
            )
        assert answer.status_code in (200, 201), answer.content
        return answer.json()

    def sweep(self, wall: str) -> None:
        """Let the workers look once at a wall time, and send what is then queued."""
        with clock_at(wall):
            dispatch.sweep()
            dispatch.send_mail()

    def letters_to(self, address: str, word: str = "") -> list[EmailMessage]:
        """Return what arrived for an address, with a word in the subject."""
        return [
            letter
            for letter in self.mailbox.messages
            if address in str(letter["To"]) and word in str(letter["Subject"])
        ]

    def ticket(self, number: str) -> Ticket:
        """Return a ticket as it is stored."""
        return Ticket.objects.get(number=number)


@pytest.fixture
def walk(world: World, mailbox: Mailbox) -> Walk:
    """Return a walk on which nothing has happened yet."""
    assert not Delivery.objects.exists()
    return Walk(world, mailbox)
