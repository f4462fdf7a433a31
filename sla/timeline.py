"""Facts in, cycles out: when each promise started, paused, was met or was missed. Pure: nothing of Django is read here.

A fact is something that happened at an instant. A cycle is one run of a target. The same facts, in whatever order
they were recorded, always fold to the same cycles; that is why a corrected fact or calendar is a refold, never a patch.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import takewhile

from sla.calendar import Calendar
from sla.targets import Metric, Pause, Target, budget_of, due_of

__all__ = [
    "ASKING", "ENDINGS", "FOR_EVER", "HUMANS", "STARTED_BY", "ActorKind", "Calendars", "Cycle", "Fact", "FactKind",
    "Hold", "Metric", "Pause", "State", "Target", "Terms", "budget_of", "cycles", "due_of",
]  # fmt: skip


class FactKind(StrEnum):
    """What happened."""

    OPEN = "open"
    CUSTOMER_MESSAGE = "customer_message"
    ACCEPT = "accept"
    ASSIGN = "assign"
    PROGRESS = "progress"
    REPLY = "reply"
    CALL = "call"
    WAIT = "wait"
    RESUME = "resume"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    CLOSE = "close"
    MERGE = "merge"
    LEAVE = "leave"
    REPLAN = "replan"
    HAND_OVER = "hand_over"
    SIGN = "sign"
    OBJECT = "object"
    OWE = "owe"
    DELIVER = "deliver"


class ActorKind(StrEnum):
    """Who did it. Only people meet a promise; a bot or the system never does. Source: K02"""

    AGENT = "agent"
    CUSTOMER = "customer"
    BOT = "bot"
    SYSTEM = "system"


class Hold(StrEnum):
    """Why the work waits."""

    CUSTOMER = "customer"
    THIRD_PARTY = "third_party"
    SCHEDULED = "scheduled"


class State(StrEnum):
    """How a cycle stands when nothing but its facts is known; whether it is late now is a question for a clock."""

    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    BREACHED = "breached"
    MET_LATE = "met_late"
    CANCELLED = "cancelled"


FOR_EVER = datetime.max.replace(tzinfo=UTC)
# A report that a program wrote is delivered all the same. Source: K13
HUMANS = frozenset({ActorKind.AGENT, ActorKind.CUSTOMER})
ENDINGS = frozenset({FactKind.RESOLVE, FactKind.CLOSE, FactKind.MERGE, FactKind.LEAVE})
# A customer who reopens says by that alone that something is still to be answered.
ASKING = frozenset({FactKind.CUSTOMER_MESSAGE, FactKind.REOPEN})
STARTED_BY = {
    FactKind.OPEN: (Metric.FIRST_RESPONSE, Metric.RESOLUTION),
    FactKind.HAND_OVER: (Metric.SIGN_OFF,),
    FactKind.OWE: (Metric.DELIVERY,),
}


@dataclass(frozen=True, slots=True)
class Terms:
    """The targets in force from a fact on, and how they treat change and reopening."""

    targets: Mapping[Metric, Target]
    basis: str = "from_creation"
    reopening: str = "resume"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened at `at` (aware); `ref` orders facts of one instant and names what met a target."""

    kind: FactKind
    at: datetime
    actor: ActorKind = ActorKind.AGENT
    ref: int = 0
    hold: Hold | None = None
    until: datetime | None = None
    terms: Terms | None = None
    # The calendar version, by its key, that each run had when this was heard: (metric, number, version).
    pins: tuple[tuple[str, int, int], ...] = ()
    # By which local date of its calendar what it starts is owed.
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Cycle:
    """One run of a target as the facts tell it. `due_at` is None while an open pause holds it, or if never reached."""

    metric: Metric
    number: int
    target: Target
    calendar: Calendar
    started_at: datetime
    due_at: datetime | None
    completed_at: datetime | None
    stopped_at: datetime | None
    met_by: int | None
    state: State
    budget: timedelta | None
    remaining: timedelta | None
    pauses: tuple[Pause, ...]


Calendars = Callable[[str, Metric, int], Calendar]


@dataclass(slots=True)
class _Run:
    """A cycle while it is being folded."""

    metric: Metric
    number: int
    target: Target
    started_at: datetime
    completed_at: datetime | None = None
    stopped_at: datetime | None = None
    met_by: int | None = None
    gaps: list[Pause] = field(default_factory=list)
    # Stopped because the terms no longer had it.
    is_dropped: bool = False

    def stop(self, at: datetime) -> None:
        self.stopped_at = at

    def meet(self, fact: Fact) -> None:
        self.completed_at = self.stopped_at = fact.at
        self.met_by = fact.ref

    def under(self, terms: Terms) -> Target | None:
        """Return what other terms promise of this run, by the date that it was started with; None if nothing."""
        target = terms.targets.get(self.metric)
        return target.by(self.target.due_on) if target else None

    def resume(self, at: datetime) -> None:
        """Take the run up again; the time since it stopped is not counted."""
        if self.stopped_at:
            self.gaps.append(Pause(self.stopped_at, at, "resolved"))
        self.completed_at = self.stopped_at = self.met_by = None


