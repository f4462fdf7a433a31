"""Hop 2 for talks: whoever answers for a chat that waits, a call that is owed or a question is told, or it is acted on.

The same hop for tickets is `escalations`, for contracts `account_escalations`.
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from plans.models import User
from sla.batching import in_batches
from sla.changing import recomputing, replanning
from sla.ladder import WARNINGS, Mark
from sla.models import DueMove, Escalation
from tickets.models import Delivery
from tickets.rounds.account_escalations import put_off, settle, void_of
from tickets.telling.notifications import Notice, queue_many
from tickets.telling.talk_matters import OF_TALKS, RELATED, TALKS, thing_of
from tickets.telling.talk_roles import readers_of

State = Escalation.State

# What is done besides at a breach, by the kind of talk: called with the thing and the instant. It may raise: the step
# is then put off and tried again.
DEEDS: dict[str, Callable[[Any, datetime], None]] = {}


def act_on_talks(*, limit: int = 25, later_than: timedelta = timedelta()) -> int:
    """Act on up to `limit` steps of what talks owe, and return how many were claimed.

    One transaction claims, acts and queues the mails. If a row raises, the batch is done again row by row, and the bad
    one is put off, then quarantined.
    """
    return in_batches(lambda now: _claim(now - later_than, limit), _act, put_off)


def forget_moves(*, at: datetime) -> int:
    """Settle deadlines of talks that new hours or rules moved, and return how many; they moved, and nobody is told.

    A talk is timed in minutes, a question in a day: nobody has planned by the old instant.
    """
    return DueMove.objects.pending(at).filter(OF_TALKS).order_by().update(acted_at=at)


def _claim(before: datetime, limit: int) -> list[Escalation]:
    if not Escalation.objects.pending(before).exists():
        return []
    pending = Escalation.objects.pending(before).filter(OF_TALKS).select_related("milestone", *RELATED)
    return list(pending.select_for_update(skip_locked=True, of=("self", "milestone"))[:limit])


def _act(rows: list[Escalation], now: datetime) -> None:
    # A rule that changed since these steps came true may void them, as with tickets.
    replanning.bring_up_to_date(recomputing.bring_up_to_date([row.milestone for row in rows], now), now)
    told: dict[int, set[User]] = defaultdict(set)
    notices: list[Notice] = []
    # Who is told of a later step found with an earlier one hears of that alone.
    for row in sorted(rows, key=lambda row: (row.step_at, row.level), reverse=True):
        row.milestone.refresh_from_db(fields=["due_at", "stopped_at", "acknowledged_at"])
        if void := void_of(row, now):
            settle(row, State.SUPERSEDED, now, void)
        else:
            notices += _taken(row, told[row.milestone_id], now)
            settle(row, State.DONE, now)
    queue_many(notices, at=now)


def _taken(row: Escalation, told: set[User], now: datetime) -> list[Notice]:
    """Do what a step says, and return whom it tells."""
    name, thing = thing_of(row)
    readers = [person for person in readers_of(TALKS[name].matter(thing), row.actions, now) if person not in told]
    told.update(readers)
    kind = Delivery.Kind.TALK_SOON if row.mark in WARNINGS else Delivery.Kind.TALK_LATE
    if row.mark == Mark.BREACH and name in DEEDS:
        DEEDS[name](thing, now)
    return [Notice(kind, row, None, person) for person in readers]
