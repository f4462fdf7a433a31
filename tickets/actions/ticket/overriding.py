"""One of us decides otherwise than the plan: with a reason, on the ledger, told to the lead, and reported."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from plans.accounts import duty_manager
from plans.models import User
from sla.refusals import ActionRefusedError
from tickets.actions.deciding import Cause, Overruling, remember
from tickets.actions.ticket.standing import to_work_on
from tickets.actions.ticket.weighing import SAID, Classification, overruled, put_under
from tickets.ledger import Entry, actor_of, replan
from tickets.models import Delivery, Ticket, TicketEvent
from tickets.telling import changed_terms, notifications

# A sentence is no shorter; spaces do not count.
SHORTEST_REASON, LONGEST_REASON = 10, 400


@transaction.atomic
def override(*, ticket: Ticket, outcome: str, reason: str, actor: User, at: datetime) -> Ticket:
    """Decide in the plan's place whether a ticket is covered, chargeable or not covered, and return the ticket.

    What is covered runs the plan's promise of tickets; nothing else is timed any more. It holds until the ticket is
    about something else, or somebody decides anew. Raises ActionRefusedError without a sentence of reason, and where
    that is decided already.
    """
    ticket = to_work_on(ticket, actor)
    _check(ticket, outcome, reason)
    was, to = ticket.outcome, Classification.of(ticket)
    decision = overruled(ticket, to, outcome, at)
    put_under(ticket, to, decision)
    why = " ".join(reason.split())
    remember(ticket=ticket, decision=decision, cause=Cause.OVERRIDDEN, at=at, by=Overruling(actor, why, was))
    said: dict[str, Any] = {"changed": {}, "outcome": {"from": was, "to": outcome}, "reason": why}
    event = replan(ticket, Entry(TicketEvent.Kind.OVERRIDDEN, actor_of(actor), at, fields=said), decision.policy)
    _tell_lead(ticket, event, actor, at)
    changed_terms.tell(ticket=ticket, event=event, at=at)
    return ticket


def _check(ticket: Ticket, outcome: str, reason: str) -> None:
    if outcome not in SAID:
        raise ActionRefusedError("unknown_outcome", _("只能判为：范围内、可能另行计费或不在范围内。"))
    if ticket.outcome == outcome:
        raise ActionRefusedError("nothing_changed", _("现在就是这个结论。"), ways_on=[_("选另一个结论。")])
    if len("".join(reason.split())) < SHORTEST_REASON:
        raise ActionRefusedError(
            "reason_missing",
            _("请用一句话写明理由，至少 %(count)d 个字。") % {"count": SHORTEST_REASON},
            ways_on=[_("写清依据：合同、邮件或谁同意的。组长会看到。")],
        )
    if len(reason) > LONGEST_REASON:
        raise ActionRefusedError("reason_too_long", _("理由最多 %(count)d 个字。") % {"count": LONGEST_REASON})


def _tell_lead(ticket: Ticket, event: TicketEvent, actor: User, at: datetime) -> None:
    """Tell who answers for the team; whoever decided knows."""
    lead = duty_manager(ticket.team, ticket.contract)
    if lead and lead.pk != actor.pk:
        notifications.queue(kind=Delivery.Kind.OVERRIDDEN, parent=event, ticket=ticket, recipient=lead, at=at)
