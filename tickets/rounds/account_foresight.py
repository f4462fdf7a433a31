"""Who will be told of what contracts owe, and of reports to sign, if nobody acts: the steps to come, in memory."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, prefetch_related_objects

from plans.actions.deliverables.journal import ours, theirs
from plans.models import AccountTeamMember, Contact, Contract, SignOffRound, User
from sla.firing import escalations_of, passed_at
from sla.ladder import WARNINGS, Step
from sla.models import Escalation, Milestone
from tickets.models import Delivery
from tickets.rounds import sign_offs
from tickets.rounds.foresight import JUST_AFTER, MOST, Told
from tickets.showing.deliverables import title_of
from tickets.telling.account_matters import RELATED, Matter, matter_of
from tickets.telling.account_roles import readers_of
from tickets.telling.notifications import Notice, Wishes, wishes_of

State = Escalation.State
# The same rows, asked for from the milestone on.
OF_MILESTONE = [name.removeprefix("milestone__") for name in (*RELATED, *sign_offs.RELATED)]
Person = User | Contact


@dataclass(frozen=True, slots=True)
class SignOff:
    """A report that waits for a signature, as something that people are told of."""

    row: SignOffRound

    @property
    def contract(self) -> Contract:
        """Return under which contract it was handed over."""
        return self.row.deliverable.contract

    @property
    def title(self) -> str:
        """Return what it is called, in the language in use."""
        return title_of(self.row.deliverable)

    @property
    def path(self) -> str:
        """Return where one of us sees it."""
        return f"/console/accounts/-/deliverables/{self.row.deliverable.number}/"


@dataclass(frozen=True, slots=True)
class ForeseenMatter:
    """One step of something about a contract, as it will come true: what it is about, and who is told."""

    at: datetime
    matter: Matter | SignOff
    milestone: Milestone
    due_at: datetime
    mark: Step
    told: tuple[Told, ...]


def contracts_told(*, since: datetime, until: datetime, limit: int = MOST) -> list[ForeseenMatter]:
    """Return every step of what contracts owe that comes true from an instant to another, in order of time."""
    due = Milestone.objects.due(until).filter(clock__ticket_clock=None)
    rows = list(due.select_related(*OF_MILESTONE)[:limit])
    found = [one for row in rows for one in _come_true(row, since, until)]
    _bring_teams(matter.contract for matter in (_about(step) for step, _mark in found) if matter)
    return sorted(_told_of(found, since), key=lambda one: (one.at, one.matter.contract.number, one.mark.level))


def _about(step: Escalation) -> Matter | SignOff | None:
    """Return what a step is about; None where nothing that is still followed."""
    row: SignOffRound | None = getattr(step.milestone.clock, "sign_off_round", None)
    return SignOff(row) if row else matter_of(step)


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
    heard: dict[tuple[int, datetime], set[Person]] = defaultdict(set)
    for step, mark in found:
        matter = _about(step)
        if matter is None:
            continue
        already = heard[step.milestone_id, step.fired_at]
        roles = {person: names for person, names in _meant(step, matter).items() if person not in already}
        already.update(roles)
        told = tuple(_told(person, names, step, wishes) for person, names in roles.items())
        yield ForeseenMatter(step.fired_at, matter, step.milestone, step.due_at, mark, told)


def _meant(step: Escalation, matter: Matter | SignOff) -> dict[Person, tuple[str, ...]]:
    """Return whom a step tells, each with the roles and keys by which they are meant; none where by name."""
    tells = [action for action in step.actions if action["do"] == "tell"]
    roles = [role for action in tells for role in action.get("roles", ())]
    found: dict[Person, tuple[str, ...]] = {}
    for role in [*roles, *_also(step, matter)]:
        for person in readers_of(matter.contract, [role]):
            found[person] = (*found.get(person, ()), role)
    names = {name for action in tells for name in action.get("people", ())}
    for user in User.objects.filter(username__in=names, is_active=True) if names else ():
        found.setdefault(user, ())
    return found


def _also(step: Escalation, matter: Matter | SignOff) -> list[str]:
    """Return whom a step tells beside its rule: of a report to sign its customer, and us once silence has counted."""
    if isinstance(matter, Matter):
        return []
    customer = theirs(matter.row.deliverable)
    return customer if step.mark in WARNINGS else [*customer, *ours(matter.row)]


def _told(person: Person, roles: tuple[str, ...], step: Escalation, wishes: Wishes) -> Told:
    kind = Delivery.Kind.OWED_SOON if step.mark in WARNINGS else Delivery.Kind.OWED_LATE
    notice = Notice(kind, step, None, person)
    goes_at = wishes.told_at(notice, step.fired_at) if person.email else None
    return Told(person, tuple(dict.fromkeys(roles)), kind, goes_at)
