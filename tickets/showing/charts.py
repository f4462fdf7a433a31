"""Charts drawn on the server: figures in, places in percent and words out. Reads no database and no clock."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from django.utils.translation import gettext as _

from sla.backtest.report import Stack
from tickets.showing.strip import WEEKDAYS

# How dark the darkest hour is drawn: every darker step is as many misses more.
SHADES = 5
# Percent: the names of the days stand left of the hours.
LEFT, ROW = 7.0, 24
# Percent of a ladder at which its promise is due.
DUE = 72.0
# Closer than this, in percent, two numbers of a ladder would touch: the later one steps aside.
APART = 3.4


@dataclass(frozen=True, slots=True)
class Bar:
    """A stack of promises kept and missed, as a bar: places in percent, and its words."""

    stack: Stack
    kept: float
    missed: float

    @property
    def percent(self) -> str:
        """Return the share that was kept, in words."""
        return "–" if self.stack.share is None else f"{self.stack.share:.1%}"


def bar(stack: Stack) -> Bar:
    """Return a stack drawn over its whole width."""
    judged = stack.judged or 1
    return Bar(stack, round(100 * stack.kept / judged, 3), round(100 * stack.missed / judged, 3))


@dataclass(frozen=True, slots=True)
class Cell:
    """One hour of the week: where it stands, how dark, and how many."""

    x: float
    y: int
    count: int
    shade: int
    name: str

    @property
    def middle(self) -> float:
        return round(self.x + width_of_hour() / 2, 3)


@dataclass(frozen=True, slots=True)
class Heat:
    """A week of hours, the more the darker; `rows` are the same figures day by day."""

    cells: list[Cell]
    rows: list[tuple[str, Sequence[int]]]
    total: int

    @property
    def hours(self) -> list[tuple[float, str]]:
        """Return where hours are named, and how."""
        return [(round(LEFT + hour * width_of_hour(), 3), f"{hour:02}") for hour in range(0, 24, 3)]

    @property
    def every_hour(self) -> list[str]:
        """Return every hour's name, for the table."""
        return [f"{hour:02}" for hour in range(24)]

    @property
    def days(self) -> list[tuple[int, str]]:
        """Return where days are named, and how."""
        return [(_top(day), name) for day, (name, _counts) in enumerate(self.rows)]

    @property
    def width(self) -> float:
        return round(width_of_hour() - 0.3, 3)


def width_of_hour() -> float:
    """Return the percent that an hour takes."""
    return (100 - LEFT) / 24


def _top(day: int) -> int:
    return 18 + day * ROW


def heat(week: Sequence[Sequence[int]], most: int) -> Heat:
    """Return a week of counts, `most` being drawn darkest, so that several weeks can be compared."""
    names = [str(name) for name in WEEKDAYS]
    cells = [
        Cell(
            round(LEFT + hour * width_of_hour(), 3), _top(day), count, _shade(count, most),
            _("%(day)s %(hour)02d:00–%(next)02d:00：%(count)d 件超时")
            % {"day": names[day], "hour": hour, "next": hour + 1, "count": count},
        )
        for day, counts in enumerate(week)
        for hour, count in enumerate(counts)
    ]  # fmt: skip
    return Heat(cells, list(zip(names, week, strict=True)), sum(map(sum, week)))


def _shade(count: int, most: int) -> int:
    return -(-count * SHADES // most) if count else 0


@dataclass(frozen=True, slots=True)
class Rung:
    """One level on a ladder's line; a later one that would touch its neighbour stands higher (`tier`)."""

    x: float
    number: int
    kind: str  # warning, breach or after
    tier: int

    @property
    def y(self) -> int:
        """Return the middle of its disc, in pixels from the line's top."""
        return -12 - 20 * self.tier

    @property
    def foot(self) -> int:
        """Return where it stands on the line."""
        return 4


def rungs(levels: Iterable[tuple[int, str, Decimal]], budget: Decimal) -> list[Rung]:
    """Return where levels (number, mark, amount) stand on the way to the deadline and after it; budget in seconds."""
    said = list(levels)
    furthest = max((amount for _number, mark, amount in said if mark == "after"), default=Decimal(0))
    placed = sorted((_place(mark, amount, budget, furthest), number, mark) for number, mark, amount in said)
    tiers = [0]
    for (before, *_rest), (x, *_others) in pairwise(placed):
        tiers.append(tiers[-1] + 1 if x - before < APART else 0)
    return [Rung(x, number, _kind(mark), tier) for (x, number, mark), tier in zip(placed, tiers, strict=False)]


def _place(mark: str, amount: Decimal, budget: Decimal, furthest: Decimal) -> float:
    if mark == "breach":
        return DUE
    if mark == "after":
        return round(DUE + 8 + (100 - DUE - 12) * float(amount / furthest if furthest else 0), 3)
    share = amount / 100 if mark == "percent" else 1 - amount / budget if budget else Decimal(0)
    return round(DUE * min(max(float(share), 0.0), 1.0), 3)


def _kind(mark: str) -> str:
    return mark if mark in ("breach", "after") else "warning"
