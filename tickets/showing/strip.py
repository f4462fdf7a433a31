"""A promise drawn as a strip of time: proof pieces in, positions and table rows out. Reads no database and no clock."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Protocol

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

ZERO = timedelta()
REASONS: dict[str, LazyText | str] = {
    "open": gettext_lazy("服务时间"),
    "make_up": gettext_lazy("调休上班"),
    "special": gettext_lazy("特别安排"),
    "break": gettext_lazy("午休"),
    "closed": gettext_lazy("服务时间外"),
    "holiday": gettext_lazy("法定节假日"),
    "pause": gettext_lazy("暂停计时"),
    "overdue": gettext_lazy("超时"),
    "left": gettext_lazy("恢复后继续计时"),
}

WEEKDAYS = [
    gettext_lazy("周一"),
    gettext_lazy("周二"),
    gettext_lazy("周三"),
    gettext_lazy("周四"),
    gettext_lazy("周五"),
    gettext_lazy("周六"),
    gettext_lazy("周日"),
]

# Share of the strip, in percent: a closed time is a thin gap whatever its length, a pause is wide enough to be seen.
GAP = {"row": 1.7, "card": 0.8}
GAPS_AT_MOST = 30.0
PAUSE, PAUSES_AT_MOST = 9.0, 27.0
OVERDUE = 13.0
# Pixels: where the bar begins, how high it is, and the whole drawing.
BOX = {"row": (4, 8, 16), "card": (8, 24, 68), "day": (4, 16, 24)}
# Closer than this, in percent, two hours under a card would touch.
HOURS_APART = 22.0


class Piece(Protocol):
    """A part of a proof: an interval, whether it counts, and why."""

    @property
    def start(self) -> datetime: ...
    @property
    def end(self) -> datetime: ...
    @property
    def counted(self) -> bool: ...
    @property
    def reason(self) -> str: ...


@dataclass(frozen=True)
class Span:
    """One interval of a promise; `detail` is the notice behind a holiday or the event behind a pause."""

    start: datetime
    end: datetime
    counted: bool
    reason: str
    detail: str = ""

    @property
    def length(self) -> timedelta:
        return self.end - self.start

    @property
    def words(self) -> str:
        """Return the reason in the reader's language, with its detail where there is one."""
        named = str(REASONS.get(self.reason, self.reason))
        return _("%(named)s：%(detail)s") % {"named": named, "detail": self.detail} if self.detail else named

    def cut(self, start: datetime, end: datetime) -> "Span":
        """Return the part of this span between `start` and `end`."""
        return Span(max(self.start, start), min(self.end, end), self.counted, self.reason, self.detail)


@dataclass(frozen=True)
class Story:
    """What a strip tells: the pieces from start to due, and how the promise stands."""

    spans: tuple[Span, ...]
    tone: str  # kept, running, at_risk, breached, late (met, but after due), paused or cancelled
    due_at: datetime | None
    stopped_at: datetime | None = None
    remaining: timedelta = ZERO  # left over while it is paused
    resumes_at: datetime | None = None  # when the agreed wait that holds it ends
    is_provisional: bool = False

    @classmethod
    def of(cls, pieces: Iterable[Piece], *, tone: str, due_at: datetime | None, **more: object) -> "Story":
        """Return the story of a proof's `pieces`; a piece may carry a `detail`."""
        spans = tuple(Span(p.start, p.end, p.counted, p.reason, getattr(p, "detail", "")) for p in pieces)
        return cls(spans, tone, due_at, **more)  # type: ignore[arg-type]

    def reached(self, at: datetime) -> datetime:
        """Return the instant up to which time was used: the end of the run, or now while it goes on."""
        return min(self.stopped_at or at, at)

    def overdue(self, at: datetime) -> Span | None:
        """Return the stretch after due, until the run ended or until `at`; None while in time."""
        if self.due_at is None or self.reached(at) <= self.due_at:
            return None
        return Span(self.due_at, self.reached(at), False, "overdue")


