"""What a ticket and its milestones look like to a program: the same fields wherever they are answered."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils import translation

from plans.wording import list_of, text_of
from sla.compiled import calendar_of, policy_of
from sla.engine import pauses_of
from sla.models import Milestone
from sla.proof.verdicts import Verdict
from tickets.models import Ticket, TicketClock

# A deadline that moves by less reads the same to people: nobody is told.
NOTICEABLE = timedelta(minutes=1)


def instant(at: datetime | None) -> str | None:
    """Return an instant as the API writes it: ISO 8601 in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


def ticket_url(number: str) -> str:
    """Return where a ticket is read by programs; never built from what a request says of its host."""
    return f"{settings.PUBLIC_URL}/api/v1/tickets/{number}/"


def milestones_of(ticket: Ticket, *, with_teams: bool = False) -> list[Milestone]:
    """Return a ticket's milestones in one query, in the order in which they started; a team's own only if asked for."""
    rows = Milestone.objects.filter(clock__ticket_clock__ticket=ticket).annotate(part=F("clock__ticket_clock__part"))
    rows = rows if with_teams else rows.exclude(part=TicketClock.Part.TEAM)
    # A calendar is known in this process by its id: its rules are not read again with each row.
    related = rows.select_related("target__policy", "calendar_version").defer(
        "calendar_version__rules", "calendar_version__spec", "calendar_version__reasons"
    )
    return list(related.order_by("started_at", "pk"))


def known(milestones: Iterable[Milestone]) -> Iterable[Milestone]:
    """Return new milestones with their targets, which this process has compiled already."""
    for row in milestones:
        row.target = policy_of(row.clock.policy_id).target_of[row.target_id]
        yield row


def decision_of(ticket: Ticket) -> dict[str, Any]:
    """Return the coverage decision as it was made, in the reader's language."""
    return {
        "outcome": ticket.outcome,
        "promise": ticket.promise,
        "clause": text_of(ticket, "clause"),
        "reason": text_of(ticket, "reason"),
        "ways_on": list_of(ticket, "ways_on"),
    }


def milestone_fields(row: Milestone, at: datetime) -> dict[str, Any]:
    """Return one milestone as it stands at an instant; what is left, or late, is working time, in seconds."""
    target = row.target
    compiled = calendar_of(row.calendar_version_id)
    left = remaining_of(row, at)
    return {
        "metric": row.metric,
        "part": getattr(row, "part", TicketClock.Part.TICKET),
        "number": row.number,
        "state": row.state_at(at),
        "started_at": instant(row.started_at),
        "due_at": instant(row.due_at),
        "completed_at": instant(row.completed_at),
        "remaining_seconds": None if left is None else int(left.total_seconds()),
        "overdue_seconds": int(overdue_of(row, at).total_seconds()),
        "calendar": target.calendar,
        "promise": target.promise,
        "clause": text_of(target, "clause"),
        "is_provisional": row.is_provisional,
        "policy_version": target.policy.version,
        "calendar_version": compiled.version,
    }


def verdict_fields(verdict: Verdict | None) -> dict[str, Any]:
    """Return what today's rules say of a milestone, or null where it is what was promised; for reference only."""
    told = verdict and {
        "state": verdict.state or "not_timed",
        "due_at": instant(verdict.due_at),
        "policy_version": verdict.policy_version,
        "calendar_version": verdict.calendar_version,
    }
    return {"under_todays_rules": told}


def remaining_of(row: Milestone, at: datetime) -> timedelta | None:
    """Return the working time left of an open milestone, zero once it is late; None when it ended or has no due."""
    if row.stopped_at is not None:
        return None
    if row.state == Milestone.State.PAUSED:
        return row.remaining
    if row.due_at is None:
        return None
    return _counted(row, max(at, row.started_at), row.due_at) if at < row.due_at else timedelta()


def overdue_of(row: Milestone, at: datetime) -> timedelta:
    """Return the working time by which a milestone is late, or was when it ended; zero while in time. Source: C08"""
    end = row.stopped_at or at
    if row.due_at is None or end <= row.due_at:
        return timedelta()
    return calendar_of(row.calendar_version_id).calendar.elapsed(row.due_at, end)


def _counted(row: Milestone, start: datetime, due_at: datetime) -> timedelta:
    """Return the working time from an instant to the deadline, without the agreed waits that lie between."""
    elapsed = calendar_of(row.calendar_version_id).calendar.elapsed
    ahead = [pause for pause in pauses_of(row) if pause.start < due_at and (pause.end or due_at) > start]
    held = (elapsed(max(pause.start, start), min(pause.end or due_at, due_at)) for pause in ahead)
    return elapsed(start, due_at) - sum(held, timedelta())


def intake_fields(ticket: Ticket, milestones: Iterable[Milestone], at: datetime) -> dict[str, Any]:
    """Return the answer to what came in: the ticket, why it is covered, and what is promised by when.

    All of it is in the language of the person who asked, to whom the sender passes it on.
    """
    plan = ticket.contract.plan
    with translation.override(ticket.language):
        decision = decision_of(ticket)
        promised = [milestone_fields(row, at) | {"opens_at": instant(opens_at(row))} for row in milestones]
    return {
        "ticket": ticket.number,
        "url": ticket_url(ticket.number),
        "status": ticket.status,
        "entrance": ticket.channel,
        "decision": decision,
        "plan": {"code": plan.code, "rank": plan.rank},
        "milestones": promised,
    }


def opens_at(row: Milestone) -> datetime | None:
    """Return when the calendar opens next, if it was closed when the time started; None while it was open."""
    calendar = calendar_of(row.calendar_version_id).calendar
    return None if calendar.is_open(row.started_at) else calendar.next_open(row.started_at)
