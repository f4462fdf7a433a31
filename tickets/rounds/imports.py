"""Imports that are under way: a batch at a time, by whichever worker comes; what kills one, another goes on with."""

from sla.clock import database_now
from tickets.actions.importing.runs import fail_run, go_on, is_within_reach
from tickets.models import ImportRun

# A piece that raises so often ends its run; it can be taken up again.
TRIES = 3
LOOKED_AT = 5


def step() -> bool:
    """Do the next piece of the oldest import that nobody else works on; tell whether there was one."""
    for run in ImportRun.objects.unfinished().defer("mapping", "problems")[:LOOKED_AT]:
        try:
            if is_within_reach(run) and go_on(run):
                return True
        except Exception as error:  # noqa: BLE001  kept on the row and shown
            fail_run(run=run, error=f"{type(error).__name__}: {error}", most=TRIES, at=database_now())
            return True
    return False
