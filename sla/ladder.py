"""The ladder of a promise: when its warnings, its breach and the levels after it come true. Pure, like the timeline."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from sla.calendar import Calendar, Interval
from sla.timeline import Pause


class Mark(StrEnum):
    """When a step comes true: a share of the budget, or open time before or after the due instant."""

    PERCENT = "percent"
    BEFORE = "before"
    BREACH = "breach"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Rule:
    """One level of a ladder; `amount` is a percentage or seconds of open time."""

    level: int
    mark: Mark
    amount: Decimal = Decimal()


@dataclass(frozen=True, slots=True)
class Step:
    """A level of a ladder, laid on a cycle."""

    level: int
    mark: Mark
    at: datetime


def steps(
    *, rules: Iterable[Rule], calendar: Calendar, start: datetime, due_at: datetime, pauses: Sequence[Pause] = ()
) -> list[Step]:
    """Lay a ladder on a running cycle, in the order in which its steps come true.

    Marks are reckoned on the calendar of the cycle, like the deadline itself; one that would fall before the start
    is given at the start, and one that is never reached is left out. Source: C05, C28
    """
    laid = ((rule, _mark_at(rule, calendar, start, due_at, pauses)) for rule in rules)
    return sorted((Step(rule.level, rule.mark, at) for rule, at in laid if at), key=lambda step: (step.at, step.level))


def _mark_at(
    rule: Rule, calendar: Calendar, start: datetime, due_at: datetime, pauses: Sequence[Pause]
) -> datetime | None:
    amount = timedelta(microseconds=int(rule.amount * 1_000_000))
    if rule.mark == Mark.BREACH:
        return due_at
    if rule.mark == Mark.AFTER:
        return calendar.due_at(due_at, amount)
    if rule.mark == Mark.BEFORE:
        return _before(amount, calendar, start, due_at, pauses)
    return _share_at(rule.amount, calendar, start, due_at, pauses)


def _before(
    amount: timedelta, calendar: Calendar, start: datetime, due_at: datetime, pauses: Sequence[Pause]
) -> datetime:
    """Return the latest instant from which so much open time is left, pauses left out; the start if there is none."""
    at = calendar.due_at(due_at, -amount)
    for pause in reversed(pauses):
        end = min(pause.end or due_at, due_at)
        if at is None or end <= at:
            break
        if pause.start < end:
            amount += calendar.elapsed(pause.start, end)
            at = calendar.due_at(due_at, -amount)
    return max(at, start) if at else start


def _share_at(
    percent: Decimal, calendar: Calendar, start: datetime, due_at: datetime, pauses: Sequence[Pause]
) -> datetime | None:
    """Return when `percent` of the open time from start to due, pauses left out, has passed."""
    counted = [Interval(pause.start, min(pause.end or due_at, due_at)) for pause in pauses if pause.start < due_at]
    paused = sum((calendar.elapsed(gap.start, gap.end) for gap in counted), timedelta())
    share = (calendar.elapsed(start, due_at) - paused) * int(percent * 1000) // 100_000
    at = calendar.due_at(start, share)
    for gap in counted:
        if at is None or gap.start >= at:
            break
        share += calendar.elapsed(gap.start, gap.end)
        at = calendar.due_at(start, share)
    return at
