"""Facts as they are journaled, folded into cycles, each on the calendar version that it belongs to. Writes nothing."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from functools import cached_property

from sla import timeline
from sla.compiled import CompiledCalendar, InForce, calendar_of, in_force, policy_of
from sla.models import Milestone, Observation
from sla.timeline import Cycle, Fact, FactKind


def facts_of(observations: Iterable[Observation]) -> list[Fact]:
    """Return the pure facts of journal rows."""
    return [_fact(row) for row in observations]


def _fact(row: Observation) -> Fact:
    until = row.fields.get("until")
    hold = row.fields.get("hold")
    policy, due_on = row.fields.get("policy"), row.fields.get("due_on")
    terms = policy_of(policy).terms(row.fields["priority"]) if policy else None
    return Fact(
        kind=FactKind(row.kind),
        at=row.at,
        actor=timeline.ActorKind(row.actor_kind),
        ref=row.pk,
        hold=timeline.Hold(hold) if hold else None,
        until=datetime.fromisoformat(until).astimezone(UTC) if until else None,
        terms=terms,
        due_on=date.fromisoformat(due_on) if due_on else None,
        pins=tuple((metric, number, version) for metric, number, version in row.fields.get("pins", ())),
    )


Run = tuple[str, int]


class _Pins:
    """The calendar version of each run.

    One that ended, or that is held, keeps the version it has; an open one takes the version in force, once all have
    gone over to it, and the one before until then. One that is reopened has nothing to wait for. `chosen` says
    otherwise for single runs. What a run was judged by under another calendar stays what it was when it left that.
    """

    def __init__(
        self,
        facts: Iterable[Fact],
        milestones: Iterable[Milestone],
        chosen: Mapping[Run, CompiledCalendar],
        known: Mapping[str, InForce],
    ) -> None:
        self.chosen = chosen
        self.known = known
        self.stored = {(row.metric, row.number): row for row in milestones}
        self.reopened: set[Run] = set()
        facts = list(facts)
        self.codes = {target.calendar for fact in facts if fact.terms for target in fact.terms.targets.values()}
        self.pins = [pin for fact in facts for pin in fact.pins]

    @cached_property
    def in_force(self) -> dict[str, InForce]:
        unknown = self.codes - self.known.keys()
        return {**self.known, **(in_force(unknown) if unknown else {})}

    def compiled(self, code: str, metric: str, number: int) -> CompiledCalendar:
        run = (metric, number)
        row = self.stored.get(run)
        kept = calendar_of(row.calendar_version_id) if row else None
        own = self.chosen.get(run, kept)
        if own is None:
            return self.in_force[code].calendar
        if own.code != code:
            return self._left[metric, number, code] or self.in_force[code].calendar
        if run in self.chosen or row is None or row.is_held:
            return own
        return self._stored(row, own)

    def _stored(self, row: Milestone, kept: CompiledCalendar) -> CompiledCalendar:
        run = (row.metric, row.number)
        if run in self.reopened:
            return self.in_force[kept.code].calendar
        if row.stopped_at:
            return kept
        return max(kept, self.in_force[kept.code].reached, key=lambda one: one.version)

    @cached_property
    def _left(self) -> Mapping[tuple[str, int, str], CompiledCalendar | None]:
        """Return by which version of a calendar a run was judged that has another one now."""
        found: dict[tuple[str, int, str], CompiledCalendar | None] = defaultdict(lambda: None)
        for metric, number, version in self.pins:
            compiled = calendar_of(version)
            found[metric, number, compiled.code] = compiled
        return found

    def reopens(self, cycles: Iterable[Cycle]) -> bool:
        """Tell whether runs are open that were stored as ended: they go on by the hours that are in force now."""
        ended = {run for run, row in self.stored.items() if row.stopped_at}
        self.reopened = ended & {(cycle.metric.value, cycle.number) for cycle in cycles if cycle.stopped_at is None}
        return bool(self.reopened)


def fold(
    facts: list[Fact],
    milestones: Iterable[Milestone],
    chosen: Mapping[Run, CompiledCalendar] | None = None,
    known: Mapping[str, InForce] | None = None,
) -> list[tuple[Cycle, CompiledCalendar]]:
    """Fold facts into cycles, each with its calendar version, which `chosen` may say for single runs."""
    pins = _Pins(facts, milestones, chosen or {}, known or {})

    def folded() -> list[Cycle]:
        return timeline.cycles(facts, lambda code, metric, number: pins.compiled(code, metric, number).calendar)

    cycles = folded()
    if pins.reopens(cycles):
        cycles = folded()
    return [(cycle, pins.compiled(cycle.target.calendar, cycle.metric, cycle.number)) for cycle in cycles]
