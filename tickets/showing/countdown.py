"""What is left of a promise, in working time: the words on the page and the openings that let the page count on."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from tickets.showing.strip import ZERO, Piece, Story
from tickets.templatetags.shouyue import length_words, near


@dataclass(frozen=True)
class Countdown:
    """A countdown as the page shows it; `open_spans` and `after_spans` are pairs of epoch milliseconds, as JSON."""

    state: str  # running, paused or ended
    tone: str
    now: datetime
    due_at: datetime | None
    text: str
    brief: str
    open_spans: str
    after_spans: str
    over_seconds: int


def count_down(story: Story, *, at: datetime, after: Sequence[Piece] = ()) -> Countdown:
    """Return the countdown of `story` at `at`; `after` are the openings after due, to say how late it is."""
    ahead = [span.cut(max(span.start, at), span.end) for span in story.spans if span.counted and span.end > at]
    left = sum((span.length for span in ahead), ZERO)
    over = sum((min(p.end, story.reached(at)) - p.start for p in after if p.start < story.reached(at)), ZERO)
    brief, text = _paused(story, at) if story.tone == "paused" else _said(story, left, over)
    return Countdown(
        state=_state(story),
        tone=story.tone,
        now=at,
        due_at=story.due_at,
        text=text,
        brief=brief,
        open_spans=_milliseconds(ahead),
        after_spans=_milliseconds([piece for piece in after if piece.end > at]),
        over_seconds=int(over.total_seconds()),
    )


def _state(story: Story) -> str:
    """Return whether the countdown runs, is paused, or is over."""
    if story.stopped_at or story.tone == "cancelled":
        return "ended"
    return "paused" if story.tone == "paused" else "running"


def _said(story: Story, left: timedelta, over: timedelta) -> tuple[str, str]:
    """Return how the promise stands, in a few words and in full."""
    if story.tone == "cancelled":
        return _("不再计时"), _("不再计时")
    if story.tone == "kept":
        early = {"time": length_words(left_over(story))}
        return _("提前 %(time)s") % early, _("提前 %(time)s（工作时间）") % early
    if story.tone in {"late", "breached"}:
        late = {"time": length_words(over)}
        return _("已超时 %(time)s") % late, _("已超时 %(time)s（工作时间）") % late
    more = {"time": length_words(left)}
    return _("还有 %(time)s") % more, _("还有 %(time)s（工作时间）") % more


def _paused(story: Story, at: datetime) -> tuple[str, str]:
    """Return how much is left, and when an agreed wait ends by itself."""
    rest = {"time": length_words(story.remaining), "until": near(story.resumes_at, at)}
    if story.resumes_at is None:
        return _("暂停，还剩 %(time)s") % rest, _("暂停，还剩 %(time)s（工作时间）") % rest
    return (
        _("暂停至 %(until)s") % rest,
        _("已暂停，%(until)s 自动恢复，届时还剩 %(time)s（工作时间）") % rest,
    )


def left_over(story: Story) -> timedelta:
    """Return the working time that was left when the run ended."""
    ended = story.stopped_at or story.spans[-1].end
    return sum((span.end - max(span.start, ended) for span in story.spans if span.counted and span.end > ended), ZERO)


def _milliseconds(pieces: Sequence[Piece]) -> str:
    """Return the pieces as JSON pairs of epoch milliseconds."""
    return json.dumps([[int(p.start.timestamp() * 1000), int(p.end.timestamp() * 1000)] for p in pieces])
