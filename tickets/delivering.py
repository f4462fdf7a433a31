"""Hop 3 of the dispatch: Delivery rows become mail. At least once, always under the same id and the same bytes."""

import random
import time
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTP

from django.db import connection, models, transaction
from django.db.models import Case, F, Value, When

from sla.clock import database_now
from sla.models import Escalation, Milestone
from tickets import mail
from tickets.channels import email
from tickets.channels.base import ChannelError
from tickets.models import Delivery
from tickets.occasions import RELATED

SEND_TIMEOUT = timedelta(seconds=15)
LEASE = 2 * SEND_TIMEOUT
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=15), timedelta(hours=1)
# With waits of an hour at most, a mail server may be away for two days before we give a message up.
TRIES = 56
# A mail that cannot even be written will not write itself by being asked often.
TRIES_TO_RENDER = 5
# More than this many of one kind for one reader travel in one mail. Source: C30
DIGEST_ABOVE = 10
TOGETHER = (Delivery.Kind.WARNING, Delivery.Kind.BREACH)
# While more is being written, these wait, so that what comes together is told together.
GATHERING = timedelta(seconds=5)
# One process at a time claims; sending is not under this lock.
CLAIM_LOCK = 0x5309


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


def deliver(*, limit: int = 50, later_than: timedelta = timedelta(), within: float = 4.0) -> int:
    """Send up to `limit` mails that are due and return how many were tried.

    No new try is begun after `within` seconds. `later_than` leaves alone what is not yet that late.
    """
    batch = _claim(limit, later_than, within)
    if not batch.rows:
        return 0
    try:
        with email.connected() as server:
            return _send_all(batch, server)
    except ChannelError as error:
        for row in batch.rows:
            _put_off(row, batch, str(error))
        return len(batch.rows)


@transaction.atomic
def _claim(limit: int, later_than: timedelta, within: float) -> Batch:
    """Lease rows to us, those for one reader gathered; a lease that ran out was a try whose outcome nobody knows."""
    began = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CLAIM_LOCK])
    now = database_now()
    rows = list(_ready(now - later_than, now).select_for_update(skip_locked=True)[:limit])
    keys = _gathered(rows, now - later_than)
    stop_at = began + min(within, (LEASE - SEND_TIMEOUT).total_seconds())
    if not keys:
        return Batch([], now, stop_at)
    lost = Case(When(lease_until=None, then=Value(0)), default=Value(1))
    Delivery.objects.filter(pk__in=keys).update(
        lease_until=now + LEASE, attempts=F("attempts") + 1, unknown_sends=F("unknown_sends") + lost
    )
    leased = Delivery.objects.select_related(*RELATED).filter(pk__in=keys).order_by("not_before", "pk")
    return Batch(list(leased), now + LEASE, stop_at)


def _ready(before: datetime, now: datetime) -> models.QuerySet[Delivery]:
    """Return what may be sent, without what still gathers."""
    ready = Delivery.objects.sendable(before)
    if Escalation.objects.pending(now).exists() or Milestone.objects.due(now).exists():
        return ready.exclude(kind__in=TOGETHER, queued_at__gt=now - GATHERING, rendered=None)
    return ready


def _gathered(rows: Sequence[Delivery], before: datetime) -> list[int]:
    """Return the keys of the rows to be sent; rows of one kind for one reader are given to one of them to carry."""
    keys = [row.pk for row in rows]
    fresh = [row for row in rows if row.kind in TOGETHER and row.rendered is None]
    if not fresh:
        return keys
    carried: set[int] = set()
    for alike in _alike(fresh, before):
        if len(alike) > DIGEST_ABOVE:
            lead = next(pk for pk in keys if pk in alike)
            others = alike - {lead}
            Delivery.objects.filter(pk__in=others).update(carried_by=lead)
            carried |= others
    return [pk for pk in keys if pk not in carried]