@dataclass(frozen=True)
class Segment:
    """A drawn interval: `x` and `width` in percent of the strip."""

    x: float
    width: float
    kind: str  # used, left, gap, pause or over
    span: Span
    name: str

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 3)

    @property
    def end(self) -> float:
        return round(self.x + self.width, 3)


@dataclass(frozen=True)
class Hour:
    """A wall-clock label under a strip; `day` is filled where the date is another than before."""

    x: float
    text: str
    day: str
    anchor: str  # start, middle or end


@dataclass(frozen=True)
class Strip:
    """Everything the SVG partial needs; positions in percent, so one drawing fits every width."""

    size: str
    tone: str
    segments: tuple[Segment, ...]
    now_x: float | None
    due_x: float | None
    done_x: float | None
    is_provisional: bool
    label: str
    hours: tuple[Hour, ...] = ()
    rows: tuple["Row", ...] = ()

    @property
    def top(self) -> int:
        return BOX[self.size][0]

    @property
    def height(self) -> int:
        return BOX[self.size][1]

    @property
    def bottom(self) -> int:
        return self.top + self.height

    @property
    def middle(self) -> float:
        return self.top + self.height / 2

    @property
    def whole(self) -> int:
        """Return the height of the drawing with what stands above and under the bar."""
        return BOX[self.size][2]


@dataclass(frozen=True)
class Row:
    """One line of the table behind a strip; `total` is the counted time up to its end."""

    span: Span
    start: datetime
    end: datetime
    counted: timedelta
    total: timedelta

    @property
    def is_one_day(self) -> bool:
        return self.start.date() == self.end.date()


def draw(story: Story, *, size: str, at: datetime, zone: tzinfo) -> Strip:
    """Return the strip of `story` as it stands at `at`, in `size` row or card, labelled in `zone`."""
    spans = split(story, story.reached(at))
    overdue = story.overdue(at)
    segments = tuple(_laid_out(spans, [*_widths(spans, size, 100 - (OVERDUE if overdue else 0))], story, at, zone))
    due_x = segments[-1].end if segments else None
    if overdue and due_x is not None:
        segments = (*segments, Segment(due_x, round(100 - due_x, 3), "over", overdue, named(overdue, zone)))
    return Strip(
        size=size,
        tone=story.tone,
        segments=segments,
        now_x=None if story.stopped_at else _position(segments, at),
        due_x=due_x,
        done_x=_position(segments, story.stopped_at) if story.stopped_at else None,
        is_provisional=story.is_provisional,
        label=_label(story, zone),
        hours=_hours(segments, zone) if size == "card" else (),
        rows=table(story, zone) if size == "card" else (),
    )


def table(story: Story, zone: tzinfo) -> tuple[Row, ...]:
    """Return the facts of the strip as rows, in `zone`, with the counted time so far."""
    total, rows = ZERO, []
    for span in story.spans:
        counted = span.length if span.counted else ZERO
        total += counted
        rows.append(Row(span, span.start.astimezone(zone), span.end.astimezone(zone), counted, total))
    return tuple(rows)


def split(story: Story, reached: datetime) -> tuple[Span, ...]:
    """Return the spans, the one that holds `reached` cut in two, and a last one for what a pause left over."""
    spans: list[Span] = []
    for span in story.spans:
        if span.counted and span.start < reached < span.end:
            spans += [span.cut(span.start, reached), span.cut(reached, span.end)]
        else:
            spans.append(span)
    if story.due_at is None and story.remaining and spans:
        spans.append(Span(spans[-1].end, spans[-1].end + story.remaining, True, "left"))
    return tuple(spans)


def _widths(spans: Sequence[Span], size: str, whole: float) -> Iterator[float]:
    """Yield each span's share of `whole` percent: counted ones by their length, the others fixed."""
    pauses = sum(span.reason == "pause" for span in spans)
    gaps = sum(not span.counted and span.reason != "pause" for span in spans)
    pause = min(PAUSE, PAUSES_AT_MOST / pauses) if pauses else 0
    gap = min(GAP[size], GAPS_AT_MOST / gaps) if gaps else 0
    counted = sum((span.length for span in spans if span.counted), ZERO) or timedelta(seconds=1)
    free = whole - pauses * pause - gaps * gap
    for span in spans:
        yield free * (span.length / counted) if span.counted else pause if span.reason == "pause" else gap


