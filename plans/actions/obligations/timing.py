"""The clock of what is owed: started with its date, told of what happens, stopped when nothing is owed any more."""

from dataclasses import replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from plans.actions.own_terms import moved_to
from plans.models import Obligation, User
from plans.obligations.wanted import ON
from sla import engine
from sla.actions import put_policy, terms_of
from sla.actors import SYSTEM, Actor
from sla.compiled import policy_named
from sla.engine import Heard
from sla.models import Milestone, Policy
from sla.timeline import ActorKind, FactKind


def put_on_hours(code: str) -> Policy:
    """Return the policy of a code that names other service hours, made of the one it is called after. Source: Y19, Y20

    Raises UnknownCodeError where there is none.
    """
    base, _on, hours = code.partition(ON)
    terms = moved_to(terms_of(policy_named(base)), hours)
    put_policy(terms=replace(terms, code=code))
    return policy_named(code)


def start(row: Obligation, policy: Policy) -> None:
    """Have the engine follow what is owed, from the first day of its window or since it was laid out."""
    begins = _midnight(row, max(row.opens_on, row.laid_on))
    heard = Heard(FactKind.OWE, begins, SYSTEM, row.source, {"due_on": row.due_on.isoformat()})
    row.clock, _milestones = engine.start(policy=policy, priority="", heard=heard)


def _midnight(row: Obligation, day: date) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(row.contract.timezone))


def deliver(row: Obligation, at: datetime, actor: User | None, ref: str) -> bool:
    """Tell the clock that it was delivered; return whether that was in time."""
    if row.clock is None:
        return at.astimezone(ZoneInfo(row.contract.timezone)).date() <= row.due_on
    heard = Heard(FactKind.DELIVER, max(at, row.clock.started_at), who(actor), _met(row), {"ref": ref})
    return engine.observe(row.clock, [heard])[-1].state != Milestone.State.MET_LATE


def undeliver(row: Obligation, at: datetime) -> None:
    """Take the delivery back: the clock goes on as if there had been none."""
    if row.clock:
        engine.withdraw(row.clock, source=_met(row), at=at)


def stop(row: Obligation, at: datetime) -> None:
    """End the clock without a delivery; what was late by then stays late."""
    if row.clock:
        engine.observe(row.clock, [Heard(FactKind.LEAVE, max(at, row.clock.started_at), SYSTEM, row.source)])


def who(actor: User | None) -> Actor:
    """Return who did something as the engine keeps it; the system where nobody did."""
    return Actor(ActorKind.AGENT, f"user:{actor.pk}", str(actor)) if actor else SYSTEM


def _met(row: Obligation) -> str:
    return f"{row.source}+"
