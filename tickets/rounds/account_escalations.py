"""Hop 2 for what belongs to no ticket: what a contract owes by a date is warned of, and escalated, to its people."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from plans.models import Contact, User
from sla.batching import BACKOFF, in_batches
from sla.changing import recomputing, replanning
from sla.ladder import WARNINGS, Mark, is_silent
from sla.models import Escalation
from tickets.models import Delivery
from tickets.telling.account_matters import OF_CONTRACTS, RELATED, Matter, matter_of
from tickets.telling.account_roles import readers_of
from tickets.telling.notifications import Notice, queue_many

State = Escalation.State
Person = User | Contact
KEPT = ("state", "acted_at", "attempts", "retry_at", "error")


def act_on_accounts(*, limit: int = 25, later_than: timedelta = timedelta()) -> int:
    """Tell of up to `limit` steps of what contracts owe, and return how many were claimed.

    One transaction claims, acts and queues the mails. If a row raises, the batch is done again row by row, and the bad
    one is put off, then quarantined.
    """
    return in_batches(lambda now: _claim(now - later_than, limit), _act, put_off)


def _claim(before: datetime, limit: int) -> list[Escalation]:
    pending = Escalation.objects.pending(before).filter(OF_CONTRACTS).select_related("milestone", *RELATED)
    return list(pending.select_for_update(skip_locked=True, of=("self", "milestone"))[:limit])


def _act(rows: list[Escalation], now: datetime) -> None:
    # A rule that changed since these steps came true may void them, as with tickets.
    replanning.bring_up_to_date(recomputing.bring_up_to_date([row.milestone for row in rows], now), now)
    told: dict[int, set[Person]] = defaultdict(set)
    notices: list[Notice] = []
    # Who is told of a later step found with an earlier one hears of that alone.
    for row in sorted(rows, key=lambda row: (row.step_at, row.level), reverse=True):
        row.milestone.refresh_from_db(fields=["due_at", "stopped_at", "acknowledged_at"])
        matter = matter_of(row)
        if void := void_of(row, now):
            settle(row, State.SUPERSEDED, now, void)
        elif matter:
            readers = [person for person in meant(row.actions, matter) if person not in told[row.milestone_id]]
            told[row.milestone_id].update(readers)
            notices += [Notice(_kind(row), row, None, person) for person in readers]
            settle(row, State.DONE, now)
    queue_many(notices, at=now)


def _kind(row: Escalation) -> Delivery.Kind:
    return Delivery.Kind.OWED_SOON if row.mark in WARNINGS else Delivery.Kind.OWED_LATE


def void_of(row: Escalation, now: datetime) -> str:
    """Return why a step no longer holds, if it does not."""
    if row.milestone.stopped_at:
        return "stopped"
    if row.milestone.due_at != row.due_at:
        return "deadline_moved"
    if row.mark in WARNINGS and now > row.due_at:
        return "overtaken"
    return "acknowledged" if is_silent(Mark(row.mark), row.due_at, row.milestone.acknowledged_at) else ""


def meant(actions: Iterable[Mapping[str, Any]], matter: Matter) -> list[Person]:
    """Return whom the actions of a step tell; what is done with tickets alone has no sense here and is passed over."""
    tells = [action for action in actions if action["do"] == "tell"]
    roles = [role for action in tells for role in action.get("roles", ())]
    names = {name for action in tells for name in action.get("people", ())}
    named = User.objects.filter(username__in=names, is_active=True) if names else ()
    return list(dict.fromkeys([*readers_of(matter.contract, roles), *named]))


def settle(row: Escalation, state: State, now: datetime, error: str = "") -> None:
    """Save what became of a step."""
    row.state, row.acted_at, row.error = state, now, error
    row.save(update_fields=KEPT)


def put_off(row: Escalation, now: datetime, error: str) -> None:
    """Leave a step that raised alone for a while; after the last try it is quarantined until someone looks."""
    row.attempts += 1
    is_hopeless = row.attempts > len(BACKOFF)
    row.state = State.QUARANTINED if is_hopeless else State.PENDING
    row.retry_at = now if is_hopeless else now + BACKOFF[row.attempts - 1]
    row.acted_at, row.error = None, error
    row.save(update_fields=KEPT)