class _Folding:
    """The state between two facts. One method for each thing a fact can do."""

    def __init__(self, calendars: Calendars) -> None:
        self.calendars = calendars
        self.terms = Terms({})
        self.runs: list[_Run] = []
        self.underway: list[_Run] = []
        self.holds: list[Pause] = []
        self.ended = False
        self.owes_updates = False
        self.heard: list[Fact] = []

    def hear(self, fact: Fact) -> None:
        if fact.kind == FactKind.REPLAN:
            self._replan(fact)
        elif fact.terms:
            self.terms = fact.terms
        for metric in STARTED_BY.get(fact.kind, ()):
            self._start(metric, fact.at, fact.due_on)
        self._meet(fact)
        self._hold(fact)
        self._end_or_reopen(fact)
        self._arm_next_response(fact)
        self._owe_update(fact)
        self.heard.append(fact)

    def live(self) -> list[_Run]:
        self.underway = [run for run in self.underway if run.stopped_at is None]
        return self.underway[:]

    def _begin(self, run: _Run) -> None:
        last = self._last(run.metric)
        run.number = last.number + 1 if last else 1
        self.runs.append(run)
        self.underway.append(run)

    def _last(self, metric: Metric) -> _Run | None:
        return next((run for run in reversed(self.runs) if run.metric == metric), None)

    def _start(self, metric: Metric, at: datetime, due_on: date | None = None) -> None:
        if target := self.terms.targets.get(metric):
            self._begin(_Run(metric, 1, target.by(due_on), at))

    def _meet(self, fact: Fact) -> None:
        if fact.actor not in HUMANS and fact.kind != FactKind.DELIVER:
            return
        for run in self.live():
            if fact.kind in run.target.met_on and fact.at >= run.started_at:
                run.meet(fact)

    def _hold(self, fact: Fact) -> None:
        if fact.kind == FactKind.WAIT and fact.hold and not self.ended:
            self._cut_hold(fact.at)
            self.holds.append(Pause(fact.at, fact.until, fact.hold))
        elif fact.kind == FactKind.RESUME or fact.kind in ENDINGS:
            self._cut_hold(fact.at)

    def _cut_hold(self, at: datetime) -> None:
        """End the hold in force at `at`, also one whose agreed end lies later."""
        if self.holds and (self.holds[-1].end is None or self.holds[-1].end > at):
            last = self.holds[-1]
            self.holds[-1] = Pause(last.start, at, last.cause)

    def _end_or_reopen(self, fact: Fact) -> None:
        if fact.kind in ENDINGS:
            self.ended = True
            for run in self.live():
                run.stop(fact.at)
        elif fact.kind == FactKind.REOPEN and self.ended:
            self.ended = False
            self._reopen(fact.at)

    def _reopen(self, at: datetime) -> None:
        """Take up again what the end cut off, as the policy says. Source: C38"""
        self.owes_updates = self.terms.reopening != "none"
        cut_off = [self._last(metric) for metric in (Metric.FIRST_RESPONSE, Metric.RESOLUTION)]
        for run in cut_off if self.owes_updates else ():
            # Ending a thing without a word is no answer; one that was given is not owed twice.
            if run and (run.metric == Metric.RESOLUTION or not run.completed_at):
                self._take_up(run, at)

    def _take_up(self, run: _Run, at: datetime) -> None:
        """Run a promise on, or anew, if the terms in force still have it."""
        if self.terms.reopening == "restart":
            self._start(run.metric, at)
        elif target := run.under(self.terms):
            self.underway = [*self.live(), run]
            run.resume(at)
            run.target = run.target if self._is_missed(run, at) else target

    def _arm_next_response(self, fact: Fact) -> None:
        """A further answer is owed from the first customer message that nobody has answered yet. Source: C19, C23"""
        if self.ended or fact.kind not in ASKING or fact.actor != ActorKind.CUSTOMER:
            return
        if not {Metric.FIRST_RESPONSE, Metric.NEXT_RESPONSE} & {run.metric for run in self.live()}:
            self._start(Metric.NEXT_RESPONSE, fact.at)

    def _owe_update(self, fact: Fact) -> None:
        """Owe news from the first answer on, and again from each; before it the answer itself is owed. Source: C18"""
        self.owes_updates = (self.owes_updates or fact.kind == FactKind.OPEN) and not self.ended
        if self.owes_updates and not {Metric.FIRST_RESPONSE, Metric.UPDATE} & {run.metric for run in self.live()}:
            self._start(Metric.UPDATE, fact.at)

    def _replan(self, fact: Fact) -> None:
        """Change the targets under way; what was met or missed stays judged by the old ones. Source: C41, C42"""
        before, self.terms = self.terms, fact.terms or Terms({})
        for run in self.live():
            target = run.under(self.terms)
            if target is None:
                run.stop(fact.at)
                run.is_dropped = True
            elif target != run.target and not self._is_missed(run, fact.at):
                run.target = target
                run.started_at = fact.at if self.terms.basis == "from_change" else run.started_at
        for metric in self.terms.targets.keys() - before.targets.keys() - {Metric.UPDATE}:
            self._adopt(metric, fact)

    def _is_missed(self, run: _Run, at: datetime) -> bool:
        """Tell whether a run was past due at an instant. Who is late does not become late once more. Source: C42"""
        calendar = self.calendars(run.target.calendar, run.metric, run.number)
        due_at, _remaining = due_of(run.target, calendar, run.started_at, _pauses(run, self.holds))
        return due_at is not None and at > due_at

    def _adopt(self, metric: Metric, fact: Fact) -> None:
        """Start a metric that the old terms did not have, if it would be running had they had it."""
        alone = _Folding(self.calendars)
        for earlier in self.heard:
            alone.hear(_under(earlier, Terms({metric: self.terms.targets[metric]}, reopening=self.terms.reopening)))
        for run in alone.live():
            last = self._last(metric)
            if last and last.is_dropped and last.stopped_at and run.started_at <= last.stopped_at:
                self._put_back(last, last.stopped_at, fact)
            else:
                run.started_at = fact.at if self.terms.basis == "from_change" else run.started_at
                self._begin(run)

    def _put_back(self, run: _Run, dropped_at: datetime, fact: Fact) -> None:
        """Go on with a run that other terms dropped, as if they never had; one missed by then stays as it was."""
        is_missed = self._is_missed(run, dropped_at)
        run.stopped_at, run.is_dropped = None, False
        self.underway = [*self.live(), run]
        if not is_missed:
            run.target = run.under(self.terms) or run.target
            run.started_at = fact.at if self.terms.basis == "from_change" else run.started_at


