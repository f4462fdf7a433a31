"""A promise on paper: its proof, one line a day, over the same hours of each day. Reads no database and no clock."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import groupby, pairwise

from django.utils.translation import gettext as _

from tickets.showing.strip import WEEKDAYS, ZERO, Hour, Row, Segment, Span, Story, Strip, kind, named, split, table

# The title of a notice behind its number.
TITLE = re.compile(r"(?<=[〕号\d])《[^》]*》")


@dataclass(frozen=True)
class Line:
    """One line of the sheet: a local date, or an unbroken run of shut ones."""

    first_on: date
    last_on: date
    weekday: str
    strip: Strip | None
    counted: timedelta
    total: timedelta
    words: str
    # The same in full, for paper: the times that counted, and the others by their reason.
    times: str = ""
    others: tuple[str, ...] = ()

    @property
    def is_one_day(self) -> bool:
        return self.first_on == self.last_on


@dataclass(frozen=True)
class Sheet:
    """A promise on paper, one line a day, over the same hours of each day."""

    lines: tuple[Line, ...]
    rows: tuple[Row, ...]
    hours: tuple[Hour, ...]

    @property
    def counted(self) -> timedelta:
        """Return what counted in all."""
        return self.lines[-1].total if self.lines else ZERO

    @property
    def years(self) -> bool:
        """Tell whether its dates are of more than one year."""
        return bool(self.lines) and self.lines[0].first_on.year != self.lines[-1].last_on.year


def sheet(story: Story, *, at: datetime, zone: tzinfo) -> Sheet:
    """Return the proof of `story`, one line a day; neighbouring days without an opening share a line."""
    cut = groupby(_by_day(story.spans, zone), lambda span: span.start.astimezone(zone).date())
    days = [[*spans] for _day, spans in cut]
    window = _window(story.spans, zone)
    total, lines = ZERO, []
    for is_shut, run in groupby(days, lambda day: not any(span.counted for span in day)):
        for spans in [[span for day in run for span in day]] if is_shut else run:
            counted = sum((span.length for span in spans if span.counted), ZERO)
            total += counted
            lines.append(_line(spans, story, _Place(window, at, zone), total))
    return Sheet(tuple(lines), table(story, zone), _window_hours(window))


@dataclass(frozen=True)
class _Place:
    """Where a line of the sheet is drawn: the hours of day it shows, now, and the zone."""

    window: tuple[float, float]
    at: datetime
    zone: tzinfo

    def x(self, instant: datetime, day: date) -> float:
        """Return the percent at which `instant` lies on the line of `day`, kept within the line."""
        local = instant.astimezone(self.zone)
        hour = _hour(local) + 24 * (local.date() - day).days
        first, last = self.window
        return round(min(max((hour - first) / (last - first), 0), 1) * 100, 3)


def _by_day(spans: Iterable[Span], zone: tzinfo) -> Iterator[Span]:
    """Yield the spans cut at local midnights."""
    for span in spans:
        first = span.start.astimezone(zone).date()
        days = (span.end.astimezone(zone).date() - first).days
        dates = [first + timedelta(n) for n in range(1, days + 1)]
        midnights = [datetime.combine(day, time(), zone).astimezone(UTC) for day in dates]
        edges = [span.start, *midnights, span.end]
        yield from (span.cut(start, end) for start, end in pairwise(edges) if start < end)


def _window(spans: Sequence[Span], zone: tzinfo) -> tuple[float, float]:
    """Return the hours of day that hold every counted piece, a little wider, in whole hours."""
    counted = [span for span in _by_day(spans, zone) if span.counted]
    if not counted:
        return 0.0, 24.0
    starts = [_hour(span.start.astimezone(zone)) for span in counted]
    ends = [_hour(span.end.astimezone(zone)) or 24.0 for span in counted]
    return float(max(int(min(starts)) - 1, 0)), float(min(int(max(ends)) + 2, 24))


def _hour(local: datetime) -> float:
    """Return the hour of day with its fraction."""
    return local.hour + local.minute / 60 + local.second / 3600


def _window_hours(window: tuple[float, float]) -> tuple[Hour, ...]:
    """Return the hours over the sheet's lines, at most seven of them."""
    first, last = int(window[0]), int(window[1])
    step = max(1, -(-(last - first) // 6))
    hours = [*range(first, last, step), last]
    if last - hours[-2] < step:
        del hours[-2]
    anchors = ["start", *["middle"] * (len(hours) - 2), "end"]
    places = zip(hours, anchors, strict=True)
    return tuple(Hour(round((h - first) / (last - first) * 100, 3), f"{h:02d}:00", "", a) for h, a in places)


def _line(spans: Sequence[Span], story: Story, place: _Place, total: timedelta) -> Line:
    """Return the sheet's line of one day, or of a run of shut days."""
    first, last = spans[0].start.astimezone(place.zone), spans[-1].start.astimezone(place.zone)
    counted = sum((span.length for span in spans if span.counted), ZERO)
    return Line(
        first_on=first.date(),
        last_on=last.date(),
        weekday=str(WEEKDAYS[first.weekday()]),
        strip=_day_strip(spans, story, place) if counted else None,
        counted=counted,
        total=total,
        words=_("、").join(dict.fromkeys(_brief(span.words) for span in spans if not span.counted)),
        times=_times([span for span in spans if span.counted], place.zone),
        others=tuple(_by_reason(spans, place.zone)) if counted else (),
    )


def _brief(words: str) -> str:
    """Return what explains shut days without the notice's long title: its number is enough to find it by."""
    return TITLE.sub("", words)


def _by_reason(spans: Iterable[Span], zone: tzinfo) -> Iterator[str]:
    """Yield what did not count in a day, each reason with its times."""
    found: dict[str, list[Span]] = {}
    for span in spans:
        if not span.counted:
            found.setdefault(span.words, []).append(span)
    for words, held in found.items():
        yield f"{_times(held, zone)} {words}"


def _times(spans: Iterable[Span], zone: tzinfo) -> str:
    """Return spans of one day by the wall clock; the end of the day is 24:00."""
    return _("、").join(f"{_wall(span.start, zone)}–{_wall(span.end, zone, is_end=True)}" for span in spans)


def _wall(at: datetime, zone: tzinfo, *, is_end: bool = False) -> str:
    local = at.astimezone(zone)
    if is_end and local.time() == time():
        return "24:00"
    return f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"


def _day_strip(spans: Sequence[Span], story: Story, place: _Place) -> Strip:
    """Return one day of the sheet, to the scale of the clock."""
    day, reached = spans[0].start.astimezone(place.zone).date(), story.reached(place.at)
    parts = split(Story(tuple(spans), story.tone, story.due_at), reached)
    drawn = [(place.x(part.start, day), place.x(part.end, day), part) for part in parts]
    segments = tuple(
        Segment(x, round(end - x, 3), kind(part, reached), part, named(part, place.zone)) for x, end, part in drawn
    )

    def here(instant: datetime | None) -> float | None:
        local = instant and instant.astimezone(place.zone)
        return place.x(instant, day) if instant and local and local.date() == day else None

    return Strip(
        size="day",
        tone=story.tone,
        segments=segments,
        now_x=None if story.stopped_at else here(place.at),
        due_x=here(story.due_at),
        done_x=here(story.stopped_at),
        is_provisional=story.is_provisional,
        label="; ".join(segment.name for segment in segments),
    )
