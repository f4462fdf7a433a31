"""Deliveries as they are leased, tried and marked, by whatever channel: at least once, under one id, the same bytes."""

import random
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import Case, F, Value, When

from sla.clock import database_now
from tickets.models import Delivery
from tickets.telling.occasions import RELATED

# One try, by any channel, is cut off after this.
SEND_TIMEOUT = timedelta(seconds=15)
LEASE = 2 * SEND_TIMEOUT
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=15), timedelta(hours=1)
# With waits of an hour at most, a receiver may be away for two days before we give a message up.
TRIES = 56
# What cannot even be written will not write itself by being asked often.
TRIES_TO_RENDER = 5


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows that only we may send until the lease runs out."""

    rows: Sequence[Delivery]
    lease_until: datetime
    # By the process's own steady clock: no new try is begun after it.
    stop_at: float

    def is_over(self) -> bool:
        """Tell whether another try could outlast the lease, or the tick."""
        return time.monotonic() >= self.stop_at


def lease(keys: Collection[int], now: datetime, within: float, began: float) -> Batch:
    """Lease locked rows to us; a lease that ran out was a try whose outcome nobody knows. Call inside atomic."""
    stop_at = began + min(within, (LEASE - SEND_TIMEOUT).total_seconds())
    if not keys:
        return Batch([], now, stop_at)
    lost = Case(When(lease_until=None, then=Value(0)), default=Value(1))
    Delivery.objects.filter(pk__in=keys).update(
        lease_until=now + LEASE, attempts=F("attempts") + 1, unknown_sends=F("unknown_sends") + lost
    )
    leased = Delivery.objects.select_related(*RELATED).filter(pk__in=keys).order_by("not_before", "pk")
    return Batch(list(leased), now + LEASE, stop_at)


def ours(row: Delivery, batch: Batch) -> models.QuerySet[Delivery]:
    """Return the row for as long as the lease is ours: who overslept may not write over another's outcome."""
    return Delivery.objects.filter(pk=row.pk, lease_until=batch.lease_until, state=Delivery.State.QUEUED)


def end(row: Delivery, batch: Batch, state: Delivery.State, error: str = "") -> None:
    """Note the outcome of a row and of those it carries."""
    sent_at = database_now() if state == Delivery.State.SENT else None
    carried = Delivery.objects.filter(carried_by=row, state=Delivery.State.QUEUED)
    with transaction.atomic():
        if ours(row, batch).update(state=state, lease_until=None, error=error[:400], sent_at=sent_at):
            carried.update(state=state, error=error[:400], sent_at=sent_at)


def put_off(row: Delivery, batch: Batch, error: str, wait: timedelta = timedelta()) -> None:
    """Try again later: twice as long after each try, give or take half, so that not all come back at once.

    Not before `wait` is over, which the other side asked for.
    """
    usual = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(row.attempts - 1, 12)) * random.uniform(0.5, 1.5)
    wait = max(wait, usual)
    ours(row, batch).update(lease_until=None, not_before=database_now() + wait, error=error[:400])


def fail(row: Delivery, batch: Batch, error: str, tries: int, *, wait: timedelta = timedelta()) -> None:
    """Put a row off, for `wait` at least, or give it up once it was tried so often."""
    if row.attempts >= tries:
        end(row, batch, Delivery.State.FAILED, error)
    else:
        put_off(row, batch, error, wait)


def give_back(rows: Sequence[Delivery], batch: Batch, *, not_before: datetime | None = None) -> None:
    """Return rows that were not tried, to be taken again at once or from an instant on."""
    keys = [row.pk for row in rows]
    held = Delivery.objects.filter(pk__in=keys, lease_until=batch.lease_until, state=Delivery.State.QUEUED)
    again = {"not_before": not_before} if not_before else {}
    held.update(lease_until=None, attempts=F("attempts") - 1, **again)


def send_again(*, keys: Collection[int], at: datetime) -> int:
    """Queue messages that were given up once more, under their own ids; return how many."""
    given_up = Delivery.objects.filter(pk__in=keys, state=Delivery.State.FAILED)
    return given_up.update(state=Delivery.State.QUEUED, not_before=at, attempts=0, lease_until=None, carried_by=None)
