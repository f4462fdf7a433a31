"""Whom a rule means for a talk, by role or by name."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from plans.accounts import account_team, duty_manager, seat_of
from plans.models import AccountTeamMember, User
from plans.on_call import roster
from tickets.telling.talk_matters import Matter

Seat = AccountTeamMember.Seat


def readers_of(matter: Matter, actions: Iterable[Mapping[str, Any]], at: datetime) -> list[User]:
    """Return whom the actions of a step tell, each once, and only who still works here.

    What is done with tickets alone has no sense here and is passed over. Raises KeyError for a role that is not known.
    """
    tells = [action for action in actions if action["do"] == "tell"]
    found = [person for action in tells for role in action.get("roles", ()) for person in ROLES[role](matter, at)]
    names = {name for action in tells for name in action.get("people", ())}
    named = User.objects.filter(username__in=names, is_active=True) if names else ()
    return [person for person in dict.fromkeys([*found, *named]) if person.is_active]


def _one(person: User | None) -> list[User]:
    return [person] if person else []


def _duty_manager(matter: Matter, _at: datetime) -> list[User]:
    return _one(duty_manager(matter.team, matter.contract))


def _owner(matter: Matter, at: datetime) -> list[User]:
    """Return who is at it; while nobody is, who answers for it."""
    return _one(matter.owner) or _duty_manager(matter, at)


def _on_call(matter: Matter, at: datetime) -> list[User]:
    team = matter.team.pk if matter.team else None
    return roster(at).on_call(team, at) or _duty_manager(matter, at)


def _team_lead(matter: Matter, _at: datetime) -> list[User]:
    return _one(matter.team.lead if matter.team else None)


ROLES: dict[str, Callable[[Matter, datetime], list[User]]] = {
    "owner": _owner,
    "team_lead": _team_lead,
    "duty_manager": _duty_manager,
    "technical_manager": lambda matter, _at: _one(seat_of(matter.contract, Seat.TECHNICAL_MANAGER)),
    "success_manager": lambda matter, _at: _one(seat_of(matter.contract, Seat.SUCCESS_MANAGER)),
    "account_team": lambda matter, _at: account_team(matter.contract),
    "on_call": _on_call,
}
