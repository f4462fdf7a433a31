"""A promised time, and when it runs out with its pauses. Pure: nothing of Django is read here."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from sla.calendar import Calendar


class Metric(StrEnum):
    """What is timed."""

    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    UPDATE = "update"
    RESOLUTION = "resolution"
    SIGN_OFF = "sign_off"
    DELIVERY = "delivery"


# A budget that is counted back from a date that the thing itself brings along.
BY_DATE = "by_date"


@dataclass(frozen=True, slots=True)
class Target:
    """A promised time: `budget` of open time under the rule `duration`, or `days` working days under any rule.

    Under `by_date` it ends at the close of the last working day on `due_on` or before; with `days` the n-th last.
    """

    metric: Metric
    calendar: str
    met_on: frozenset[str]
    budget: timedelta | None = None
    days: Decimal | None = None
    rule: str = "duration"
    pauses_on: frozenset[str] = frozenset()
    ref: int = 0
    due_on: date | None = None

    def due_at(self, calendar: Calendar, start: datetime) -> datetime | None:
        """Return when the promise runs out if nothing pauses it; None means never. Source: R5, R7"""
        if self.rule == BY_DATE:
            closing = calendar.close_by(self.due_on, self.days or 1) if self.due_on else None
            return max(closing, start) if closing else None
        if self.budget is not None:
            return calendar.due_at(start, self.budget)
        return calendar.due_after_working_days(start, self.days or Decimal(), self.rule)

    def by(self, due_on: date | None) -> "Target":
        """Return the same promise to be kept by a date, where it is one that is kept by a date."""
        return replace(self, due_on=due_on) if self.rule == BY_DATE else self


@dataclass(frozen=True, slots=True)
class Pause:
    """Time that is not counted, from fact to fact; an open one has no end yet."""

    start: datetime
    end: datetime | None
    cause: str


def budget_of(target: Target, calendar: Calendar, start: datetime) -> timedelta | None:
    """Return the open time that a budget in working days comes to from `start`."""
    due_at = target.due_at(calendar, start)
    return calendar.elapsed(start, due_at) if due_at else None


def due_of(
    target: Target, calendar: Calendar, start: datetime, pauses: Sequence[Pause]
) -> tuple[datetime | None, timedelta | None]:
    """Return when the run is due and, if an open pause holds it instead, the open time it has left.

    A pause adds its own open time, measured on the same calendar; one that begins once the run is due moves nothing.
    """
    free = target.due_at(calendar, start)
    due_at, paused = free, timedelta()
    for pause in pauses:
        if due_at is None or free is None or pause.start >= due_at:
            break
        if pause.end is None:
            return None, calendar.elapsed(pause.start, due_at)
        paused += calendar.elapsed(pause.start, pause.end)
        due_at = calendar.due_at(free, paused) if paused else free
    return due_at, None
