"""Who works a ticket: it is taken on, given to a colleague, or passed on by rule."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from plans.models import Team, User
from sla.actors import Actor
from sla.refusals import ActionRefusedError
from tickets.actions.ticket.standing import check_can_own, hand_to, locked, move_to, taken_on, to_work_on
from tickets.ledger import Entry, actor_of, record
from tickets.models import Delivery, Status, Ticket, TicketEvent
from tickets.telling import notifications

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
    events = record(ticket, Entry(Kind.ASSIGNED, actor_of(actor), at, fields=_given_to(ticket, to)))
    if to != actor:
        notifications.queue(kind=Delivery.Kind.REASSIGNED, parent=events[0], ticket=ticket, recipient=to, at=at)
    return ticket


@transaction.atomic
def hand_over(*, ticket: Ticket, team: Team, actor: User, at: datetime) -> Ticket:
    """Give a ticket to a team, whose next free agent takes it on. Source: Y18, C32"""
    ticket = to_work_on(ticket, actor)
    if ticket.team_id == team.pk and ticket.assignee_id is None:
        raise ActionRefusedError("already_theirs", _("工单已经在%(team)s的队列里。") % {"team": team})
    ticket.assignee = None
    ticket.status = Status.OPEN if ticket.status == Status.NEW else ticket.status
    fields = {"to": str(team), "to_ref": f"team:{team.pk}"} | move_to(ticket, team)
    record(ticket, Entry(Kind.ASSIGNED, actor_of(actor), at, fields=fields))
    return ticket


@transaction.atomic
def reassign(*, ticket: Ticket, to: User, actor: Actor, at: datetime) -> Ticket:
    """Give a ticket to somebody else by rule; the system's act meets no clock. Source: K02"""
    ticket = locked(ticket)
    if ticket.assignee_id != to.pk and not ticket.is_ended:
        record(ticket, Entry(Kind.ASSIGNED, actor, at, fields=_given_to(ticket, to), is_public=False))
    return ticket


def _given_to(ticket: Ticket, person: User) -> dict[str, str]:
    """Make a person its owner and return what the ledger says of it."""
    return {"to": str(person), "to_ref": f"user:{person.pk}"} | hand_to(ticket, person)
