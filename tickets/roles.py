"""Who holds the roles that an escalation rule names. Source: Y22, K10"""

from collections.abc import Callable, Iterable

from plans.accounts import account_team, duty_manager, seat_of
from plans.models import AccountTeamMember, User
from tickets.models import Ticket

Seat = AccountTeamMember.Seat


def people_in(roles: Iterable[str], ticket: Ticket) -> list[User]:
    """Return everyone in these roles for a ticket, each once. Raises KeyError for a role that is not known."""
    found = (person for role in roles for person in ROLES[role](ticket))
    return list(dict.fromkeys(found))


def _active(person: User | None) -> list[User]:
    return [person] if person and person.is_active else []


def _owner(ticket: Ticket) -> list[User]:
    """Return who works the ticket; while nobody does, who answers for it."""
    return _active(ticket.assignee) or _duty_manager(ticket)


def _team_lead(ticket: Ticket) -> list[User]:
    return _active(ticket.team.lead if ticket.team else None)


def _duty_manager(ticket: Ticket) -> list[User]:
    return _active(duty_manager(ticket.team, ticket.contract))


ROLES: dict[str, Callable[[Ticket], list[User]]] = {
    "owner": _owner,
    "team_lead": _team_lead,
    "duty_manager": _duty_manager,
    "technical_manager": lambda ticket: _active(seat_of(ticket.contract, Seat.TECHNICAL_MANAGER)),
    "success_manager": lambda ticket: _active(seat_of(ticket.contract, Seat.SUCCESS_MANAGER)),
    "account_team": lambda ticket: account_team(ticket.contract),
}
