"""Then and now: what today's rules would say of a promise beside what was promised. Never stored, never instead. C42"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sla.compiled import policy_with
from sla.folding import facts_of, fold
from sla.models import Milestone, Observation, Policy
from sla.timeline import Cycle, FactKind, State


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a promise would stand under the policy and the hours in force now; no state: it would not be timed."""

    state: str
    due_at: datetime | None
    policy_version: int | None
    calendar_version: int | None


NOT_TIMED = Verdict("", None, None, None)


def today(milestone: Milestone, at: datetime) -> Verdict | None:
    """Return what today's rules say of a milestone as of an instant; None where that is what it was promised."""
    return todays([milestone], at).get(milestone.pk)


def todays(milestones: Iterable[Milestone], at: datetime) -> dict[int, Verdict]:
    """Return what today's rules say of milestones, by key; those that they say the same of are left out.

    Reads nothing for milestones that stand under what is in force; else their clocks' facts, in a few queries.
    """
    stale = [row for row in milestones if not (row.target.policy.is_current and row.calendar_version.is_current)]
    if not stale:
        return {}
    folded = _folded({row.clock_id for row in stale})
    found = {row.pk: _verdict(folded[row.clock_id].get((row.metric, row.number)), at) for row in stale}
    return {row.pk: found[row.pk] for row in stale if _differs(row, found[row.pk], at)}


Run = tuple[str, int]


def _folded(clocks: set[int]) -> dict[int, dict[Run, Verdict]]:
    """Return the runs of clocks as their facts fold under the rules in force, states as of the facts alone."""
    facts = defaultdict(list)
    for fact in Observation.objects.filter(clock__in=clocks, withdrawn_at=None).order_by("at", "pk"):
        facts[fact.clock_id].append(fact)
    in_force = _in_force(fact for some in facts.values() for fact in some)
    return {clock: _runs(_under_todays(facts[clock], in_force)) for clock in clocks}


def _in_force(facts: Iterable[Observation]) -> dict[int, int | None]:
    """Return the version in force of each policy version that facts name, None where its policy was retired."""
    named = {fact.fields["policy"] for fact in facts if fact.fields.get("policy")}
    codes = dict(Policy.objects.filter(pk__in=named).values_list("pk", "code"))
    current = dict(Policy.objects.current().filter(code__in=codes.values()).values_list("code", "pk"))
    return {pk: current.get(code) for pk, code in codes.items()}


def _under_todays(facts: Sequence[Observation], in_force: dict[int, int | None]) -> list[Observation]:
    """Return facts as if the rules in force now had been in force all along: nobody had to go over to them."""
    kept = []
    for fact in facts:
        if fact.kind == FactKind.REPLAN and not fact.source:
            continue
        if fact.fields.get("policy"):
            fact.fields = {**fact.fields, "policy": in_force[fact.fields["policy"]]}
        kept.append(fact)
    return kept


def _runs(facts: Sequence[Observation]) -> dict[Run, Verdict]:
    return {
        (cycle.metric.value, cycle.number): _as_folded(cycle, calendar.version)
        for cycle, calendar in fold(facts_of(facts), [])
    }


def _as_folded(cycle: Cycle, calendar_version: int) -> Verdict:
    return Verdict(cycle.state.value, cycle.due_at, policy_with(cycle.target.ref).version, calendar_version)


def _verdict(run: Verdict | None, at: datetime) -> Verdict:
    """Return a folded run as it stands at an instant."""
    if run is None:
        return NOT_TIMED
    is_late = run.state == State.RUNNING and run.due_at is not None and at > run.due_at
    state = State.BREACHED.value if is_late else run.state
    return Verdict(state, run.due_at, run.policy_version, run.calendar_version)


def _differs(row: Milestone, verdict: Verdict, at: datetime) -> bool:
    if verdict is NOT_TIMED and row.state == Milestone.State.CANCELLED:
        return False
    return (row.state_at(at), row.due_at) != (verdict.state, verdict.due_at)
