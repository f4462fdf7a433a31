"""The ladder of a promise: when its warnings, its breach and the levels after it come true. Pure, like the timeline."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from sla.calendar import Calendar, Interval
from sla.timeline import Pause


class Mark(StrEnum):
    """When a step comes true: a share of the budget, or open time before or after the due instant."""

    PERCENT = "percent"
    BEFORE = "before"
    BREACH = "breach"
    AFTER = "after"


WARNINGS = (Mark.PERCENT, Mark.BEFORE)


@dataclass(frozen=True, slots=True)
class Rule:
    """One level of a ladder; `amount` is a percentage or seconds of open time."""

    level: int
    mark: Mark
    amount: Decimal = Decimal()


@dataclass(frozen=True, slots=True)
class Repeat:
    """The levels from `start` on come again `times` times, each round `every` of open time after the one before."""

    start: int
    every: timedelta
    times: int


@dataclass(frozen=True)
class Ladder:
    """The rules of one metric, and which of them come again."""

    rules: tuple[Rule, ...] = ()
    repeat: Repeat | None = None

    @cached_property
    def looped(self) -> list[tuple[Rule, timedelta]]:
        """Return the rules that come again, with how much open time after the deadline each comes first, in order."""
        if self.repeat is None:
            return []
        rules = [rule for rule in self.rules if rule.level >= self.repeat.start and rule.mark not in WARNINGS]
        return sorted(((rule, _after(rule)) for rule in rules), key=lambda pair: pair[1])

    @cached_property
    def top(self) -> int:
        """Return the highest level; what comes again goes on counting from there."""
        return max((rule.level for rule in self.rules), default=0)


@dataclass(frozen=True, slots=True)
class Step:
    """A level of a ladder, laid on a run. What comes again has a level of its own; `rule` is whose, `round` which."""

    level: int
    mark: Mark
    at: datetime
    rule: int
    round: int = 0

    def is_silent(self, due_at: datetime, acknowledged_at: datetime | None) -> bool:
        """Tell whether somebody who took the matter on needs no telling any more."""
        return is_silent(self.mark, due_at, acknowledged_at)


@dataclass(frozen=True, slots=True)
class Span:
    """What a ladder is laid on: a run from start to due on its calendar, and what is not counted of it."""

    calendar: Calendar
    start: datetime
    due_at: datetime
    pauses: Sequence[Pause] = ()


def steps(ladder: Ladder, span: Span, *, until: datetime | None = None) -> list[Step]:
    """Lay a ladder on a running cycle, in the order in which its steps come true.

    Marks are reckoned on the calendar of the cycle, like the deadline itself; one that would fall before the start
    is given at the start, and one that is never reached is left out. With `until`, what comes again is laid no
    further than the first step at or after it. Source: C05, C28, C29
    """
    laid = [Step(rule.level, rule.mark, at, rule.level) for rule in ladder.rules if (at := _mark_at(rule, span))]
    if ladder.repeat and (until is None or span.due_at < until):
        laid += _again(ladder, span, until)
    return sorted(laid, key=lambda step: (step.at, step.level))


def is_silent(mark: Mark, due_at: datetime, acknowledged_at: datetime | None) -> bool:
    """Tell whether a mark is passed over in silence because somebody took the matter on. Source: C29

    Before the deadline that holds for its warnings, after it for all that is to follow; the breach always comes.
    """
    if acknowledged_at is None or mark == Mark.BREACH:
        return False
    return mark in WARNINGS or acknowledged_at > due_at


def _again(ladder: Ladder, span: Span, until: datetime | None) -> Iterator[Step]:
    """Yield the rounds that follow the first; their levels go on counting where the ladder's own end."""
    looped, repeat, level = ladder.looped, ladder.repeat, ladder.top
    if not looped or repeat is None:
        return
    _last, ends = looped[-1]
    for number in range(1, repeat.times + 1):
        at = span.calendar.due_at(span.due_at, ends + (number - 1) * repeat.every)
        if at is None or (until is not None and at >= until):
            return
        for rule, first in looped:
            level += 1
            again = span.calendar.due_at(span.due_at, first + number * repeat.every)
            if again:
                yield Step(level, Mark.AFTER, again, rule.level, number)


def _after(rule: Rule) -> timedelta:
    """Return how much open time after the deadline a rule comes true."""
    return timedelta() if rule.mark == Mark.BREACH else _time(rule.amount)


def _time(seconds: Decimal) -> timedelta:
    return timedelta(microseconds=int(seconds * 1_000_000))


def _mark_at(rule: Rule, span: Span) -> datetime | None:
    if rule.mark == Mark.BREACH:
        return span.due_at
    if rule.mark == Mark.AFTER:
        return span.calendar.due_at(span.due_at, _time(rule.amount))
    if rule.mark == Mark.BEFORE:
        return _before(_time(rule.amount), span)
    return _share_at(rule.amount, span)


def _before(amount: timedelta, span: Span) -> datetime:
    """Return the latest instant from which so much open time is left, pauses left out; the start if there is none."""
    calendar, due_at = span.calendar, span.due_at
    at = calendar.due_at(due_at, -amount)
    for pause in reversed(span.pauses):
        end = min(pause.end or due_at, due_at)
        if at is None or end <= at:
            break
        if pause.start < end:
            amount += calendar.elapsed(pause.start, end)
            at = calendar.due_at(due_at, -amount)
    return max(at, span.start) if at else span.start


def _share_at(percent: Decimal, span: Span) -> datetime | None:
    """Return when `percent` of the open time from start to due, pauses left out, has passed."""
    calendar, start, due_at = span.calendar, span.start, span.due_at
    counted = [Interval(pause.start, min(pause.end or due_at, due_at)) for pause in span.pauses if pause.start < due_at]
    paused = sum((calendar.elapsed(gap.start, gap.end) for gap in counted), timedelta())
    share = (calendar.elapsed(start, due_at) - paused) * int(percent * 1000) // 100_000
    at = calendar.due_at(start, share)
    for gap in counted:
        if at is None or gap.start >= at:
            break
        share += calendar.elapsed(gap.start, gap.end)
        at = calendar.due_at(start, share)
    return at
