"""One clock as it would stand under other rules, or had it been answered at another time. Nothing is saved."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sla.backtest.overlay import Overlay
from sla.calendar import Calendar
from sla.compiled import calendar_named, calendar_of, policy_named, policy_of
from sla.folding import facts_of
from sla.models import Clock, Milestone, Observation
from sla.timeline import ActorKind, Cycle, Fact, FactKind, Terms, cycles

# Behind every fact of its instant that is stored.
LAST = 2**62
NOTHING: Mapping[str, dict[str, object]] = {"calendars": {}, "policies": {}, "versions": {}}


@dataclass(frozen=True)
class Wish:
    """What is to be otherwise, each part blank where it is to stay as it is; policy and calendar are codes."""

    policy: str = ""
    priority: str = ""
    calendar: str = ""
    answered_at: datetime | None = None
    overlay: Overlay = field(default_factory=lambda: Overlay(NOTHING))

    def terms(self, policy: int, priority: str) -> Terms:
        """Return the terms instead of those of a policy version. Raises UnknownCodeError."""
        if self.policy and self.policy not in self.overlay.policies:
            found = policy_of(policy_named(self.policy).pk).terms(self.priority or priority)
        elif self.policy:
            found = self.overlay.drafted(self.policy, self.priority or priority)
        else:
            found = self.overlay.naming(policy, self.priority or priority)
        if not self.calendar:
            return found
        moved = {metric: replace(target, calendar=self.calendar) for metric, target in found.targets.items()}
        return replace(found, targets=moved)


def what_if(clock: Clock, wish: Wish) -> list[Cycle]:
    """Return the cycles of a clock as it is wished, from its beginning on. Raises UnknownCodeError."""
    journal = list(clock.observations.filter(withdrawn_at=None))
    facts = [_wished(row, fact, wish) for row, fact in zip(journal, facts_of(journal), strict=True)]
    if wish.answered_at:
        facts.append(Fact(FactKind.REPLY, wish.answered_at, ActorKind.AGENT, LAST))
    return cycles(facts, _Calendars(wish, clock.milestones.all()))


def _wished(row: Observation, fact: Fact, wish: Wish) -> Fact:
    if not row.fields.get("policy") and not (wish.policy and "policy" in row.fields):
        return fact
    return replace(fact, terms=wish.terms(row.fields["policy"], row.fields["priority"]))


class _Calendars:
    """The calendar of each run: the draft's, else the version that the run or its clock has, else the one in force."""

    def __init__(self, wish: Wish, milestones: Iterable[Milestone]) -> None:
        self.drafted = wish.overlay.calendars
        self.kept = {(row.metric, row.number): calendar_of(row.calendar_version_id) for row in milestones}
        self.by_code = {compiled.code: compiled for compiled in self.kept.values()}

    def __call__(self, code: str, metric: str, number: int) -> Calendar:
        if code in self.drafted:
            return self.drafted[code]
        kept = self.kept.get((metric, number))
        if kept and kept.code == code:
            return kept.calendar
        return (self.by_code.get(code) or calendar_named(code)).calendar
