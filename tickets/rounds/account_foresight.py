"""Who will be told of what contracts owe, if nobody does anything: the steps to come, walked through in memory."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, prefetch_related_objects

from plans.models import AccountTeamMember, Contact, Contract, User
from sla.firing import escalations_of, passed_at
from sla.ladder import WARNINGS, Step
from sla.models import Escalation, Milestone
from tickets.models import Delivery
from tickets.rounds.account_escalations import meant
from tickets.rounds.foresight import JUST_AFTER, MOST, Told
from tickets.telling.account_matters import RELATED, Matter, matter_of
from tickets.telling.notifications import Notice, Wishes, wishes_of

State = Escalation.State
# The same rows, asked for from the milestone on.
OF_MILESTONE = [name.removeprefix("milestone__") for name in RELATED]


@dataclass(frozen=True, slots=True)
class ForeseenMatter:
    """One step of something that a contract owes, as it will come true: what it is about, and who is told."""

    at: datetime
    matter: Matter
    milestone: Milestone
    due_at: datetime
    mark: Step
    told: tuple[Told, ...]


def contracts_told(*, since: datetime, until: datetime, limit: int = MOST) -> list[ForeseenMatter]:
    """Return every step of what contracts owe that comes true from an instant to another, in order of time."""
    due = Milestone.objects.due(until).filter(clock__ticket_clock=None)
    rows = list(due.select_related(*OF_MILESTONE)[:limit])
    found = [one for row in rows for one in _come_true(row, since, until)]
    _bring_teams(matter.contract for matter in (matter_of(step) for step, _mark in found) if matter)
    return sorted(_told_of(found, since), key=lambda one: (one.at, one.matter.contract.number, one.mark.level))


def _bring_teams(contracts: Iterable[Contract]) -> None:
    """Read the people of all contracts at once."""
    members = AccountTeamMember.objects.select_related("user")
    prefetch_related_objects(list(contracts), Prefetch("account_team", members, to_attr="brought_account_team"))


def _come_true(row: Milestone, since: datetime, until: datetime) -> Iterator[tuple[Escalation, Step]]:
    """Yield the steps of a milestone that come true until an instant, each with the instant that it does."""
    while row.next_step_at and row.next_step_at < until:
        at = since = max(row.next_step_at, since)
        passed, upcoming = passed_at(row, at + JUST_AFTER)
        found = zip(escalations_of(row, passed, at), passed, strict=True)
        # Who is told of a later step found with an earlier one hears of that alone.
        yield from sorted((pair for pair in found if pair[0].state == State.PENDING), key=lambda pair: -pair[1].level)
        row.next_step_at = upcoming.at if upcoming else None
        row.fired_through = passed[-1].at if passed else row.fired_through


def _told_of(found: Iterable[tuple[Escalation, Step]], since: datetime) -> Iterator[ForeseenMatter]:
    wishes = wishes_of(User.objects.filter(is_active=True).exclude(alert_calendar="", alert_every=0), since)
    heard: dict[tuple[int, datetime], set[User | Contact]] = defaultdict(set)
    for step, mark in found:
        matter = matter_of(step)
        if matter is None:
            continue
        already = heard[step.milestone_id, step.fired_at]
        roles = {person: names for person, names in _roles(step.actions, matter).items() if person not in already}
        already.update(roles)
        told = tuple(_told(person, names, step, wishes) for person, names in roles.items())
        yield ForeseenMatter(step.fired_at, matter, step.milestone, step.due_at, mark, told)


def _roles(actions: Iterable[Mapping[str, Any]], matter: Matter) -> dict[User | Contact, tuple[str, ...]]:
    """Return whom the actions of a step tell, each with the roles by which they are meant; none where by name."""
    found: dict[User | Contact, tuple[str, ...]] = {}
    for action in actions:
        for role in action.get("roles", ()):
            for person in meant([{**action, "roles": [role], "people": []}], matter):
                found[person] = (*found.get(person, ()), role)
        for person in meant([{**action, "roles": []}], matter):
            found.setdefault(person, ())
    return found


def _told(person: User | Contact, roles: tuple[str, ...], step: Escalation, wishes: Wishes) -> Told:
    kind = Delivery.Kind.OWED_SOON if step.mark in WARNINGS else Delivery.Kind.OWED_LATE
    notice = Notice(kind, step, None, person)
    goes_at = wishes.told_at(notice, step.fired_at) if person.email else None
    return Told(person, roles, kind, goes_at)
