"""What clocks would promise if a priority changed, or if one were started. Nothing is saved."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sla import engine
from sla.actors import SYSTEM
from sla.compiled import InForce, in_force, policy_of
from sla.engine import Heard
from sla.models import Clock, Milestone, Observation, Policy
from sla.timeline import FactKind

# Of the facts of one instant, what has not happened yet comes last.
LAST = 2**62
Hours = Mapping[str, InForce]


def hours_under(policies: Iterable[int]) -> Hours:
    """Return the calendars in force of all targets of some policies, in one query."""
    codes = {target.calendar for pk in policies for target in policy_of(pk).targets}
    return in_force(codes) if codes else {}


def would_replan(clock: Clock, priority: str) -> bool:
    """Tell whether another priority would change anything that a clock is under."""
    policy = policy_of(clock.policy_id)
    return policy.terms(priority).targets != policy.terms(clock.priority).targets


def replanned(
    clock: Clock, heard: Sequence[Observation], milestones: Iterable[Milestone], change: Heard, hours: Hours
) -> list[Milestone]:
    """Return a clock's milestones as a change of priority would leave them; those given are changed in memory.

    The priority is what the clock now says.
    """
    put = next((one for one in reversed(heard) if "policy" in one.fields), None)
    policy = clock.policy_id if put is None or put.fields["policy"] else None
    milestones = list(milestones)
    said = {"policy": policy, "priority": clock.priority} | engine.pins_of(milestones)
    fact = engine.row_of(clock, change, said)
    fact.pk = LAST
    return engine.folded(clock, [*heard, fact], milestones, hours).kept


def started(*, policy: Policy, priority: str, at: datetime, hours: Hours) -> list[Milestone]:
    """Return the milestones of a clock that would start under a policy."""
    clock = Clock(policy=policy, priority=priority, started_at=at)
    opening = engine.row_of(clock, Heard(FactKind.OPEN, at, SYSTEM), {"policy": policy.pk, "priority": priority})
    opening.pk = LAST
    return engine.folded(clock, [opening], [], hours).kept
