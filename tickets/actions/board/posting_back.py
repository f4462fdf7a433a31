"""What we say to a post of a forum goes out to that forum, as a row before it is sent. Source: Y04"""

import secrets
from datetime import datetime, timedelta

from django.db import models, transaction

from plans.models import User
from sla.clock import database_now
from tickets.actions.board.standing import check_moderator
from tickets.channels.discourse import MARK, reaches
from tickets.models import Comment, Post, PostBack

LEASE = timedelta(seconds=60)
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=15), timedelta(hours=1)
# With waits of an hour at most, a forum may be away for two days before we give up.
TRIES = 56
State = PostBack.State


def send_to_forum(post: Post, comment: Comment, at: datetime) -> PostBack | None:
    """Queue a comment of ours for the forum that its post stands in, once; None where it need not go anywhere.

    What came from the forum itself stands there already. Call inside atomic.
    """
    is_theirs = post.source != Post.Source.DISCOURSE or bool(comment.external_id)
    if is_theirs or post.api_key is None or not reaches(post.api_key.options):
        return None
    said = {"mark": MARK + secrets.token_hex(10), "queued_at": at, "not_before": at}
    row, _is_new = PostBack.objects.get_or_create(comment=comment, defaults=said)
    return row


@transaction.atomic
def lease(*, limit: int, later_than: timedelta = timedelta()) -> list[PostBack]:
    """Lease up to `limit` rows that are to be sent and return them; a lease that ran out was a try like any other."""
    now = database_now()
    ready = PostBack.objects.sendable(now - later_than).select_for_update(skip_locked=True, of=("self",))
    rows = list(ready.select_related("comment__post__api_key", "comment__parent")[:limit])
    for row in rows:
        row.attempts += 1
        row.lease_until = now + LEASE
    PostBack.objects.bulk_update(rows, ["attempts", "lease_until"])
    return rows


@transaction.atomic
def sent(*, row: PostBack, external_id: str, at: datetime) -> None:
    """Note that the forum has it, and by which number it calls it."""
    _ours(row).update(state=State.SENT, sent_at=at, lease_until=None, error="")
    if external_id:
        Comment.objects.filter(pk=row.comment_id, external_id="").update(external_id=external_id)


def fail(*, row: PostBack, error: str, permanent: bool, at: datetime, wait: timedelta = timedelta()) -> None:
    """Put a row off, for `wait` at least, or give it up where another try is of no use."""
    is_over = permanent or row.attempts >= TRIES
    wait = max(wait, min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(row.attempts - 1, 12)))
    _ours(row).update(
        state=State.FAILED if is_over else State.QUEUED, not_before=at + wait, lease_until=None, error=error[:400]
    )


def _ours(row: PostBack) -> models.QuerySet[PostBack]:
    """Return the row for as long as nobody else has settled it: the forum may have told us of it meanwhile."""
    return PostBack.objects.filter(pk=row.pk, state=State.QUEUED)


@transaction.atomic
def send_again(*, row: PostBack, actor: User, at: datetime) -> None:
    """Try once more what was given up."""
    check_moderator(actor, row.comment.post.vendor)
    PostBack.objects.filter(pk=row.pk, state=State.FAILED).update(
        state=State.QUEUED, attempts=0, not_before=at, lease_until=None
    )
