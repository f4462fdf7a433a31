"""How a conversation stands, as the customer's page shows it: who is there, which place in the line, what comes."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse

from plans.wording import name_of
from sla.compiled import calendar_named
from sla.wording import in_language
from tickets.actions.chat import HandOff
from tickets.answers import instant
from tickets.models import Chat, Visitor
from tickets.models.chat import ChatMessage
from tickets.routing import standing

State = Chat.State
MINUTE = timedelta(minutes=1)
PAGE = 200


def chat_fields(chat: Chat, at: datetime) -> dict[str, Any]:
    """Return how a conversation stands at an instant."""
    return {
        "code": chat.code,
        "state": chat.state,
        "vendor": chat.vendor,
        "product": {"code": chat.product.code, "name": name_of(chat.product)} if chat.product else None,
        "last": chat.message_count,
        "customer_read": chat.customer_read,
        "agent_read": chat.agent_read,
        "agent": in_language(chat.assignee.name, chat.assignee.name_en) if chat.assignee else "",
        "ticket": ticket_fields(chat),
        "rating": chat.rating,
        **_opening_fields(chat, at),
        **place_fields(chat, at),
    }


def ticket_fields(chat: Chat) -> dict[str, str] | None:
    """Return the ticket that a conversation became, with where its customer reads it."""
    if chat.ticket is None:
        return None
    return {"number": chat.ticket.number, "url": portal_url(chat.ticket.number)}


def portal_url(number: str) -> str:
    """Return where a customer reads a ticket."""
    return f"{settings.PUBLIC_URL}{reverse('portal:ticket', args=[number])}"


def place_fields(chat: Chat, at: datetime) -> dict[str, Any]:
    """Return the place in the line of who waits; `estimate` is in minutes, None where nothing is known."""
    if chat.state != State.WAITING:
        return {"place": None, "ahead": None, "estimate": None, "agents": None}
    found = standing(chat, at)
    return {"place": found.place, "ahead": found.ahead, "estimate": minutes(found.estimate), "agents": found.agents}


def minutes(length: timedelta | None) -> int | None:
    """Return a length in whole minutes, at least one."""
    return None if length is None else max(1, -(-length // MINUTE))


def _opening_fields(chat: Chat, at: datetime) -> dict[str, Any]:
    """Return when people return and the zone of their hours, where the customer waits or asked for one outside them."""
    nobody = {"opens_at": None, "zone": ""}
    if chat.state not in (State.BOT, State.WAITING):
        return nobody
    last = chat.messages.filter(kind=ChatMessage.Kind.EVENT).order_by("-number").first()
    if last is None or last.fields.get("event") != "closed_hours":
        return nobody
    opens_at = datetime.fromisoformat(last.fields["opens_at"])
    if opens_at <= at:
        return nobody
    return {"opens_at": instant(opens_at), "zone": calendar_named(last.fields["hours"]).zone.key}


def hand_off_fields(told: HandOff, at: datetime) -> dict[str, Any]:
    """Return what came of asking for a person: a no with its clause and what to do instead."""
    return {
        "outcome": told.outcome,
        "reason": told.reason,
        "clause": told.clause,
        "promise": told.promise,
        "ways_on": list(told.ways_on),
        "opens_at": instant(told.opens_at),
        "place": told.place,
        "estimate": minutes(told.estimate),
        "agents": told.agents,
        "chat": chat_fields(told.chat, at),
    }


def visitor_fields(visitor: Visitor) -> dict[str, Any]:
    """Return who the page is open for."""
    contact = visitor.contact
    named = in_language(contact.name, contact.name_en) if contact else visitor.name
    return {"name": named, "is_known": contact is not None}
