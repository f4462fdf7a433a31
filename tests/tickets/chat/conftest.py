"""People with the chat open, and how they talk."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from itertools import count
from typing import Any

import pytest

from plans.models import Contact, User
from tests.hours import beijing
from tests.world import Side, World
from tickets.actions import chat as acts
from tickets.actions.chat import HandOff, Place
from tickets.actions.knowledge.stocking import stock
from tickets.demo.library import SHELVES
from tickets.knowledge.loading import Library, read
from tickets.models import Chat, ChatMessage, Ticket, Visitor

NOON = "2026-09-28 10:00"
FEW = {"close-order", "cost-zero", "certified", "closing-steps"}
_tokens = count(1)


def at(wall: str | datetime) -> datetime:
    """Return an instant from a wall time of Beijing."""
    return beijing(wall) if isinstance(wall, str) else wall


@dataclass
class Talks:
    """Conversations in the shared world, at wall times of Beijing."""

    world: World

    def visitor(self, contact: Contact | None = None, **more: Any) -> Visitor:
        """Return a visitor with a token of their own."""
        return Visitor.objects.create(
            contact=contact, token_hash=f"token-{next(_tokens)}", expires_at=beijing("2027-12-31 00:00"), **more
        )

    def open(self, side: Side | None = None, when: str = NOON, contact: Contact | None = None, **more: Any) -> Chat:
        """Open a conversation of a side's contact (YonSuite's) about its product."""
        side = side or self.world.yonsuite
        place = Place(**{"vendor": side.product.vendor, "product": side.product} | more)
        return acts.open_chat(visitor=self.visitor(contact or side.contact), place=place, at=at(when))

    def customer(self, chat: Chat, body: str, when: str = NOON, client_id: str = "") -> ChatMessage:
        """Say something as the customer."""
        assert chat.visitor
        return acts.say(chat=chat, speaker=chat.visitor, body=body, at=at(when), client_id=client_id)

    def agent(self, chat: Chat, body: str, when: str = NOON, who: User | None = None, **more: Any) -> ChatMessage:
        """Say something as one of us."""
        return acts.say(chat=chat, speaker=who or self.world.agent, body=body, at=at(when), **more)

    def hand_off(self, chat: Chat, when: str = NOON, **more: Any) -> HandOff:
        """Ask for a person."""
        return acts.hand_off(chat=chat, at=at(when), **more)

    def waiting(self, side: Side | None = None, when: str = NOON, **more: Any) -> Chat:
        """Return a conversation that waits for a person."""
        chat = self.open(side, when, **more)
        assert self.hand_off(chat, when).outcome == "waiting"
        chat.refresh_from_db()
        return chat

    def active(self, side: Side | None = None, when: str = NOON, who: User | None = None) -> Chat:
        """Return a conversation that an agent has taken."""
        return acts.accept(chat=self.waiting(side, when), agent=who or self.world.agent, at=at(when))

    def ticket(self, chat: Chat, when: str = NOON, actor: Any = None, **more: Any) -> Ticket:
        """Make a ticket of a conversation."""
        asked = acts.Asked(**{"subject": "月结报错", "category": "how_to"} | more)
        return acts.open_ticket_from(chat=chat, asked=asked, actor=actor or chat.visitor, at=at(when))


def numbers(chat: Chat) -> list[int]:
    """Return the numbers of a conversation's messages."""
    return list(chat.messages.order_by("number").values_list("number", flat=True))


def happened(chat: Chat) -> list[str]:
    """Return what happened in a conversation, in order."""
    events = chat.messages.filter(kind="event").order_by("number")
    return [message.fields["event"] for message in events]


@pytest.fixture
def talks(world: World) -> Talks:
    """Return conversations in the shared world."""
    return Talks(world)


@cache
def few() -> list[Library]:
    """Return a few of the demo's articles of each vendor."""
    return [
        replace(one, articles=[said for said in one.articles if said["code"] in FEW], paths=[])
        for one in read(SHELVES)
    ]  # fmt: skip


@pytest.fixture
def library(world: World) -> World:
    """Return the world with a few articles of both vendors in place."""
    stock(libraries=few(), author="知识运营", at=beijing("2026-09-01 09:00"))
    return world
