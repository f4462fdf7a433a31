"""Facts as tests write them, and what the pure timeline makes of them."""

from sla.timeline import ActorKind, Cycle, Fact, FactKind, Hold, Metric, Target, Terms, cycles
from tests.hours import EIGHT_HOURS, ROUND_THE_CLOCK, TWELVE_HOURS, WEEKDAYS, beijing, calendar, hours

PAUSING = frozenset({"customer", "third_party", "scheduled"})
CALENDARS = {
    "A5": calendar(EIGHT_HOURS, working_day_seconds=28800),
    "A12": calendar(TWELVE_HOURS, WEEKDAYS),
    "ALWAYS": calendar(ROUND_THE_CLOCK, WEEKDAYS),
}
HUMAN_CONTACT = frozenset({"reply", "call"})
HANDLING = frozenset({"accept", "assign", "progress", "reply", "call"})


def target(
    metric: str, count: float = 8, on: str = "A5", met_on: frozenset[str] | None = None, **more: object
) -> Target:
    usual = {"resolution": frozenset({"resolve"}), "sign_off": frozenset({"sign", "object"})}
    return Target(Metric(metric), on, met_on or usual.get(metric, HUMAN_CONTACT), budget=hours(count), **more)


def terms(*targets: Target, **more: str) -> Terms:
    return Terms({target.metric: target for target in targets}, **more)


def fact(what: str, at: str, **more: object) -> Fact:
    """Return a fact from words such as `bot reply`."""
    *actor, kind = what.split()
    actor_kind = ActorKind(actor[0]) if actor else ActorKind.AGENT
    return Fact(FactKind(kind), beijing(at), actor_kind, **more)


def fold(under: Terms, *facts: Fact) -> list[Cycle]:
    """Fold facts of which the first is put under the terms."""
    first = Fact(facts[0].kind, facts[0].at, facts[0].actor, terms=under)
    numbered = [Fact(f.kind, f.at, f.actor, n, f.hold, f.until, f.terms) for n, f in enumerate([first, *facts[1:]])]
    return cycles(numbered, lambda code, metric, number: CALENDARS[code])


def only(under: Terms, *facts: Fact) -> Cycle:
    (cycle,) = fold(under, *facts)
    return cycle


def waits(at: str, hold: Hold = Hold.CUSTOMER, until: str | None = None) -> Fact:
    return Fact(FactKind.WAIT, beijing(at), hold=hold, until=beijing(until) if until else None)
