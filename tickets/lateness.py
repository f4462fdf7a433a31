"""How late we noticed that a step was due: no outage is to blame for what reached us late itself."""

from datetime import datetime, timedelta

from sla.models import Escalation
from tickets.models import Ticket

# A step noticed later than this was noticed late, and whoever is told hears how late.
NOTICED_LATE = timedelta(seconds=60)


def reached_us_at(ticket: Ticket) -> datetime:
    """Return when a ticket came to us, which may be long after it was asked. Source: C35"""
    received = ticket.inbound_events.order_by("pk").values_list("received_at", flat=True).first()
    return max(received or ticket.opened_at, ticket.opened_at)


def noticed_late(escalation: Escalation, ticket: Ticket) -> timedelta:
    """Return by how much a step was noticed late, zero if it was not: from its instant, or from the ticket's coming."""
    late = escalation.fired_at - escalation.step_at
    if late > NOTICED_LATE:
        late = min(late, escalation.fired_at - reached_us_at(ticket))
    return late if late > NOTICED_LATE else timedelta()
