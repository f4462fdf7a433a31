"""The clock of a round: started by handing over, met by a signature or an objection, else stopped."""

from dataclasses import replace
from datetime import datetime

from plans.actions.obligations.timing import who
from plans.actions.own_terms import moved_to
from plans.deliverables.asking import calendar_for, policy_for
from plans.models import Contact, SignOffRound, User
from sla import engine
from sla.actions import put_policy, terms_of
from sla.actors import SYSTEM, Actor
from sla.compiled import policy_named
from sla.engine import Heard
from sla.models import Policy
from sla.timeline import ActorKind, FactKind

# Stands in the code of a policy between what it is and the working days that it is put on.
ON = "@"


def start(row: SignOffRound, at: datetime, actor: User | None) -> bool:
    """Have the engine time a round, and tell whether a signature is asked for at all. Source: K06, K12"""
    deliverable = row.deliverable
    policy = policy_for(deliverable.item, deliverable.entitlement) if deliverable.item.deliverable else None
    if policy is None:
        return False
    calendar = calendar_for(deliverable.contract)
    policy = _put_on(policy, calendar) if calendar else policy
    heard = Heard(FactKind.HAND_OVER, at, who(actor), row.source)
    row.clock, _milestones = engine.start(policy=policy, priority="", heard=heard)
    return True


def _put_on(policy: Policy, calendar: str) -> Policy:
    """Return a policy with its targets on another calendar, made the first time."""
    code = f"{policy.code}{ON}{calendar}"
    put_policy(terms=replace(moved_to(terms_of(policy), calendar), code=code))
    return policy_named(code)


def hear(row: SignOffRound, kind: FactKind, contact: Contact, at: datetime) -> None:
    """Tell the clock that a customer signed or objected."""
    if row.clock:
        actor = Actor(ActorKind.CUSTOMER, f"contact:{contact.pk}", contact.name)
        engine.observe(row.clock, [Heard(kind, max(at, row.clock.started_at), actor, f"{row.source}+")])


def stop(row: SignOffRound, at: datetime) -> None:
    """End the clock of a round for which no signature is waited any more; what was over by then stays over."""
    if row.clock:
        engine.observe(row.clock, [Heard(FactKind.LEAVE, max(at, row.clock.started_at), SYSTEM, f"{row.source}+")])