def _laid_out(
    spans: Sequence[Span], widths: Sequence[float], story: Story, at: datetime, zone: tzinfo
) -> Iterator[Segment]:
    """Yield the spans side by side."""
    x, reached = 0.0, story.reached(at)
    for span, width in zip(spans, widths, strict=True):
        yield Segment(round(x, 3), round(width, 3), kind(span, reached), span, named(span, zone))
        x += width


def kind(span: Span, reached: datetime) -> str:
    """Return how a span is drawn."""
    if not span.counted:
        return "pause" if span.reason == "pause" else "gap"
    return "used" if span.end <= reached and span.reason != "left" else "left"


def _position(segments: Sequence[Segment], instant: datetime) -> float | None:
    """Return where `instant` lies, in percent; None outside the strip."""
    for segment in segments:
        if segment.span.start <= instant <= segment.span.end:
            part = (instant - segment.span.start) / (segment.span.length or timedelta(seconds=1))
            return round(segment.x + segment.width * part, 3)
    return None


def _hours(segments: Sequence[Segment], zone: tzinfo) -> tuple[Hour, ...]:
    """Return the labels that fit: the start, the due instant, and the openings between that are far enough apart."""
    body = [segment for segment in segments if segment.kind != "over" and segment.span.reason != "left"]
    if not body:
        return ()
    last = (body[-1].end, body[-1].span.end)
    kept = [(body[0].x, body[0].span.start)]
    for before, segment in pairwise(body):
        opens = segment.span.counted and not before.span.counted
        if opens and segment.x - kept[-1][0] >= HOURS_APART:
            kept.append((segment.x, segment.span.start))
    while len(kept) > 1 and last[0] - kept[-1][0] < HOURS_APART:
        kept.pop()
    return _labelled([*kept, last], zone)


def _labelled(places: Sequence[tuple[float, datetime]], zone: tzinfo) -> tuple[Hour, ...]:
    """Return hour labels; the date is said at the first and wherever it changes."""
    hours, day = [], None
    for index, (x, instant) in enumerate(places):
        local = instant.astimezone(zone)
        anchor = "start" if index == 0 else "end" if index == len(places) - 1 else "middle"
        said = "" if local.date() == day else f"{local:%m-%d} {WEEKDAYS[local.weekday()]}"
        hours.append(Hour(x, f"{local:%H:%M}", said, anchor))
        day = local.date()
    return tuple(hours)


def named(span: Span, zone: tzinfo) -> str:
    """Return what hovering over a segment says: when, why, and whether it counts."""
    start, end = span.start.astimezone(zone), span.end.astimezone(zone)
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%m-%d %H:%M}"
    counts = _("计时") if span.counted else _("不计时")
    if span.reason in {"overdue", "left"}:
        return f"{start:%m-%d %H:%M} – {until} · {span.words}"
    return f"{start:%m-%d %H:%M} – {until} · {span.words} · {counts}"


def _label(story: Story, zone: tzinfo) -> str:
    """Return the strip in one sentence, for readers who do not see it."""
    counted = sum((span.length for span in story.spans if span.counted), ZERO)
    hours = f"{counted / timedelta(hours=1):g}"
    if not story.spans:
        return _("没有时限")
    first = story.spans[0].start.astimezone(zone)
    start = f"{first:%m-%d %H:%M}"
    if story.due_at is None:
        return _("自 %(start)s 起，已暂停计时") % {"start": start}
    last = story.due_at.astimezone(zone)
    due = f"{last:%m-%d %H:%M}" if last.year == first.year else f"{last:%Y-%m-%d %H:%M}"
    said = _("自 %(start)s 起，%(hours)s 个工作小时，至 %(due)s") % {"start": start, "hours": hours, "due": due}
    return _("%(said)s（推定，可能变动）") % {"said": said} if story.is_provisional else said
