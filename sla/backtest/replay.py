"""Facts of one clock folded as if other rules had been in force. Pure: nothing of Django is read here.

What people did is taken as it was: a priority that a missed promise raised stays raised, also where the other rules
would not have missed it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sla.calendar import Calendar
from sla.timeline import Calendars, Cycle, Fact, State, cycles

# A run of a metric: which metric, and its how-manieth run.
Key = tuple[str, int]


class Verdict(StrEnum):
    """What became of a promise; OPEN is still to be decided, NONE says that these rules make no such promise."""

    KEPT = "kept"
    MISSED = "missed"
    CANCELLED = "cancelled"
    OPEN = "open"
    NONE = ""


VERDICTS: dict[str, Verdict] = {
    State.MET: Verdict.KEPT,
    State.MET_LATE: Verdict.MISSED,
    State.BREACHED: Verdict.MISSED,
    State.CANCELLED: Verdict.CANCELLED,
    State.RUNNING: Verdict.OPEN,
    State.PAUSED: Verdict.OPEN,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one run ended, or stands, and the calendar that it was timed on."""

    state: str
    due_at: datetime | None
    calendar: Calendar

    @property
    def verdict(self) -> Verdict:
        """Return what became of the promise."""
        return VERDICTS[self.state]


@dataclass(frozen=True, slots=True)
class Pair:
    """One run under both rules; None where one of them makes no such promise."""

    metric: str
    number: int
    before: Outcome | None
    after: Outcome | None

    @property
    def verdicts(self) -> tuple[Verdict, Verdict]:
        """Return what became of it before and after."""
        return (
            self.before.verdict if self.before else Verdict.NONE,
            self.after.verdict if self.after else Verdict.NONE,
        )

    @property
    def is_changed(self) -> bool:
        """Tell whether the draft judges otherwise."""
        return is_news(*self.verdicts)


def is_news(before: str, after: str) -> bool:
    """Tell whether two verdicts differ; a promise that only one side makes counts where it is missed."""
    if Verdict.NONE in (before, after):
        return Verdict.MISSED in (before, after)
    return before != after


def standing(state: str, due_at: datetime | None, at: datetime) -> str:
    """Return a state as it is at `at`: an open run is breached from the first instant after its due one."""
    if state == State.RUNNING and due_at is not None and at > due_at:
        return State.BREACHED
    return state


def outcomes(facts: Iterable[Fact], calendars: Calendars, at: datetime) -> dict[Key, Outcome]:
    """Return what the facts of a clock come to at `at`; the first fact carries the terms."""
    return {(cycle.metric, cycle.number): outcome_of(cycle, at) for cycle in cycles(facts, calendars)}


def outcome_of(cycle: Cycle, at: datetime) -> Outcome:
    """Return how a cycle stands at `at`."""
    return Outcome(standing(cycle.state, cycle.due_at, at), cycle.due_at, cycle.calendar)


def paired(before: Mapping[Key, Outcome], after: Mapping[Key, Outcome]) -> list[Pair]:
    """Lay the runs of two sets of rules beside each other, those that only one of them has at the end."""
    keys = [*before, *(key for key in after if key not in before)]
    return [Pair(*key, before.get(key), after.get(key)) for key in keys]
