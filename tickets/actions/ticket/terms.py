"""Under which terms a ticket is worked, as they change under way."""

from datetime import datetime

from django.db import transaction

from sla.actors import Actor
from tickets.actions.ticket.standing import locked
from tickets.ledger import Entry, policy_over, replan
from tickets.models import Priority, Ticket, TicketEvent

Kind = TicketEvent.Kind


@transaction.atomic
def raise_priority(*, ticket: Ticket, actor: Actor, at: datetime) -> Ticket:
    """Make a ticket one step more urgent; an urgent one stays as it is."""
    ticket = locked(ticket)
    ladder = list(Priority)
    place = ladder.index(Priority(ticket.priority))
    if place + 1 < len(ladder) and not ticket.is_ended:
        before, ticket.priority = ticket.priority, ladder[place + 1]
        fields = {"from": before, "to": ticket.priority}
        entry = Entry(Kind.PRIORITY_CHANGED, actor, at, fields=fields, is_public=False)
        replan(ticket, entry, policy_over(ticket))
    return ticket
