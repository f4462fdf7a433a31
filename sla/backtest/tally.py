"""Verdicts counted: one number for each metric, policy, priority, and what became of it before and after."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sla.backtest.replay import Pair, Verdict

# Metric, policy, priority, verdict before, verdict after.
Cell = tuple[str, str, str, str, str]
# "before" or "after", and the local hour of the week in which a promise was missed, 0 to 167 from Monday 00:00.
Hour = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Tally:
    """What a run, or a part of it, came to."""

    clocks: int = 0
    changes: int = 0
    cells: Counter[Cell] = field(default_factory=Counter)
    hours: Counter[Hour] = field(default_factory=Counter)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.clocks + other.clocks,
            self.changes + other.changes,
            self.cells + other.cells,
            self.hours + other.hours,
        )

    @property
    def plain(self) -> dict[str, Any]:
        """Return it as JSON keeps it."""
        return {
            "clocks": self.clocks,
            "changes": self.changes,
            "cells": [[*cell, count] for cell, count in sorted(self.cells.items())],
            "hours": [[*hour, count] for hour, count in sorted(self.hours.items())],
        }


def tally_of(plain: Mapping[str, Any]) -> Tally:
    """Return what JSON kept."""
    return Tally(
        plain.get("clocks", 0),
        plain.get("changes", 0),
        Counter({tuple(cell[:5]): cell[5] for cell in plain.get("cells", ())}),
        Counter({(side, hour): count for side, hour, count in plain.get("hours", ())}),
    )


def added(tallies: Iterable[Tally]) -> Tally:
    """Return several parts as one."""
    return sum(tallies, Tally())


def cells_of(policy: str, priority: str, pairs: Iterable[Pair]) -> list[Cell]:
    """Return where the runs of one clock are counted."""
    return [(pair.metric, policy, priority, *pair.verdicts) for pair in pairs]


def hours_of(pairs: Iterable[Pair]) -> list[Hour]:
    """Return the local hour of the week of each due instant that was missed, on either side."""
    found = []
    for pair in pairs:
        for side, outcome in (("before", pair.before), ("after", pair.after)):
            if outcome and outcome.due_at and outcome.verdict is Verdict.MISSED:
                local = outcome.due_at.astimezone(outcome.calendar.zone)
                found.append((side, local.weekday() * 24 + local.hour))
    return found
