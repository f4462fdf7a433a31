"""Who works a ticket: it is taken on, given to a colleague, or passed on by rule."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from plans.models import User
from sla.actors import Actor
from sla.refusals import ActionRefusedError
from tickets import notifications
from tickets.actions.ticket.standing import check_can_own, hand_to, locked, taken_on, to_work_on
from tickets.ledger import Entry, actor_of, record
from tickets.models import Delivery, Ticket, TicketEvent

Kind = TicketEvent.Kind


@transaction.atomic
def accept(*, ticket: Ticket, actor: User, at: datetime) -> Ticket:
    """Take a ticket on. Source: Y18"""
    ticket = to_work_on(ticket, actor)
    if ticket.assignee_id == actor.pk:
        raise ActionRefusedError("already_accepted", _("您已经接了这张工单。"))
    record(ticket, taken_on(ticket, actor, at))
    return ticket


@transaction.atomic
def assign(*, ticket: Ticket, to: User, actor: User, at: datetime) -> Ticket:
    """Give a ticket to a colleague, whose team it then belongs to. Source: Y18"""
    ticket = to_work_on(ticket, actor)
    check_can_own(to)
    hand_to(ticket, to)
    events = record(
        ticket, Entry(Kind.ASSIGNED, actor_of(actor), at, fields={"to": str(to), "to_ref": f"user:{to.pk}"})
    )
    if to != actor:
        notifications.queue(kind=Delivery.Kind.REASSIGNED, parent=events[0], ticket=ticket, recipient=to, at=at)
    return ticket


@transaction.atomic
def reassign(*, ticket: Ticket, to: User, actor: Actor, at: datetime) -> Ticket:
    """Give a ticket to somebody else by rule; the system's act meets no clock. Source: K02"""
    ticket = locked(ticket)
    if ticket.assignee_id != to.pk and not ticket.is_ended:
        hand_to(ticket, to)
        fields = {"to": str(to), "to_ref": f"user:{to.pk}"}
        record(ticket, Entry(Kind.ASSIGNED, actor, at, fields=fields, is_public=False))
    return ticket
