"""How late we noticed that a step was due: no outage is to blame for what reached us, or fell due, late itself."""

from datetime import datetime, timedelta

from sla.lag import turned_at
from sla.models import Escalation
from tickets.models import Ticket

# A step noticed later than this was noticed late, and whoever is told hears how late.
NOTICED_LATE = timedelta(seconds=60)


def reached_us_at(ticket: Ticket) -> datetime:
    """Return when a ticket came to us, which may be long after it was asked. Source: C35"""
    received = ticket.inbound_events.order_by("pk").values_list("received_at", flat=True).first()
    return max(received or ticket.opened_at, ticket.opened_at)


def noticed_late(escalation: Escalation, ticket: Ticket) -> timedelta:
    """Return by how much a step was noticed late, zero if it was not.

    It counts from the step's instant, or from when the ticket came, its terms changed, or an answer was taken back.
    """
    late = escalation.fired_at - escalation.step_at
    if late > NOTICED_LATE:
        late = escalation.fired_at - max(escalation.step_at, reached_us_at(ticket), *turned_at(escalation))
    return late if late > NOTICED_LATE else timedelta()
