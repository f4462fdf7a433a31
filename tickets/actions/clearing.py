"""Remove what has been kept for long enough: in small pieces, and never what is still open or proves something.

What stands afterwards are the rows themselves, with their times and what became of them: figures, ledgers and proofs
read nothing of what is removed here.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q

from plans.keeping import drop
from tickets.models import (
    Call,
    CallEvent,
    Chat,
    ChatFile,
    ChatMessage,
    Clearing,
    Delivery,
    DeliveryTry,
    InboundEvent,
    Mail,
    Ticket,
    Visitor,
)

# As many rows as one transaction takes.
PIECE = 500
Came, Sent = InboundEvent.State, Delivery.State
# Mail that became nothing, and that nobody has to decide about.
LEFT = (Mail.State.REFUSED, Mail.State.IGNORED, Mail.State.DISCARDED)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of what is kept: `clear` removes a piece of what is older than an instant and says how much it was."""

    key: str
    clear: Callable[[datetime], int]
    # What has a time of its own needs no number of days.
    has_days: bool = True


def begin(*, at: datetime) -> None:
    """Begin a night's removal, unless one goes on: of workers that see the night begin at once, one begins it."""
    Clearing.objects.bulk_create([Clearing(begun_at=at)], ignore_conflicts=True)


@transaction.atomic
def go_on(*, at: datetime) -> bool:
    """Remove one piece of whatever is left and note it; tell whether a removal goes on that nobody else works on."""
    row = Clearing.objects.select_for_update(skip_locked=True).filter(finished_at=None).first()
    if row is None:
        return False
    for kind in KINDS:
        before = oldest(kind, row.begun_at)
        if before and (count := kind.clear(before)):
            row.removed[kind.key] = row.removed.get(kind.key, 0) + count
            break
    else:
        row.finished_at = at
    row.save()
    return True


def oldest(kind: Kind, at: datetime) -> datetime | None:
    """Return from when on a kind is kept, None where it is for ever."""
    if not kind.has_days:
        return at
    kept = settings.KEEP_DAYS[kind.key]
    return at - timedelta(days=kept) if kept else None


def _piece(rows: models.QuerySet[models.Model]) -> list[int]:
    return list(rows.order_by("pk").values_list("pk", flat=True)[:PIECE])


def _emptied(rows: models.QuerySet[InboundEvent], before: datetime) -> int:
    """Drop the bytes of what came in: not of a ticket that is still worked on, nor of a mail that waits."""
    waiting = Mail.objects.filter(event=OuterRef("pk")).exclude(state__in=(*LEFT, Mail.State.OPENED, Mail.State.ADDED))
    done = rows.filter(received_at__lt=before).exclude(raw=b"").exclude(Exists(waiting))
    return InboundEvent.objects.filter(pk__in=_piece(done.exclude(_open_ticket()))).update(raw=b"", headers={})


def _open_ticket() -> Exists:
    return Exists(Ticket.objects.unfinished().filter(pk=OuterRef("ticket")))


def _raw(before: datetime) -> int:
    taken = InboundEvent.objects.filter(state__in=(Came.ACCEPTED, Came.REFUSED, Came.PASSED))
    return _emptied(taken, before)


def _letters(before: datetime) -> int:
    """Drop the text of letters and calls that went out; to whom, when and about what stays."""
    gone = Delivery.objects.filter(state__in=(Sent.SENT, Sent.WITHHELD), queued_at__lt=before, rendered__isnull=False)
    return Delivery.objects.filter(pk__in=_piece(gone)).update(rendered=None)


def _tries(before: datetime) -> int:
    done = DeliveryTry.objects.filter(at__lt=before).exclude(delivery__state=Sent.QUEUED)
    return DeliveryTry.objects.filter(pk__in=_piece(done)).delete()[0]


def _dead(before: datetime) -> int:
    """Drop the content of what was given up, in and out."""
    emptied = _emptied(InboundEvent.objects.filter(state=Came.FAILED), before)
    given_up = Delivery.objects.filter(state=Sent.FAILED, queued_at__lt=before, rendered__isnull=False)
    return emptied + Delivery.objects.filter(pk__in=_piece(given_up)).update(rendered=None)


def _mails(before: datetime) -> int:
    """Remove mails that became no ticket, with their source."""
    keys = _piece(Mail.objects.filter(state__in=LEFT, ticket=None, received_at__lt=before))
    InboundEvent.objects.filter(mail__in=keys).update(raw=b"", headers={})
    Mail.objects.filter(pk__in=keys).delete()
    return len(keys)


def _chats(before: datetime) -> int:
    """Drop what strangers said: their words, files and page; that they were there counts on in the figures."""
    over = Chat.objects.filter(state=Chat.State.ENDED, contact=None, ticket=None, ended_at__lt=before)
    keys = _piece(over.filter(visitor__isnull=False))
    said = ChatMessage.objects.filter(chat__in=keys)
    forget_files(ChatFile.objects.filter(message__in=said))
    said.update(body="")
    visitors = list(Chat.objects.filter(pk__in=keys).values_list("visitor", flat=True))
    Chat.objects.filter(pk__in=keys).update(visitor=None, page="", rating_words="")
    Visitor.objects.filter(pk__in=visitors, contact=None, chats=None).delete()
    return len(keys)


def _recordings(before: datetime) -> int:
    keys = _piece(_old_calls(before).exclude(recording_url=""))
    CallEvent.objects.filter(call__in=keys, kind=CallEvent.Kind.RECORDING).delete()
    return Call.objects.filter(pk__in=keys).update(recording_url="")


def _transcripts(before: datetime) -> int:
    keys = _piece(_old_calls(before).exclude(transcript=[]))
    CallEvent.objects.filter(call__in=keys, kind=CallEvent.Kind.TRANSCRIPT).delete()
    return Call.objects.filter(pk__in=keys).update(transcript=[])


def _old_calls(before: datetime) -> models.QuerySet[Call]:
    over = Call.objects.filter(state__in=(Call.State.ENDED, Call.State.MISSED), rang_at__lt=before)
    return over.exclude(_open_ticket())


def _sessions(at: datetime) -> int:
    ended = list(Session.objects.filter(expire_date__lt=at).values_list("pk", flat=True)[:PIECE])
    return Session.objects.filter(pk__in=ended).delete()[0]


def _visitors(at: datetime) -> int:
    """Remove strangers whose token has run out and who never said anything."""
    return Visitor.objects.filter(
        pk__in=_piece(Visitor.objects.filter(contact=None, chats=None, expires_at__lt=at))
    ).delete()[0]


KINDS = (
    Kind("raw", _raw),
    Kind("letters", _letters),
    Kind("tries", _tries),
    Kind("dead", _dead),
    Kind("mails", _mails),
    Kind("chats", _chats),
    Kind("recordings", _recordings),
    Kind("transcripts", _transcripts),
    Kind("visitors", _visitors, has_days=False),
    Kind("sessions", _sessions, has_days=False),
)


def forget_files(files: models.QuerySet[ChatFile]) -> None:
    """Delete rows of files, and their bytes where no other row names them. Call inside atomic."""
    digests = set(files.values_list("sha256", flat=True))
    files.delete()
    transaction.on_commit(lambda: _drop(digests))


def _drop(digests: Iterable[str]) -> None:
    keepers = [model for model in apps.get_models() if any(one.name == "sha256" for one in model._meta.fields)]
    for digest in digests:
        if not any(model._default_manager.filter(Q(sha256=digest)).exists() for model in keepers):
            drop(digest)
