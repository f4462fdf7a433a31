"""Whom an escalation rule means, by role or by name, for a ticket at an instant. Source: Y22, K10"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plans.accounts import account_team, duty_manager, seat_of
from plans.models import AccountTeamMember, User
from plans.on_call import Roster, roster
from tickets.models import Ticket

Seat = AccountTeamMember.Seat
Action = Mapping[str, Any]

ON_CALL = "on_call"
# Stands where a person is meant by name.
NAMED = "named"


@dataclass(frozen=True, slots=True)
class Cast:
    """Who may be meant, read once for many tickets: the rotas, and the colleagues whom rules name."""

    roster: Roster
    people: Mapping[str, User]


@dataclass(frozen=True, slots=True)
class Scene:
    """A ticket at an instant, with who may be meant."""

    ticket: Ticket
    at: datetime
    cast: Cast


@dataclass(frozen=True, slots=True)
class Meant:
    """Somebody whom an action means, and as what."""

    person: User
    role: str


def cast_for(actions: Iterable[Action], since: datetime) -> Cast:
    """Return who may be meant by these actions from an instant on."""
    names = {name for action in actions for name in action.get("people", ())}
    people = User.objects.filter(username__in=names, is_active=True) if names else ()
    return Cast(roster(since), {person.username: person for person in people if person.is_agent})


def meant_by(action: Action, scene: Scene) -> list[Meant]:
    """Return whom an action tells, asks or gives the ticket to; the same person once for each role they are meant in.

    Raises KeyError for a role that is not known.
    """
    roles = [*action.get("roles", ()), *([action["role"]] if "role" in action else [])]
    found = [Meant(person, role) for role in roles for person in people_in(role, scene)]
    named = (scene.cast.people.get(name) for name in action.get("people", ()))
    return [*found, *(Meant(person, NAMED) for person in named if person)]


def people_in(role: str, scene: Scene) -> list[User]:
    """Return everyone in a role, each once. Raises KeyError for a role that is not known."""
    return list(dict.fromkeys(ROLES[role](scene)))


def unknown_in(action: Action, scene: Scene) -> list[str]:
    """Return the user names in an action that nobody who works here answers to."""
    return [name for name in action.get("people", ()) if name not in scene.cast.people]


def lacks_on_call(action: Action, scene: Scene) -> bool:
    """Tell whether an action means who is on call, and nobody is."""
    is_meant = ON_CALL in (*action.get("roles", ()), action.get("role"))
    return is_meant and not scene.cast.roster.on_call(scene.ticket.team_id, scene.at)


def _active(person: User | None) -> list[User]:
    return [person] if person and person.is_active else []


def owner_of(ticket: Ticket) -> list[User]:
    """Return who works a ticket; while nobody does, who answers for it."""
    return _active(ticket.assignee) or _active(duty_manager(ticket.team, ticket.contract))


def _team_lead(scene: Scene) -> list[User]:
    team = scene.ticket.team
    return _active(team.lead if team else None)


def _duty_manager(scene: Scene) -> list[User]:
    return _active(duty_manager(scene.ticket.team, scene.ticket.contract))


def _on_call(scene: Scene) -> list[User]:
    """Return who is on call for the ticket's team, else for the house; where nobody is, who answers for it."""
    return scene.cast.roster.on_call(scene.ticket.team_id, scene.at) or _duty_manager(scene)


ROLES: dict[str, Callable[[Scene], list[User]]] = {
    "owner": lambda scene: owner_of(scene.ticket),
    "team_lead": _team_lead,
    "duty_manager": _duty_manager,
    "technical_manager": lambda scene: _active(seat_of(scene.ticket.contract, Seat.TECHNICAL_MANAGER)),
    "success_manager": lambda scene: _active(seat_of(scene.ticket.contract, Seat.SUCCESS_MANAGER)),
    "account_team": lambda scene: account_team(scene.ticket.contract),
    ON_CALL: _on_call,
}
