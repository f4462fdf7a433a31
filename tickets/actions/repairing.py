"""Put a clock right that is stored otherwise than its facts say."""

from datetime import datetime
from typing import Any

from django.db import transaction

from sla import engine, self_checking
from sla.actors import Actor
from sla.models import Clock, Milestone
from tickets.actions.ticket import locked
from tickets.answers import instant
from tickets.ledger import Entry, note_all
from tickets.models import TicketClock, TicketEvent


@transaction.atomic
def refold(*, clock: Clock, actor: Actor, at: datetime) -> list[Milestone]:
    """Fold a clock's facts anew, with its ticket locked, and set timers that were lost.

    Each deadline that this changed stands in the ledger.
    """
    timed = TicketClock.objects.select_related("ticket").get(clock=clock)
    ticket = locked(timed.ticket)
    before = dict(clock.milestones.values_list("pk", "due_at"))
    rows = engine.refold(clock)
    for row in rows:
        if self_checking.lost_step(row):
            engine.lay_anew(row)
    self_checking.settle(clock.pk, at=at)
    if moved := [row for row in rows if row.due_at != before.get(row.pk)]:
        fields = {"cause": "self_check", "moves": [_move(row, before.get(row.pk)) for row in moved]}
        note_all([(ticket, Entry(TicketEvent.Kind.DEADLINE_MOVED, actor, at, fields=fields, is_public=False))])
    return rows


def _move(row: Milestone, old: datetime | None) -> dict[str, Any]:
    return {
        "metric": row.metric,
        "number": row.number,
        "old_due_at": instant(old),
        "new_due_at": instant(row.due_at),
    }
