"""What goes round for the community: questions whose time ran out, and our words on their way to forums. Source: Y04"""

from datetime import timedelta

from plans.sealing import UnopenedError
from sla.clock import database_now
from tickets.actions.board import posting_back
from tickets.actions.board.ticketing import turn_overdue
from tickets.channels.base import BusyError, ChannelError
from tickets.channels.discourse import secrets_in
from tickets.channels.forum import Forum, replied, reply
from tickets.models import PostBack


def follow_questions(*, later_than: timedelta = timedelta()) -> int:
    """Make tickets of questions that nobody answered in time; return how many were looked at."""
    return turn_overdue(later_than=later_than)


def post_back(*, limit: int = 2, later_than: timedelta = timedelta()) -> int:
    """Send what waits for forums and return how many were tried: at least once, and once only where it can be told."""
    rows = posting_back.lease(limit=limit, later_than=later_than)
    for row in rows:
        _send(row)
    return len(rows)


def _send(row: PostBack) -> None:
    comment, post = row.comment, row.comment.post
    try:
        forum = _forum(row)
    except UnopenedError as error:
        posting_back.fail(row=row, error=error.message, permanent=False, at=database_now())
        return
    if forum is None or comment.hidden_at or post.hidden_at:
        why = "no forum to write to" if forum is None else "it is out of sight by now"
        posting_back.fail(row=row, error=why, permanent=True, at=database_now())
        return
    try:
        found = replied(forum, topic=post.external_id, mark=row.mark) if row.attempts > 1 else ""
        number = found or reply(forum, topic=post.external_id, body=comment.body, mark=row.mark, at=database_now())
    except BusyError as error:
        posting_back.fail(row=row, error=str(error), permanent=False, at=database_now(), wait=error.wait)
    except ChannelError as error:
        posting_back.fail(row=row, error=str(error), permanent=error.permanent, at=database_now())
    else:
        posting_back.sent(row=row, external_id=number, at=database_now())


def _forum(row: PostBack) -> Forum | None:
    """Return where a row goes, None once its key is gone, revoked or says no forum."""
    key = row.comment.post.api_key
    if key is None or key.revoked_at is not None:
        return None
    url, username = str(key.options.get("url", "")).rstrip("/"), str(key.options.get("api_username", ""))
    _hook, api_key = secrets_in(key.signing_secret)
    return Forum(url, username, api_key) if url and username and api_key else None
