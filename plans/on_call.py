"""Who is on call: people take turns at a wall time of the rota's zone, and an agreed swap goes before a turn."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from django.db.models import Prefetch, QuerySet

from plans.accounts import zone_named
from plans.models import Rota, RotaMember, RotaShift, Team, User
from plans.models.rotas import Turns

Person = TypeVar("Person")


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a rota, in [start, end); `user` is None where nobody of the rota works here any more."""

    start: datetime
    end: datetime
    user: User | None
    swaps: tuple[RotaShift, ...] = ()


@dataclass(frozen=True, slots=True)
class Roster:
    """All rotas in use, read once for as many questions as there are."""

    rotas: tuple[Rota, ...]

    def on_call(self, team: int | None, at: datetime) -> list[User]:
        """Return who is on call for a team at an instant, each once: by its own rotas, else by those of the house."""
        own = [rota for rota in self.rotas if rota.team_id == team] if team else []
        return self._by(own, at) or self._by([rota for rota in self.rotas if rota.team_id is None], at)

    def has(self, user: int, at: datetime) -> bool:
        """Tell whether a user is on call at an instant, for whomever."""
        return any(person.pk == user for person in self._by(self.rotas, at))

    def _by(self, rotas: Sequence[Rota], at: datetime) -> list[User]:
        found = (holder_of(rota, at) for rota in rotas)
        return list(dict.fromkeys(person for person in found if person))


def roster(since: datetime) -> Roster:
    """Return the rotas in use with their members, and the swaps that end after an instant, in three queries."""
    return Roster(tuple(with_turns(Rota.objects.filter(is_active=True), since)))


def with_turns(rotas: QuerySet[Rota], since: datetime) -> QuerySet[Rota]:
    """Return rotas with all that is needed to tell whose turn it is from an instant on."""
    members = RotaMember.objects.select_related("user")
    shifts = RotaShift.objects.filter(end__gt=since).select_related("user").order_by("start", "pk")
    return rotas.select_related("team").prefetch_related(Prefetch("members", members), Prefetch("shifts", shifts))


def on_call(team: Team | None, at: datetime) -> list[User]:
    """Return who is on call for a team, or for the house, at an instant; nobody where no rota covers it."""
    return roster(at).on_call(team.pk if team else None, at)


def is_on_call(user: User, at: datetime) -> bool:
    """Tell whether a user is on call at an instant, for whomever."""
    return roster(at).has(user.pk, at)


def holder_of(rota: Rota, at: datetime) -> User | None:
    """Return who is on call by a rota read by `with_turns`: who swapped in, else whose turn it is."""
    for shift in rota.shifts.all():
        if shift.start <= at < shift.end and shift.user.is_active:
            return shift.user
    number = turn_at(rota, at)
    return _member(rota, number) if number >= 0 else None


def turns(rota: Rota, at: datetime, count: int) -> Iterator[Turn]:
    """Yield the turn of a rota at an instant and those after it, `count` in all, each with the swaps inside it."""
    for turn in turns_of(rota, [member.user for member in rota.members.all()], at, count):
        swaps = tuple(shift for shift in rota.shifts.all() if shift.start < turn.end and turn.start < shift.end)
        yield replace(turn, swaps=swaps)


def turns_of(laid: Turns, order: Sequence[User], at: datetime, count: int) -> Iterator[Turn]:
    """Yield the turns that people take in this order from an instant on, without a look at swaps."""
    here = [person if person.is_active else None for person in order]
    first = max(turn_at(laid, at), 0)
    for number in range(first, first + count):
        yield Turn(turn_start(laid, number), turn_start(laid, number + 1), whose(here, number))


def turn_start(laid: Turns, number: int) -> datetime:
    """Return when a turn begins, counted from 0; a wall time that the clocks skip that day is taken after the gap."""
    on = laid.starts_on + timedelta(days=number * laid.days_each)
    return datetime.combine(on, laid.hands_over_at, tzinfo=zone_named(laid.timezone)).astimezone(UTC)


def turn_at(laid: Turns, at: datetime) -> int:
    """Return the number of the turn that an instant lies in; below zero before the first one."""
    days = (at.astimezone(zone_named(laid.timezone)).date() - laid.starts_on).days
    number = days // laid.days_each
    if turn_start(laid, number) > at:
        return number - 1
    # Clocks put back over midnight show the date before the hand-over a second time.
    return number + 1 if turn_start(laid, number + 1) <= at else number


def whose(order: Sequence[Person | None], number: int) -> Person | None:
    """Return whose turn it is; the turn of somebody who left, None in the order, falls to the next who is there."""
    here = (order[(number + step) % len(order)] for step in range(len(order)))
    return next((person for person in here if person is not None), None)


def _member(rota: Rota, number: int) -> User | None:
    return whose([one.user if one.user.is_active else None for one in rota.members.all()], number)
