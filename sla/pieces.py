"""The pieces that prove a deadline: what counted, what did not, and why. Pure."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from sla.hours import Hours, Span, micros, moment

Stretch = tuple[int, int, bool, str]  # since, until, counted, reason

COUNTED = {"ordinary": "open", "make_up": "make_up", "special": "special"}


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of time, half-open."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the way to a deadline; `reason` is open, closed, break, holiday, special, make_up or pause."""

    start: datetime
    end: datetime
    counted: bool
    reason: str


def merged(intervals: Iterable[Interval]) -> list[Span]:
    """Return intervals as spans of instants, sorted, those that touch or overlap made one, empty ones left out."""
    spans: list[Span] = []
    for since, until in sorted((micros(interval.start), micros(interval.end)) for interval in intervals):
        if spans and since <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], until))
        elif since < until:
            spans.append((since, until))
    return spans


def prove(hours: Hours, span: Span, pauses: Sequence[Span]) -> list[Piece]:
    """Return a span as pieces without gap, each as long as its reason lasts; `pauses` are sorted and apart."""
    days = _stretches(hours, hours.date_of(span[0]) - 1, hours.date_of(span[1]) + 2)
    pieces: list[Stretch] = []
    within = _within(days, span)
    for since, until, counted, reason in _laid_over(within, pauses) if pauses else within:
        if pieces and pieces[-1][2:] == (counted, reason):
            pieces[-1] = (pieces[-1][0], until, counted, reason)
        else:
            pieces.append((since, until, counted, reason))
    # Each begins where the one before it ends: an instant is made once.
    edges = [moment(span[0]), *(moment(piece[1]) for piece in pieces)]
    return [Piece(start, end, *piece[2:]) for (start, end), piece in zip(pairwise(edges), pieces, strict=True)]


def _stretches(hours: Hours, first: int, last: int) -> Iterator[Stretch]:
    """Yield the local dates [first, last), cut where they open and close."""
    openings = dict(hours.openings(first, last))
    for day, date_span in enumerate(pairwise(hours.midnights(first, last + 1)), first):
        yield from _of_date(hours.kind(day), date_span, openings.get(day, ()))


def _of_date(kind: str, date_span: Span, openings: Sequence[Span]) -> Iterator[Stretch]:
    outside = "closed" if kind in ("ordinary", "make_up") else kind
    between = "break" if outside == "closed" else outside
    since, reason = date_span[0], outside
    for opens, closes in openings:
        yield since, opens, False, reason
        yield opens, closes, True, COUNTED[kind]
        since, reason = closes, between
    yield since, date_span[1], False, outside


def _within(stretches: Iterable[Stretch], span: Span) -> Iterator[Stretch]:
    """Cut stretches to a span and drop the empty ones."""
    first, last = span
    for stretch in stretches:
        since, until, counted, reason = stretch
        if first <= since < until <= last:
            yield stretch
        elif (low := max(since, first)) < (high := min(until, last)):
            yield low, high, counted, reason


def _laid_over(stretches: Iterable[Stretch], pauses: Sequence[Span]) -> Iterator[Stretch]:
    """Lay pauses over stretches: what lies inside one does not count."""
    begins = [since for since, _ in pauses]
    for since, until, counted, reason in stretches:
        row, here = max(bisect_right(begins, since) - 1, 0), since
        for pause in pauses[row:]:
            low, high = max(pause[0], here), min(pause[1], until)
            if pause[0] >= until:
                break
            if low < high:
                if here < low:
                    yield here, low, counted, reason
                yield low, high, False, "pause"
                here = high
        if here < until:
            yield here, until, counted, reason
