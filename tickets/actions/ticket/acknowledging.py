"""Who takes a late or threatened promise on, so that nobody need be told of it again."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from plans.models import User
from sla import engine
from sla.models import Milestone
from sla.refusals import ActionRefusedError
from tickets.actions.ticket.standing import to_work_on
from tickets.answers import instant
from tickets.ledger import Entry, actor_of, record
from tickets.models import Ticket, TicketEvent


@transaction.atomic
def acknowledge(*, ticket: Ticket, metric: str = "", actor: User, at: datetime) -> Ticket:
    """Take the late and threatened promises of a ticket on, or those of one metric; further alerts fall silent.

    It is no answer to the customer and no acceptance of the ticket: no clock hears it. Raises ActionRefusedError where
    nothing is late or threatened, or somebody has taken it on already. Source: C29
    """
    ticket = to_work_on(ticket, actor)
    running = Milestone.objects.open().filter(clock__ticket_clock__ticket=ticket).select_related("clock").order_by("pk")
    chosen = [row for row in running if metric in ("", row.metric)]
    awaiting = [row for row in chosen if row.awaits_notice(at)]
    if not awaiting:
        raise _refusal(chosen)
    who = actor_of(actor)
    for row in awaiting:
        engine.acknowledge(row, actor=who, at=at)
    record(ticket, *(Entry(TicketEvent.Kind.ACKNOWLEDGED, who, at, fields=_said(row, at), is_public=False)
                     for row in awaiting))  # fmt: skip
    return ticket


def _said(row: Milestone, at: datetime) -> dict[str, object]:
    is_late = row.state_at(at) == Milestone.State.BREACHED
    return {"metric": row.metric, "due_at": instant(row.due_at), "is_late": is_late}


def _refusal(rows: list[Milestone]) -> ActionRefusedError:
    if any(row.acknowledged_at for row in rows):
        return ActionRefusedError("already_acknowledged", _("已经有人知悉，无需再次确认。"))
    return ActionRefusedError("nothing_to_acknowledge", _("没有将到期或已超时、需要知悉的时限。"))
