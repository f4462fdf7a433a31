"""Rows of policies and calendars as the pure engine wants them, made once a process: a version never changes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from sla import ladder, timeline
from sla.calendar import Calendar
from sla.models import CalendarVersion, EscalationRule, Policy, Target

# A version is settled once no open milestone is left that is to go over to it.
CURRENT = """
SELECT code, id, (
  SELECT older.id FROM sla_calendarversion AS older
  WHERE older.code = calendar.code AND older.version < (
    SELECT min(change.version) FROM sla_recompute AS change
    WHERE change.finished_at IS NULL AND change.kind = 'calendar' AND change.code = calendar.code
  ) ORDER BY older.version DESC LIMIT 1
) FROM sla_calendarversion AS calendar WHERE is_current AND code = ANY(%s)
"""


class UnknownCodeError(LookupError):
    """Raised when a calendar or policy is asked for by a code that has no version in force."""


class CompiledCalendar:
    """A calendar version ready to compute with."""

    def __init__(self, version: CalendarVersion) -> None:
        self.pk = version.pk
        self.code = version.code
        self.version = version.version
        self.digest = version.digest
        self.name, self.name_en = version.name, version.name_en
        self.calendar = Calendar.from_spec(version.spec)
        self.zone = ZoneInfo(version.spec["timezone"])
        self.reasons: dict[str, dict[str, str]] = version.reasons
        self.assumed_years = frozenset(version.assumed_years)

    def is_provisional(self, start: datetime, end: datetime) -> bool:
        """Tell whether the local dates from start to end touch a year whose holidays are assumed."""
        years = range(start.astimezone(self.zone).year, end.astimezone(self.zone).year + 1)
        return not self.assumed_years.isdisjoint(years)


class CompiledPolicy:
    """A policy version ready to compute with."""

    def __init__(self, policy: Policy) -> None:
        self.pk = policy.pk
        self.version = policy.version
        self.basis = policy.basis
        self.reopening = policy.reopening
        self.targets = list(policy.targets.all())
        self.target_of = {target.pk: target for target in self.targets}
        self.pure_of = {target.pk: pure_target(target) for target in self.targets}
        rules = list(policy.escalation_rules.all())
        self.ladders = {metric: _ladder(policy, metric, rules) for metric in {rule.metric for rule in rules}}
        self.actions: dict[tuple[str, int], list[dict[str, Any]]] = {
            (rule.metric, rule.level): rule.actions for rule in rules
        }

    def terms(self, priority: str) -> timeline.Terms:
        """Return the targets for a priority: its own, else those of every priority."""
        targets = [(target.priority, self.pure_of[target.pk]) for target in self.targets]
        return timeline.Terms(chosen(targets, priority), self.basis, self.reopening)


def chosen(targets: Iterable[tuple[str, timeline.Target]], priority: str) -> dict[timeline.Metric, timeline.Target]:
    """Return the target of each metric for a priority: its own, else that of every priority."""
    fitting = [(own, target) for own, target in targets if own in ("", priority)]
    return {target.metric: target for _own, target in sorted(fitting, key=lambda pair: pair[0] == priority)}


def _ladder(policy: Policy, metric: str, rules: Iterable[EscalationRule]) -> ladder.Ladder:
    own = (ladder.Rule(rule.level, ladder.Mark(rule.mark), rule.amount) for rule in rules if rule.metric == metric)
    return ladder.Ladder(tuple(own), repeat_of(policy.repeats.get(metric)))


def repeat_of(said: Mapping[str, int] | None) -> ladder.Repeat | None:
    """Return how a ladder comes again, from what `Policy.repeats` says of one metric."""
    return ladder.Repeat(said["from"], timedelta(seconds=said["every"]), said["times"]) if said else None


def pure_target(target: Target) -> timeline.Target:
    """Return a target, stored or not, as the timeline wants it."""
    in_days = target.unit == Target.Unit.WORKING_DAYS
    return timeline.Target(
        metric=timeline.Metric(target.metric),
        calendar=target.calendar,
        met_on=frozenset(target.met_on),
        budget=None if in_days else timedelta(microseconds=int(target.amount * 1_000_000)),
        days=target.amount.normalize() if in_days else None,
        rule=target.rule,
        pauses_on=frozenset(target.pauses_on),
        ref=target.pk or 0,
    )


@lru_cache(maxsize=4096)
def policy_of(pk: int) -> CompiledPolicy:
    """Return the compiled policy version with this key."""
    return CompiledPolicy(Policy.objects.prefetch_related("targets", "escalation_rules").get(pk=pk))


@lru_cache(maxsize=16384)
def policy_with(target: int) -> CompiledPolicy:
    """Return the compiled policy version to which the target with this key belongs."""
    return policy_of(Target.objects.values_list("policy_id", flat=True).get(pk=target))


@lru_cache(maxsize=1024)
def calendar_of(pk: int) -> CompiledCalendar:
    """Return the compiled calendar version with this key."""
    return CompiledCalendar(CalendarVersion.objects.get(pk=pk))


@dataclass(frozen=True, slots=True)
class InForce:
    """The version in force of a calendar, and the last one that every open milestone has gone over to."""

    calendar: CompiledCalendar
    reached: CompiledCalendar


def in_force(codes: set[str]) -> dict[str, InForce]:
    """Return the version in force of each code. Raises UnknownCodeError naming the first code that has none."""
    with connection.cursor() as cursor:
        cursor.execute(CURRENT, [list(codes)])
        found = {code: InForce(calendar_of(pk), calendar_of(before or pk)) for code, pk, before in cursor.fetchall()}
    if missing := codes - found.keys():
        raise UnknownCodeError(f"No calendar is called {min(missing)!r}.")
    return found


def calendars_named(codes: set[str]) -> dict[str, CompiledCalendar]:
    """Return the version in force of each code. Raises UnknownCodeError naming the first code that has none."""
    return {code: found.calendar for code, found in in_force(codes).items()}


def calendar_named(code: str) -> CompiledCalendar:
    """Return the version in force of a calendar. Raises UnknownCodeError."""
    return calendars_named({code})[code]


def policy_named(code: str) -> Policy:
    """Return the version in force of a policy. Raises UnknownCodeError."""
    policy = Policy.objects.current().filter(code=code).first()
    if policy is None:
        raise UnknownCodeError(f"No policy is called {code!r}.")
    return policy
