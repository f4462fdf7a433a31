"""The clock of a team: what a ticket that is handed to it owes within the house, beside the customer's. Source: C32

The team's own policy starts it with the hand-over, and the next hand-over or the end of the ticket ends it. The
customer's clock runs on as it was, and no customer ever sees the other.
"""

from collections.abc import Iterable, Sequence

from django.db.models import Exists, OuterRef, QuerySet

from sla import engine
from sla.engine import Heard
from sla.models import Milestone, Observation, Policy
from sla.timeline import FactKind
from tickets.models import Ticket, TicketClock, TicketEvent
from tickets.models.ticket import WAITING


def running(ticket: Ticket) -> QuerySet[TicketClock]:
    """Return the clocks that still hear of a ticket: all but those of teams that it has left, or never came to.

    The beginning of a team's clock is withdrawn where it came to the team by an acceptance that was taken back.
    """
    standing = Observation.objects.filter(clock=OuterRef("clock"), withdrawn_at=None)
    left, begun = standing.filter(kind=FactKind.LEAVE), standing.filter(kind=FactKind.OPEN)
    heard = ticket.ticket_clocks.exclude(~Exists(begun), part=TicketClock.Part.TEAM)
    return heard.filter(~Exists(left)).select_related("clock__policy")


def left_with(ticket: Ticket, source: str) -> set[int]:
    """Return the clocks of teams that a line of the ledger took the ticket from."""
    told = Observation.objects.filter(clock__ticket_clock__ticket=ticket, source=source, withdrawn_at=None)
    return set(told.filter(kind=FactKind.LEAVE).values_list("clock_id", flat=True))


def without_teams(ticket: Ticket, rows: Iterable[Milestone]) -> list[Milestone]:
    """Return those of a ticket's milestones that its customer may hear of."""
    teams = set(ticket.ticket_clocks.filter(part=TicketClock.Part.TEAM).values_list("clock_id", flat=True))
    return [row for row in rows if row.clock_id not in teams]


def until_left(facts: list[Heard], moved: int | None) -> list[Heard]:
    """Return what the clock of a team still hears when a ticket leaves it with the fact at `moved`, if it does."""
    if moved is None:
        return facts
    fact = facts[moved]
    return [*facts[:moved], Heard(FactKind.LEAVE, fact.at, fact.actor, fact.source, {"team": fact.fields["team"]})]


def start(ticket: Ticket, facts: Sequence[Heard]) -> list[Milestone]:
    """Start the clock of the team that a ticket has come to with the first of these facts, if the team has a policy.

    A hand-over answers nobody in the team, so the new clock does not hear of that; whoever takes a ticket on does.
    """
    policy = Policy.objects.current().filter(code=ticket.team.policy).first() if ticket.team else None
    if policy is None:
        return []
    first, *others = facts
    heard = Heard(FactKind.OPEN, first.at, first.actor, first.source, first.fields)
    clock, rows = engine.start(policy=policy, priority=ticket.priority, heard=heard)
    TicketClock.objects.create(ticket=ticket, clock=clock, part=TicketClock.Part.TEAM)
    told = [*_wait_under_way(ticket, first), *([first] if first.kind == FactKind.ACCEPT else []), *others]
    return engine.observe(clock, told) if told else rows


def _wait_under_way(ticket: Ticket, first: Heard) -> list[Heard]:
    """Return the wait in which a ticket changes hands, as the new clock is to know it."""
    last = ticket.events.filter(kind=TicketEvent.Kind.WAITING).order_by("number").last()
    if last is None or ticket.status not in WAITING or last.at >= first.at:
        return []
    fields = {name: last.fields[name] for name in ("hold", "until", "remark") if name in last.fields}
    return [Heard(FactKind.WAIT, first.at, first.actor, f"{ticket.number}#{last.number}", fields)]
