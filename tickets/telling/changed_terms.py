"""Who hears of changed terms: the customer of what got worse, the owner of what somebody else changed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from plans.models import Contact, User
from tickets.answers import NOTICEABLE
from tickets.models import Delivery, Ticket, TicketEvent
from tickets.telling.notifications import Notice, queue_many


def tell(*, ticket: Ticket, event: TicketEvent, at: datetime) -> None:
    """Queue the letters about a line of the ledger by which the terms of a ticket changed. Call inside atomic."""
    kind = Delivery.Kind.DEADLINE_MOVED
    queue_many([Notice(kind, event, ticket, reader) for reader in readers_of(ticket, event)], at=at)


def readers_of(ticket: Ticket, event: TicketEvent) -> list[User | Contact]:
    """Return who is told of changed terms; whoever changed them knows."""
    owner = ticket.assignee
    is_news = owner is not None and "dues" in event.fields and event.actor_ref != f"user:{owner.pk}"
    return [*([ticket.contact] if is_worse(event.fields) else []), *([owner] if owner and is_news else [])]


def is_worse(said: Mapping[str, Any]) -> bool:
    """Tell whether a change of terms put a promise off, or left it without a deadline. Source: Y17"""
    return any(_is_put_off(line) for line in said.get("dues", ()))


def _is_put_off(line: Mapping[str, Any]) -> bool:
    if line.get("ended"):
        return True
    old, new = line["from"], line["to"]
    return bool(old) and (not new or datetime.fromisoformat(new) - datetime.fromisoformat(old) >= NOTICEABLE)
