"""Put a clock right that is stored otherwise than its facts say."""

from datetime import datetime
from typing import Any

from django.db import transaction

from sla import engine, self_checking
from sla.actors import Actor
from sla.models import Clock, Milestone
from tickets.actions.ticket import locked
from tickets.answers import instant
from tickets.ledger import Entry, record
from tickets.models import TicketClock, TicketEvent


@transaction.atomic
def refold(*, clock: Clock, actor: Actor, at: datetime) -> list[Milestone]:
    """Fold a clock's facts anew, with its ticket locked, and note in the ledger each deadline that this changed."""
    timed = TicketClock.objects.select_related("ticket").get(clock=clock)
    ticket = locked(timed.ticket)
    before = dict(clock.milestones.values_list("pk", "due_at"))
    rows = engine.refold(clock)
    self_checking.settle(clock.pk, at=at)
    moved = [row for row in rows if row.due_at != before.get(row.pk)]
    ticket.next_due_at = _next_due(ticket.pk)
    if moved:
        moves = [_move(row, before.get(row.pk)) for row in moved]
        fields = {"cause": "self_check", "moves": moves}
        record(ticket, Entry(TicketEvent.Kind.DEADLINE_MOVED, actor, at, fields=fields, is_public=False))
    else:
        ticket.save(update_fields=["next_due_at"])
    return rows


def _move(row: Milestone, old: datetime | None) -> dict[str, Any]:
    return {
        "metric": row.metric,
        "number": row.number,
        "old_due_at": instant(old) if old else None,
        "new_due_at": instant(row.due_at) if row.due_at else None,
    }


def _next_due(ticket: int) -> datetime | None:
    opened = Milestone.objects.open().filter(clock__ticket_clock__ticket=ticket, due_at__isnull=False)
    return opened.order_by("due_at").values_list("due_at", flat=True).first()
