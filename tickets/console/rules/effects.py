"""What a proposal changes, as its page shows it: calendars with the same changed dates together, then the deadlines."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import prefetch_related_objects

from plans.wording import name_of
from sla.changing.proposals import Moves, Proposal, moves
from sla.comparing import DayChange
from sla.models import CalendarVersion

MOST_DAYS, MOST_MOVES = 60, 50
Shape = tuple[tuple[object, ...], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Calendars on which the same dates change in the same way."""

    names: list[str]
    days: list[DayChange]
    days_total: int


def effects(proposal: Proposal, at: datetime, *, after: int = 0) -> dict[str, Any]:
    """Return what a page of effects needs; `after` is the key of the last deadline on the page before."""
    found = moves_shown(proposal, at, after=after)
    is_full = len(found.page) == MOST_MOVES
    return {
        "groups": _groups(proposal.days(at=at), dict(_names(proposal))),
        "moves": found,
        "next_after": found.page[-1].milestone.pk if is_full else None,
        "is_later_page": after > 0,
    }


def moves_shown(proposal: Proposal, at: datetime, *, after: int = 0) -> Moves:
    """Return one page of deadlines that would move, each with the part of its ticket that is timed."""
    found = moves(proposal, at=at, limit=MOST_MOVES, after=after)
    prefetch_related_objects([move.milestone for move in found.page], "clock__ticket_clock")
    return found


def _names(proposal: Proposal) -> list[tuple[str, str]]:
    rows = CalendarVersion.objects.current().filter(code__in=proposal.calendars)
    return [(row.code, name_of(row)) for row in rows]


def _groups(days: list[DayChange], names: dict[str, str]) -> list[Group]:
    by_code: dict[str, list[DayChange]] = {}
    for day in days:
        by_code.setdefault(day.code, []).append(day)
    alike: dict[Shape, list[str]] = {}
    for code, own in by_code.items():
        shape = tuple((day.date, tuple(day.before), tuple(day.after), day.kind_after) for day in own)
        alike.setdefault(shape, []).append(code)
    return [
        Group([names.get(code, code) for code in codes], by_code[codes[0]][:MOST_DAYS], len(by_code[codes[0]]))
        for codes in alike.values()
    ]
