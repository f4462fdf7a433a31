"""Who held the work while a promise ran: its open time shared out among holders, to the microsecond. Pure."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sla.calendar import Calendar, Interval
from sla.hours import moment
from sla.pieces import merged
from sla.timeline import Pause


class HolderKind(StrEnum):
    """What sort of hands the work is in. `queue` is nobody's."""

    QUEUE = "queue"
    AGENT = "agent"
    TEAM = "team"
    CUSTOMER = "customer"
    THIRD_PARTY = "third_party"


@dataclass(frozen=True, slots=True)
class Holder:
    """In whose hands the work is; `ref` names a person or team, `team` the team it lay with meanwhile."""

    kind: HolderKind
    ref: str = ""
    team: str = ""


@dataclass(frozen=True, slots=True)
class Holding:
    """From `start` on the work is in these hands, until the next holding begins."""

    start: datetime
    holder: Holder


@dataclass(frozen=True, slots=True)
class Spent:
    """The open time of a run: what counted, and what its pauses took out."""

    counted: list[Interval]
    paused: list[Interval]


def spent(calendar: Calendar, start: datetime, end: datetime, pauses: Iterable[Pause]) -> Spent:
    """Return the open time in [start, end), what lies in a pause apart; time past an end that was undone is neither."""
    openings = calendar.openings(start, end)
    held = list(pauses)
    paused = [Interval(pause.start, pause.end or end) for pause in held if pause.cause != "resolved"]
    ended = [Interval(pause.start, pause.end or end) for pause in held]
    return Spent([*_without(openings, ended)], [*_within(openings, paused)])


def shares(openings: Iterable[Interval], holdings: Sequence[Holding]) -> dict[Holder, timedelta]:
    """Return how much of the openings fell to each holder, in the order in which they came; it adds up to the whole.

    Holdings come in order; what lies before the first is its holder's too.
    """
    found: dict[Holder, timedelta] = {}
    starts = [holding.start for holding in holdings]
    for opening in openings:
        for part, holder in _parts(opening, starts, holdings):
            found[holder] = found.get(holder, timedelta()) + (part.end - part.start)
    return found


def _parts(
    opening: Interval, starts: Sequence[datetime], holdings: Sequence[Holding]
) -> Iterator[tuple[Interval, Holder]]:
    """Yield an opening cut where it passed into other hands."""
    here, row = opening.start, max(bisect_right(starts, opening.start) - 1, 0)
    while here < opening.end:
        following = starts[row + 1] if row + 1 < len(starts) else opening.end
        until = min(max(following, here), opening.end)
        if here < until:
            yield Interval(here, until), holdings[row].holder
        here, row = until, row + 1


def _within(openings: Sequence[Interval], spans: Iterable[Interval]) -> Iterator[Interval]:
    """Yield the parts of openings that lie in any of the spans, in order."""
    for since, until in _apart(spans):
        for opening in openings:
            start, end = max(opening.start, since), min(opening.end, until)
            if start < end:
                yield Interval(start, end)


def _without(openings: Sequence[Interval], spans: Iterable[Interval]) -> Iterator[Interval]:
    """Yield the parts of openings that lie in none of the spans, in order."""
    held = _apart(spans)
    for opening in openings:
        here = opening.start
        for since, until in held:
            if here < since < opening.end:
                yield Interval(here, since)
            if since < opening.end:
                here = max(here, until)
        if here < opening.end:
            yield Interval(here, opening.end)


def _apart(spans: Iterable[Interval]) -> list[tuple[datetime, datetime]]:
    """Return spans in order, those that touch or overlap made one."""
    return [(moment(since), moment(until)) for since, until in merged(spans)]
