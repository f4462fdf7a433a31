"""Keep a mail's bytes before anybody looks into them."""

from datetime import datetime

from django.db import transaction

from tickets.answers import instant
from tickets.models import Channel, InboundEvent, Mailbox

# The form under which every door keeps mail, and what it keeps besides the bytes.
ADAPTER = "mail"
BOX, ARRIVED, DOOR = "x-mailbox", "x-arrived-at", "x-door"
# What Standard Webhooks call a message by is no business of the mail's.
TYPE = "message/rfc822"
# More bytes of one mail than this are not kept: the rest stays where it came from.
LARGEST = 20 * 1024 * 1024


@transaction.atomic
def keep(
    *, mailbox: Mailbox, raw: bytes, door: str, at: datetime, arrived_at: datetime | None = None, uid: int = 0
) -> InboundEvent:
    """Keep a mail that came by IMAP or a pipe and return its row; with `uid` note how far the mailbox has been read."""
    told = {BOX: mailbox.address, DOOR: door}
    if arrived_at:
        told[ARRIVED] = instant(arrived_at) or ""
    event = InboundEvent.objects.create(
        channel=Channel.EMAIL,
        adapter=ADAPTER,
        headers=told,
        raw=raw,
        content_type=TYPE,
        received_at=at,
    )
    _count(mailbox, uid)
    return event


@transaction.atomic
def keep_unfetched(*, mailbox: Mailbox, error: str, at: datetime, uid: int) -> None:
    """Keep, once, that a mail is there which its server will not hand over; it stays there unread."""
    told = {BOX: mailbox.address, DOOR: "imap"}
    said = {"channel": Channel.EMAIL, "adapter": ADAPTER, "headers": told, "error": error[:400]}
    if not InboundEvent.objects.filter(state=InboundEvent.State.FAILED, **said).exists():
        InboundEvent.objects.create(raw=b"", received_at=at, state=InboundEvent.State.FAILED, **said)
    _count(mailbox, uid)


def _count(mailbox: Mailbox, uid: int) -> None:
    if uid:
        Mailbox.objects.filter(pk=mailbox.pk, last_uid__lt=uid).update(last_uid=uid)