def _alike(rows: Sequence[Delivery], before: datetime) -> list[set[int]]:
    """Lock what waits for the same readers, also beyond this batch, and return the keys by reader and kind."""
    asked = {(row.address, row.kind) for row in rows}
    waiting = Delivery.objects.sendable(before).filter(address__in={address for address, _ in asked}, rendered=None)
    found: dict[tuple[str, str], set[int]] = defaultdict(set)
    locked = waiting.filter(kind__in=TOGETHER).select_for_update(skip_locked=True)
    for pk, address, kind in locked.values_list("pk", "address", "kind"):
        found[address, kind].add(pk)
    return [found[key] for key in asked if key in found]


def _send_all(batch: Batch, server: SMTP) -> int:
    """Send the rows of a batch one by one; what is not tried is given back."""
    for place, row in enumerate(batch.rows):
        if batch.is_over() or server.sock is None:
            _give_back(batch.rows[place:], batch)
            return place
        _send(row, batch, server)
    return len(batch.rows)


def _send(row: Delivery, batch: Batch, server: SMTP) -> None:
    if row.rendered is None and not _render(row, batch):
        return
    try:
        email.send(row, server)
    except ChannelError as error:
        if error.permanent or row.attempts >= TRIES:
            _end(row, batch, Delivery.State.FAILED, str(error))
        else:
            _put_off(row, batch, str(error))
    else:
        _end(row, batch, Delivery.State.SENT)


def _render(row: Delivery, batch: Batch) -> bool:
    """Write the mail of a row before its first try, and keep it; tell whether there is one."""
    try:
        at = database_now()
        with transaction.atomic():
            carried = list(row.carried.select_related(*RELATED).order_by("pk"))
            row.rendered = mail.render_digest([row, *carried], at=at) if carried else mail.render(row, at=at)
            _ours(row, batch).update(rendered=row.rendered, subject=row.subject)
    except Exception as error:  # noqa: BLE001  one mail that cannot be written must not hold up the others
        _give_up_or_put_off(row, batch, f"{type(error).__name__}: {error}")
        return False
    return True


def _give_up_or_put_off(row: Delivery, batch: Batch, error: str) -> None:
    if row.attempts >= TRIES_TO_RENDER:
        _end(row, batch, Delivery.State.FAILED, error)
    else:
        _put_off(row, batch, error)


def _ours(row: Delivery, batch: Batch) -> models.QuerySet[Delivery]:
    """Return the row for as long as the lease is ours: who overslept may not write over another's outcome."""
    return Delivery.objects.filter(pk=row.pk, lease_until=batch.lease_until, state=Delivery.State.QUEUED)


def _end(row: Delivery, batch: Batch, state: Delivery.State, error: str = "") -> None:
    """Note the outcome of a row and of those it carries."""
    sent_at = database_now() if state == Delivery.State.SENT else None
    carried = Delivery.objects.filter(carried_by=row, state=Delivery.State.QUEUED)
    with transaction.atomic():
        if _ours(row, batch).update(state=state, lease_until=None, error=error[:400], sent_at=sent_at):
            carried.update(state=state, error=error[:400], sent_at=sent_at)


def _put_off(row: Delivery, batch: Batch, error: str) -> None:
    """Try again later: twice as long after each try, give or take half, so that not all come back at once."""
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(row.attempts - 1, 12)) * random.uniform(0.5, 1.5)
    _ours(row, batch).update(lease_until=None, not_before=database_now() + wait, error=error[:400])


def _give_back(rows: Sequence[Delivery], batch: Batch) -> None:
    keys = [row.pk for row in rows]
    ours = Delivery.objects.filter(pk__in=keys, lease_until=batch.lease_until, state=Delivery.State.QUEUED)
    ours.update(lease_until=None, attempts=F("attempts") - 1)


def send_again(*, keys: Collection[int], at: datetime) -> int:
    """Queue messages that were given up once more, under their own ids; return how many."""
    given_up = Delivery.objects.filter(pk__in=keys, state=Delivery.State.FAILED)
    return given_up.update(state=Delivery.State.QUEUED, not_before=at, attempts=0, lease_until=None, carried_by=None)
