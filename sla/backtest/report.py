"""The figures of a backtest as people read them: stacks before and after, what went where, the hours of the week."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sla.backtest.replay import Verdict, is_news
from sla.backtest.tally import Cell, Tally, tally_of
from sla.models import Backtest

DAYS, HOURS = 7, 24


@dataclass(frozen=True, slots=True)
class Stack:
    """How many promises were kept, missed or cancelled, or are still open."""

    kept: int = 0
    missed: int = 0
    cancelled: int = 0
    open: int = 0

    @property
    def judged(self) -> int:
        """Return how many were kept or missed: only these make the share."""
        return self.kept + self.missed

    @property
    def share(self) -> float | None:
        """Return the share that was kept, from 0 to 1; None where nothing was judged."""
        return self.kept / self.judged if self.judged else None


@dataclass(frozen=True, slots=True)
class Row:
    """One thing under both rules: a metric, or a policy or priority with its metric."""

    name: tuple[str, ...]
    before: Stack
    after: Stack


@dataclass(frozen=True, slots=True)
class Move:
    """How many runs of a metric went from one verdict to another."""

    metric: str
    before: Verdict
    after: Verdict
    count: int


@dataclass(frozen=True, slots=True)
class Report:
    """What a finished backtest came to."""

    tally: Tally

    def rows(self, name: Callable[[Cell], tuple[str, ...]]) -> list[Row]:
        """Return both stacks for each name, the largest first."""
        cells: dict[tuple[str, ...], list[tuple[Cell, int]]] = {}
        for cell, count in self.tally.cells.items():
            cells.setdefault(name(cell), []).append((cell, count))
        rows = [Row(key, _stack(found, 3), _stack(found, 4)) for key, found in cells.items()]
        return sorted(rows, key=lambda row: (-row.after.judged - row.before.judged, row.name))

    @property
    def metrics(self) -> list[Row]:
        """Return both stacks of each metric."""
        return self.rows(lambda cell: cell[:1])

    @property
    def policies(self) -> list[Row]:
        """Return both stacks of each policy and metric."""
        return self.rows(lambda cell: (cell[1], cell[0]))

    @property
    def priorities(self) -> list[Row]:
        """Return both stacks of each priority and metric."""
        return self.rows(lambda cell: (cell[2], cell[0]))

    @property
    def moves(self) -> list[Move]:
        """Return what went where, only where it went: whatever is listed one by one is one of these."""
        counted: dict[tuple[str, str, str], int] = {}
        for (metric, _policy, _priority, before, after), count in self.tally.cells.items():
            if is_news(before, after):
                counted[metric, before, after] = counted.get((metric, before, after), 0) + count
        return [Move(metric, Verdict(a), Verdict(b), count) for (metric, a, b), count in sorted(counted.items())]

    def week(self, side: str) -> list[list[int]]:
        """Return how many promises were missed in each local hour, from Monday 0:00, on the side before or after."""
        hours = self.tally.hours
        return [[hours[side, day * HOURS + hour] for hour in range(HOURS)] for day in range(DAYS)]


def _stack(cells: Iterable[tuple[Cell, int]], side: int) -> Stack:
    counted: dict[str, int] = {}
    for cell, count in cells:
        counted[cell[side]] = counted.get(cell[side], 0) + count
    return Stack(*(counted.get(verdict, 0) for verdict in ("kept", "missed", "cancelled", "open")))


def report_of(backtest: Backtest) -> Report:
    """Return the report of a finished backtest."""
    return Report(tally_of(backtest.result))


def plain(report: Report) -> dict[str, Any]:
    """Return the figures as JSON, for programs."""
    return {
        "clocks": report.tally.clocks,
        "changes": report.tally.changes,
        "metrics": [_plain(row, ("metric",)) for row in report.metrics],
        "policies": [_plain(row, ("policy", "metric")) for row in report.policies],
        "priorities": [_plain(row, ("priority", "metric")) for row in report.priorities],
        "moves": [
            {"metric": move.metric, "before": move.before, "after": move.after, "count": move.count}
            for move in report.moves
        ],
        "missed_by_hour": {side: report.week(side) for side in ("before", "after")},
    }


def _plain(row: Row, names: tuple[str, ...]) -> dict[str, Any]:
    sides: Mapping[str, Stack] = {"before": row.before, "after": row.after}
    figures = {
        side: {name: getattr(stack, name) for name in ("kept", "missed", "cancelled", "open", "share")}
        for side, stack in sides.items()
    }
    return {**dict(zip(names, row.name, strict=True)), **figures}
