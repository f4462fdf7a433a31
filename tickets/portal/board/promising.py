"""When a question will be answered, in a sentence for customers."""

from datetime import datetime

from django.utils.translation import gettext as _

from sla.compiled import calendar_of
from tickets.actions.board.timing import promise_of
from tickets.models import Post
from tickets.portal.saying import when


def promised(post: Post, at: datetime) -> str:
    """Return by when a question will be answered, in a sentence; nothing where none is waited for."""
    row = promise_of(post)
    if row is None or row.due_at is None or row.stopped_at or post.state != Post.State.OPEN:
        return ""
    said = when(row.due_at, at, calendar_of(row.calendar_version_id).zone)
    if row.due_at >= at:
        return _("我们会在 %(when)s 前给出官方答复。") % {"when": said}
    if post.ticket_id:
        return _("对不起，我们没能在 %(when)s 前答复；已转为工单，由专人处理。") % {"when": said}
    return _("对不起，我们没能在 %(when)s 前答复，正在催办。") % {"when": said}
