"""What may be taken back of a ledger, and by whom."""

from datetime import datetime, timedelta

from plans.models import Role, User
from tickets.models import TicketEvent

Kind = TicketEvent.Kind

# An answer, a progress note, a call or an acceptance may have been a slip; an end is reopened, not taken back.
REVOCABLE = (Kind.REPLY, Kind.PROGRESS, Kind.CALL, Kind.ACCEPTED, Kind.NOTE)
# What stood longer was read and counted on: from then on it takes somebody who answers for it.
OWN_FOR = timedelta(hours=24)
ANSWERABLE = (Role.LEAD, Role.MANAGER, Role.ADMIN)


def is_revocable(event: TicketEvent) -> bool:
    """Tell whether a line is of a kind that may be taken back, and has not been yet."""
    if event.message is None:
        return event.kind == Kind.ACCEPTED
    return event.kind in REVOCABLE and event.message.retracted_at is None


def may_revoke(event: TicketEvent, user: User, at: datetime) -> bool:
    """Tell whether a user may take a line back: their own for a day, leads and managers any. Source: C21"""
    if user.role in ANSWERABLE:
        return True
    return user.is_agent and event.actor_ref == f"user:{user.pk}" and at - event.at <= OWN_FOR


def acts_on(event: TicketEvent, user: User, at: datetime) -> tuple[str, ...]:
    """Return what an agent may do about a line that nobody took back: retract it, show a note or hide it again."""
    said = event.message
    if event.kind == Kind.PUBLISHED:
        return ("unpublish",) if said and said.is_public and may_revoke(event, user, at) else ()
    if event.kind == Kind.NOTE and said and said.is_public:
        return ()
    retract = ("retract",) if is_revocable(event) and may_revoke(event, user, at) else ()
    return (*retract, "publish") if is_publishable(event) else retract


def is_publishable(event: TicketEvent) -> bool:
    """Tell whether a line is an internal note that could be shown to the customer."""
    said = event.message
    return event.kind == Kind.NOTE and said is not None and not said.is_public and said.retracted_at is None