def _under(fact: Fact, terms: Terms) -> Fact:
    """Return the same fact under other terms; what was timed by none then is timed by them."""
    takes_terms = fact.terms or fact.kind in (FactKind.OPEN, FactKind.OWE, FactKind.REPLAN)
    return replace(fact, terms=terms if takes_terms else None, pins=())


def cycles(facts: Iterable[Fact], calendars: Calendars) -> list[Cycle]:
    """Fold facts into cycles, in the order in which they started.

    The first fact carries the terms; `calendars(code, metric, number)` gives the calendar of a run.
    Facts of one instant are taken in the order of `ref`.
    """
    folding = _Folding(calendars)
    for fact in sorted(facts, key=lambda fact: (fact.at, fact.ref)):
        folding.hear(fact)
    return [_closed(run, folding.holds, calendars(run.target.calendar, run.metric, run.number)) for run in folding.runs]


def _closed(run: _Run, holds: Sequence[Pause], calendar: Calendar) -> Cycle:
    """Return what a folded run amounts to on its calendar."""
    pauses = _pauses(run, holds)
    due_at, remaining = due_of(run.target, calendar, run.started_at, pauses)
    budget = run.target.budget or budget_of(run.target, calendar, run.started_at)
    state = _state(run, due_at, remaining)
    return Cycle(
        run.metric, run.number, run.target, calendar, run.started_at, due_at, run.completed_at, run.stopped_at,
        run.met_by, state, budget, remaining, pauses,
    )  # fmt: skip


def _pauses(run: _Run, holds: Sequence[Pause]) -> tuple[Pause, ...]:
    """Return the time within a run that its target does not count. Holds come in order and do not overlap."""
    first = bisect_right(holds, run.started_at, key=lambda hold: hold.end or FOR_EVER)
    during = takewhile(lambda hold: run.stopped_at is None or hold.start < run.stopped_at, holds[first:])
    return _within(run, [*(hold for hold in during if hold.cause in run.target.pauses_on), *run.gaps])


def _within(run: _Run, pauses: Iterable[Pause]) -> tuple[Pause, ...]:
    """Return the parts of pauses that lie within the run, in order."""
    cut = []
    for pause in sorted(pauses, key=lambda pause: pause.start):
        start, end = max(pause.start, run.started_at), pause.end
        if run.stopped_at:
            end = min(end or run.stopped_at, run.stopped_at)
        if end is None or start < end:
            cut.append(Pause(start, end, pause.cause))
    return tuple(cut)


def _state(run: _Run, due_at: datetime | None, remaining: timedelta | None) -> State:
    late = due_at is not None and run.stopped_at is not None and run.stopped_at > due_at
    if run.completed_at:
        return State.MET_LATE if late else State.MET
    if run.stopped_at:
        return State.BREACHED if late else State.CANCELLED
    return State.PAUSED if remaining is not None else State.RUNNING
