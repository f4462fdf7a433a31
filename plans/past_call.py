"""Who was on call: as the rota stood then, whatever was changed since."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from plans.models import FormerRota, Rota, RotaShift, User
from plans.models.rotas import Turns
from plans.on_call import turn_at, turn_start, whose


@dataclass(frozen=True, slots=True)
class Stint:
    """Who is on call in [start, end), by a turn or by a swap; `user` is None while nobody was."""

    start: datetime
    end: datetime
    user: User | None
    swap: RotaShift | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a rota stood in [start, end), with the keys of who took turns; None for somebody who had left."""

    start: datetime
    end: datetime
    laid: Turns
    order: Sequence[int | None]


def was_on_call(rota: Rota, at: datetime) -> User | None:
    """Return who was on call by a rota at an instant, past or to come."""
    (stint,) = stints(rota, at, at + datetime.resolution)
    return stint.user


def stints(rota: Rota, since: datetime, until: datetime) -> list[Stint]:
    """Return who was on call by a rota in a span, without a gap, and in five queries at most."""
    shifts = list(rota.shifts.filter(start__lt=until, end__gt=since).select_related("user").order_by("start", "pk"))
    standings = list(_standings(rota, since, until))
    people = User.objects.in_bulk({key for one in standings for key in one.order if key is not None})
    found: list[Stint] = []
    for standing in standings:
        for start, end in _pieces(standing, shifts):
            stint = _stint(start, end, standing, shifts, people)
            if found and (found[-1].user, found[-1].swap) == (stint.user, stint.swap):
                stint = Stint(found.pop().start, end, stint.user, stint.swap)
            found.append(stint)
    return found


def _standings(rota: Rota, since: datetime, until: datetime) -> Iterator[Standing]:
    """Yield how a rota stood in a span, oldest first; before it was made nobody took turns."""
    begins = since
    if rota.since and rota.since > since:
        begins = min(rota.since, until)
        yield Standing(since, begins, rota, ())
    for former in rota.former.filter(until__gt=begins).order_by("until", "pk"):
        if begins < until:
            yield Standing(begins, min(former.until, until), former, _order_then(former))
            begins = former.until
    if begins < until:
        yield Standing(begins, until, rota, _order_now(rota))


def _order_then(former: FormerRota) -> list[int | None]:
    return [key if is_here else None for key, is_here in former.order]


def _order_now(rota: Rota) -> list[int | None]:
    members = rota.members.select_related("user").order_by("place")
    return [member.user_id if member.user.is_active else None for member in members]


def _pieces(standing: Standing, shifts: Sequence[RotaShift]) -> Iterator[tuple[datetime, datetime]]:
    """Yield the parts of a standing in which nothing changes: no turn, and no swap begins or ends."""
    edges = {edge for shift in shifts for edge in (shift.start, shift.end)} | set(_hand_overs(standing))
    inside = [standing.start, *sorted(edge for edge in edges if standing.start < edge < standing.end), standing.end]
    yield from pairwise(inside)


def _hand_overs(standing: Standing) -> Iterator[datetime]:
    number = max(turn_at(standing.laid, standing.start), -1) + 1
    while (at := turn_start(standing.laid, number)) < standing.end:
        yield at
        number += 1


def _stint(
    start: datetime, end: datetime, standing: Standing, shifts: Sequence[RotaShift], people: Mapping[int, User]
) -> Stint:
    number = turn_at(standing.laid, start)
    if not standing.laid.is_active or not standing.order:
        return Stint(start, end, None)
    if swap := next((shift for shift in shifts if shift.start <= start < shift.end), None):
        return Stint(start, end, swap.user, swap)
    key = whose(standing.order, number) if number >= 0 else None
    return Stint(start, end, people.get(key) if key else None)
