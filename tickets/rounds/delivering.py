"""Hop 3 of the dispatch: Delivery rows become mail. At least once, always under the same id and the same bytes."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from smtplib import SMTP

from django.db import connection, transaction

from sla.clock import database_now
from tickets.channels import email
from tickets.channels.base import ChannelError
from tickets.models import Delivery, DeliveryTry
from tickets.telling import mail
from tickets.telling.gathering import ALERTS, alike
from tickets.telling.occasions import RELATED
from tickets.telling.outbox import TRIES, TRIES_TO_RENDER, Batch, end, fail, give_back, lease, ours, put_off
from tickets.telling.settled import withhold_settled

Outcome = DeliveryTry.Outcome
# What would go within moments goes along.
ALONG = timedelta(seconds=15)
# One process at a time claims; sending is not under this lock.
CLAIM_LOCK = 0x5309
# What tells how letters travel together.
TRAVELS = ("address", "contact_id", "kind", "queued_at", "not_before")


def deliver(*, limit: int = 50, later_than: timedelta = timedelta(), within: float = 4.0) -> int:
    """Send up to `limit` mails that are due and return how many were tried.

    No new try is begun after `within` seconds. `later_than` leaves alone what is not yet that late.
    """
    batch = _claim(limit, later_than, within)
    if not batch.rows:
        return 0
    now = database_now()
    try:
        with email.connected() as server:
            return _send_all(batch, server, now)
    except ChannelError as error:
        for row in batch.rows:
            put_off(row, batch, str(error))
        DeliveryTry.objects.bulk_create(_tried(row, now, Outcome.FAILED, str(error)) for row in batch.rows)
        return len(batch.rows)


@transaction.atomic
def _claim(limit: int, later_than: timedelta, within: float) -> Batch:
    """Lease rows to us, those for one reader gathered and without those that need not be told any more."""
    began = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CLAIM_LOCK])
    now = database_now()
    ready = Delivery.objects.sendable(now - later_than).filter(channel=Delivery.EMAIL)
    rows = list(ready.select_for_update(skip_locked=True)[:limit])
    return lease(_gathered(rows, now), now, within, began)


def _gathered(rows: Sequence[Delivery], now: datetime) -> list[int]:
    """Return the keys of the rows to be sent; of those that travel together one carries the others."""
    keys = [row.pk for row in rows]
    fresh = [row for row in rows if row.kind in ALERTS and row.rendered is None]
    waiting = _waiting(fresh, now) if fresh else []
    away = withhold_settled([row.pk for row in waiting], now) if waiting else set()
    for together in alike(row for row in waiting if row.pk not in away):
        lead = next((row.pk for row in together if row.pk in keys), None)
        if lead is None or len(together) == 1:
            continue
        others = {row.pk for row in together if row.pk != lead}
        Delivery.objects.filter(pk__in=others).update(carried_by=lead)
        away |= others
    return [pk for pk in keys if pk not in away]


def _waiting(rows: Sequence[Delivery], now: datetime) -> list[Delivery]:
    """Lock and return what waits for the readers of these rows and is due by now or in a moment, oldest first."""
    waiting = Delivery.objects.sendable(now, along=ALONG).filter(
        address__in={row.address for row in rows}, kind__in=ALERTS, channel=Delivery.EMAIL, rendered=None
    )
    return list(waiting.only(*TRAVELS).select_for_update(skip_locked=True))


def _send_all(batch: Batch, server: SMTP, now: datetime) -> int:
    """Send the rows of a batch one by one and keep how each went; what is not tried is given back."""
    tries: list[DeliveryTry] = []
    for place, row in enumerate(batch.rows):
        if batch.is_over() or server.sock is None:
            give_back(batch.rows[place:], batch)
            break
        tries += _send(row, batch, server, now)
    else:
        place = len(batch.rows)
    DeliveryTry.objects.bulk_create(tries)
    return place


def _send(row: Delivery, batch: Batch, server: SMTP, now: datetime) -> list[DeliveryTry]:
    """Send one row and return how that went; nothing where it could not even be written."""
    if row.rendered is None and not _render(row, batch):
        return []
    began = time.monotonic()
    try:
        email.send(row, server)
    except ChannelError as error:
        fail(row, batch, str(error), 0 if error.permanent else TRIES)
        return [_tried(row, now, Outcome.REFUSED if error.permanent else Outcome.FAILED, str(error), began)]
    end(row, batch, Delivery.State.SENT)
    return [_tried(row, now, Outcome.SENT, "", began)]


def _tried(row: Delivery, now: datetime, outcome: str, said: str, began: float | None = None) -> DeliveryTry:
    """Return a try as it is kept, not saved yet."""
    ms = int((time.monotonic() - began) * 1000) if began else 0
    code = said.split(" ", 1)[0]
    status = int(code) if code.isdecimal() and len(code) == 3 else None
    return DeliveryTry(delivery=row, at=now, outcome=outcome, status=status, ms=ms, answer=said[:400])


def _render(row: Delivery, batch: Batch) -> bool:
    """Write the mail of a row before its first try, and keep it; tell whether there is one."""
    try:
        at = database_now()
        with transaction.atomic():
            carried = list(row.carried.select_related(*RELATED).order_by("pk"))
            row.rendered = mail.render_digest([row, *carried], at=at) if carried else mail.render(row, at=at)
            ours(row, batch).update(rendered=row.rendered, subject=row.subject)
    except Exception as error:  # noqa: BLE001  one mail that cannot be written must not hold up the others
        fail(row, batch, f"{type(error).__name__}: {error}", TRIES_TO_RENDER)
        return False
    return True
