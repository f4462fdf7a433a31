"""Long work that no deadline waits for, done step by step by workers of its own queue."""

import time
from collections.abc import Callable

from sla.backtest import running as backtests
from tickets.rounds import clearing, imports, nightly, reports

# Seconds that one task works before it lets the next look; a step takes about one.
WITHIN = 12.0
# Each does one small piece of what is to be done, whole, and tells whether there was any.
STEPS: tuple[Callable[[], bool], ...] = (
    nightly.step,
    reports.step,
    backtests.step,
    imports.step,
    clearing.step,
)


def work(*, within: float = WITHIN) -> bool:
    """Do pieces of whatever there is, of each kind in turn, until nothing is left or time is up.

    Return whether nothing is left.
    """
    stop_at = time.monotonic() + within
    while any([step() for step in STEPS]):
        if time.monotonic() >= stop_at:
            return False
    return True
