"""The detection lag of a day drawn hour by hour, on a scale of powers of ten. Reads no database and no clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from math import log10

from django.utils.translation import gettext as _

from sla.lag import Lag

HOUR = timedelta(hours=1)
# Seconds at the chart's lines; what is quicker than the first is drawn on it.
LINES = (0.01, 0.1, 1.0, 10.0, 60.0, 600.0, 3600.0)
# Pixels: how high the drawing is, and the band in which it is drawn.
HEIGHT, TOP, BOTTOM = 120, 8, 100


@dataclass(frozen=True)
class Mark:
    """One hour in which steps fired: from its median up to its slowest; x in percent, y in pixels."""

    x: float
    median: float
    slowest: float
    words: str


@dataclass(frozen=True)
class Line:
    """One line of the scale, or one hour under it."""

    at: float
    text: str


@dataclass(frozen=True)
class Chart:
    """What the template draws; `rows` is the table behind it: hour, steps, median, 99 of a hundred, slowest."""

    height: int
    marks: list[Mark]
    lines: list[Line]
    hours: list[Line]
    rows: list[tuple[str, int, str, str, str]]


def draw(found: Sequence[tuple[datetime, Lag]], *, until: datetime, zone: tzinfo, span: timedelta) -> Chart:
    """Return the chart of the hours before `until`; scale lines reach one beyond the slowest."""
    slowest = max((lag.longest or 0 for _hour, lag in found), default=0)
    lines = [one for place, one in enumerate(LINES) if place < 3 or LINES[place - 1] < slowest]
    since = until - span
    return Chart(
        height=HEIGHT,
        marks=[_mark(hour, lag, lines[-1], 100 * ((hour + HOUR / 2) - since) / span) for hour, lag in found],
        lines=[Line(_y(seconds, lines[-1]), seconds_words(seconds)) for seconds in lines],
        hours=[Line(100 * (place / 4), f"{(since + span * place / 4).astimezone(zone):%H:%M}") for place in range(5)],
        rows=[_row(hour, lag, zone) for hour, lag in found],
    )


def _mark(hour: datetime, lag: Lag, top: float, x: float) -> Mark:
    words = _("%(n)d 步，中位 %(median)s，最慢 %(slowest)s") % {
        "n": lag.steps, "median": seconds_words(lag.p50), "slowest": seconds_words(lag.longest),
    }  # fmt: skip
    return Mark(min(max(x, 0), 100), _y(lag.p50 or 0, top), _y(lag.longest or 0, top), words)


def _y(seconds: float, top: float) -> float:
    """Return how far down a lag lies: the first line of the scale at the bottom, the last on top."""
    share = log10(max(seconds, LINES[0]) / LINES[0]) / log10(top / LINES[0])
    return round(BOTTOM - min(share, 1) * (BOTTOM - TOP), 1)


def _row(hour: datetime, lag: Lag, zone: tzinfo) -> tuple[str, int, str, str, str]:
    shares = [seconds_words(share) for share in (lag.p50, lag.p99, lag.longest)]
    return (f"{hour.astimezone(zone):%m-%d %H:%M}", lag.steps, shares[0], shares[1], shares[2])


def seconds_words(seconds: float | None) -> str:
    """Return a lag in words: hundredths below a second, whole minutes above one."""
    if seconds is None:
        return "–"
    if seconds < 10:
        return _("%(s)s 秒") % {"s": f"{seconds:.2g}" if seconds >= 0.01 else "0.01"}
    if seconds < 60:
        return _("%(s)s 秒") % {"s": f"{seconds:.0f}"}
    if seconds < 3600:
        return _("%(m)d 分钟") % {"m": seconds // 60}
    return _("%(h)s 小时") % {"h": f"{seconds / 3600:.3g}"}
