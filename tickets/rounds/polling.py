"""Mailboxes are read: what is new is kept, taken in, and only then marked as read. One reader a mailbox."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import structlog
from django.db import connection

from sla.clock import database_now
from tickets.actions import hooks
from tickets.actions.mail import keep, keep_unfetched, note_count, note_poll
from tickets.channels import imap
from tickets.channels.base import ChannelError
from tickets.models import InboundEvent, Mailbox

LOCK = 0x5311
# So many mails of a mailbox in one round, and so many seconds for all mailboxes.
MOST, WITHIN = 50, 20.0
DOOR = "imap"

log = structlog.get_logger(__name__)


def poll_mail(*, within: float = WITHIN) -> int:
    """Read every mailbox that has a server and return how many mails were kept; one that fails stops no other."""
    stop_at = time.monotonic() + within
    boxes = Mailbox.objects.filter(is_active=True).exclude(host="").order_by("polled_at", "pk")
    return sum(_poll_alone(box, stop_at) for box in boxes if time.monotonic() < stop_at)


def _poll_alone(mailbox: Mailbox, stop_at: float) -> int:
    with _alone(mailbox) as is_alone:
        if not is_alone:
            return 0
        # What another reader has read meanwhile is noted on the row.
        mailbox.refresh_from_db()
        try:
            return _poll(mailbox, stop_at)
        except ChannelError as error:
            log.warning("mailbox_unreadable", mailbox=mailbox.address, error=str(error))
            note_poll(mailbox=mailbox, at=database_now(), error=str(error))
            return 0


@contextmanager
def _alone(mailbox: Mailbox) -> Iterator[bool]:
    """Yield whether we are the only one who reads a mailbox, until the end of the block."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK, mailbox.pk])
        is_alone = bool(cursor.fetchone()[0])
        try:
            yield is_alone
        finally:
            if is_alone:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK, mailbox.pk])


def _poll(mailbox: Mailbox, stop_at: float) -> int:
    """Read what is new, and return how many mails that were.

    Under another validity the server counts anew: then what nobody has read is new, until all of that is taken in.
    What people had read before we came is not ours.
    """
    with imap.opened(mailbox) as box:
        is_known = mailbox.uid_validity == box.uid_validity
        numbers = box.new(mailbox.last_uid if is_known else None)
        done = 0
        for number in numbers[:MOST]:
            if time.monotonic() >= stop_at:
                break
            _take(mailbox, box, number, is_counted=is_known)
            done += 1
        if not is_known and done == len(numbers):
            newest = max([box.newest, *numbers])
            note_count(mailbox=mailbox, uid_validity=box.uid_validity, newest=newest)
        note_poll(mailbox=mailbox, at=database_now())
    return done


def _take(mailbox: Mailbox, box: imap.Box, number: int, *, is_counted: bool) -> None:
    """Keep one mail, take it in, then mark it as read; one that cannot be taken in is kept and tried again later."""
    at, uid = database_now(), number if is_counted else 0
    try:
        found = box.fetch(number)
    except imap.UnfetchableError as error:
        # It must not stop the others for ever: that it is there, unread, is kept instead.
        keep_unfetched(mailbox=mailbox, error=f"IMAP {number}: {error}", at=at, uid=uid)
        return
    if found is None:
        return
    event = keep(mailbox=mailbox, raw=found.raw, door=DOOR, at=at, arrived_at=found.arrived_at, uid=uid)
    _understood(event, at)
    box.mark_read(number)


def _understood(event: InboundEvent, at: datetime) -> None:
    try:
        hooks.take(event=event, at=at)
    except Exception:
        # One mail that cannot be understood must not stop the others: it is kept, and tried again by the round.
        log.exception("mail_left_for_later", intake=event.pk)
