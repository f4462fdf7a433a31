"""What we say in a ticket: to its customer, on the phone, or among ourselves."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from plans.models import User
from sla.actors import BOT
from sla.timeline import ActorKind
from tickets.actions.ticket.standing import check_agent, first_touch, locked, said_in, to_work_on
from tickets.ledger import Entry, actor_of, record
from tickets.models import Delivery, Message, Ticket, TicketEvent
from tickets.telling import notifications

Kind = TicketEvent.Kind


@transaction.atomic
def progress(*, ticket: Ticket, body: str, actor: User, at: datetime) -> Ticket:
    """Tell the customer how far the work is. Source: Y18"""
    ticket = to_work_on(ticket, actor)
    _say_to_customer(ticket, Kind.PROGRESS, body, actor, at)
    return ticket


@transaction.atomic
def reply(*, ticket: Ticket, body: str, actor: User, at: datetime) -> Ticket:
    """Answer the customer: human contact in writing. Source: K02"""
    ticket = to_work_on(ticket, actor)
    _say_to_customer(ticket, Kind.REPLY, body, actor, at)
    return ticket


@transaction.atomic
def note(*, ticket: Ticket, body: str, actor: User, at: datetime) -> Ticket:
    """Leave an internal note, which no customer sees and no clock hears."""
    ticket = locked(ticket)
    check_agent(actor)
    message = said_in(ticket, body, actor, at, is_public=False)
    record(ticket, Entry(Kind.NOTE, actor_of(actor), at, message, is_public=False))
    return ticket


@transaction.atomic
def log_call(*, ticket: Ticket, body: str, answered: bool, actor: User, at: datetime, call: str = "") -> Ticket:
    """Write a phone call into the ticket, with its code; only one that was answered is contact. Source: Y18, K02"""
    ticket = to_work_on(ticket, actor)
    message = said_in(ticket, body, actor, at)
    fields = {"answered": answered} | ({"call": call} if call else {})
    record(ticket, *first_touch(ticket, actor, at), Entry(Kind.CALL, actor_of(actor), at, message, fields))
    return ticket


@transaction.atomic
def bot_reply(*, ticket: Ticket, body: str, at: datetime) -> Ticket:
    """Add what the bot says; it meets no clock. Source: K02"""
    ticket = locked(ticket)
    message = Message.objects.create(
        ticket=ticket, author_kind=ActorKind.BOT, author_display=_("智能客服"), body=body, at=at
    )
    record(ticket, Entry(Kind.BOT_REPLY, BOT, at, message))
    return ticket


def _say_to_customer(ticket: Ticket, kind: TicketEvent.Kind, body: str, actor: User, at: datetime) -> None:
    said = Entry(kind, actor_of(actor), at, said_in(ticket, body, actor, at))
    events = record(ticket, *first_touch(ticket, actor, at), said)
    notifications.queue(kind=Delivery.Kind.REPLY, parent=events[-1], ticket=ticket, recipient=ticket.contact, at=at)
