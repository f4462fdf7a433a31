"""What is said in a chat or on the phone, as lines of the ticket that it became: one timeline, no letter for each line.

Source: Y07, Y18
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from plans.models import Contact, User
from sla.actors import BOT
from sla.timeline import ActorKind
from tickets.actions.ticket.life import customer_entries, tell_owner
from tickets.actions.ticket.standing import check_theirs, first_touch, heir, said_in
from tickets.ledger import Entry, actor_of, record
from tickets.models import Message, Ticket, TicketEvent

Kind = TicketEvent.Kind


@dataclass(frozen=True, slots=True)
class Talk:
    """Where something was said: "chat" or "call" by its code; `is_live` while a colleague is in it."""

    via: str
    code: str
    is_live: bool = False

    @property
    def fields(self) -> dict[str, str]:
        """Return what a line of the ledger keeps of it."""
        return {"via": self.via, self.via: self.code}


@transaction.atomic
def agent_line(*, ticket: Ticket, actor: User, body: str, talk: Talk, at: datetime) -> Message | None:
    """Write what one of us said to the customer: human contact; None where nobody works on the ticket any more."""
    there = heir(ticket)
    if there.is_ended:
        return None
    message = said_in(there, body, actor, at)
    said = Entry(Kind.REPLY, actor_of(actor), at, message, talk.fields)
    record(there, *first_touch(there, actor, at), said)
    return message


@transaction.atomic
def customer_line(*, ticket: Ticket, contact: Contact, body: str, talk: Talk, at: datetime) -> Message | None:
    """Write what the customer said; its owner gets a letter where no colleague is in the talk. None for one ended."""
    there = heir(ticket)
    if there.is_ended:
        return None
    check_theirs(there, contact)
    entries = customer_entries(there, contact, body, talk.fields, at)
    events = record(there, *entries)
    if not talk.is_live:
        tell_owner(there, events[0], at)
    return entries[0].message


@transaction.atomic
def bot_line(*, ticket: Ticket, body: str, talk: Talk, at: datetime) -> Message | None:
    """Write what the bot said; it meets no clock. None where nobody works on the ticket any more. Source: K02"""
    there = heir(ticket)
    if there.is_ended:
        return None
    message = Message.objects.create(
        ticket=there, author_kind=ActorKind.BOT, author_display=_("智能客服"), body=body, at=at
    )
    record(there, Entry(Kind.BOT_REPLY, BOT, at, message, talk.fields))
    return message
