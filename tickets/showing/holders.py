"""In whose hands a ticket was, told by its ledger, and how much of each promise's time fell to them. Source: C31"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate, pairwise

from django.utils.functional import Promise as LazyText
from django.utils.translation import pgettext_lazy

from plans.models import Team, User
from plans.wording import name_of as named
from sla.compiled import calendar_of
from sla.engine import pauses_of
from sla.holding import Holder, HolderKind, Holding, shares, spent
from sla.models import Milestone
from tickets.models import Ticket, TicketEvent
from tickets.showing.wording import name_of

Kind = TicketEvent.Kind

ENDS_WAIT = (Kind.RESUMED, Kind.RESOLVED, Kind.CLOSED, Kind.MERGED, Kind.REOPENED)
HANDS: dict[str, LazyText] = {
    HolderKind.QUEUE: pgettext_lazy("holder", "排队"),
    HolderKind.AGENT: pgettext_lazy("holder", "处理人"),
    HolderKind.TEAM: pgettext_lazy("holder", "团队"),
    HolderKind.CUSTOMER: pgettext_lazy("holder", "客户"),
    HolderKind.THIRD_PARTY: pgettext_lazy("holder", "第三方"),
}


@dataclass(frozen=True, slots=True)
class Share:
    """What fell to one holder: `code` is what programs know them by, `percent` their part of the whole."""

    kind: str
    code: str
    name: str
    team: str
    team_name: str
    length: timedelta
    percent: float
    x: float  # where it begins in a bar of all shares, in percent


@dataclass(frozen=True, slots=True)
class Split:
    """A promise's open time by holder: what counted, and what its pauses took out."""

    counted: tuple[Share, ...] = ()
    paused: tuple[Share, ...] = ()


NO_SPLIT = Split()


@dataclass(slots=True)
class _Hands:
    """Who holds a ticket between two lines of its ledger; what it waits for goes before who works it."""

    owner: Holder
    waits_for: Holder | None = None
    until: datetime | None = None
    # Who worked it before each line that made somebody the owner.
    before: dict[int, Holder] = field(default_factory=dict)

    @property
    def holder(self) -> Holder:
        return self.waits_for or self.owner


def holdings_of(ticket: Ticket, events: Iterable[TicketEvent]) -> list[Holding]:
    """Return whose a ticket was from when on, by its ledger, in order."""
    lines = sorted(events, key=lambda event: event.number)
    hands = _Hands(Holder(HolderKind.QUEUE, team=_first_team(ticket, lines)))
    found = [Holding(ticket.opened_at, hands.holder)]
    for event in lines:
        if hands.until and hands.until <= event.at:
            found.append(Holding(hands.until, hands.owner))
            hands.waits_for = hands.until = None
        _pass_on(hands, event)
        if hands.holder != found[-1].holder:
            found.append(Holding(max(event.at, found[-1].start), hands.holder))
    return [*found, Holding(hands.until, hands.owner)] if hands.until else found


def _first_team(ticket: Ticket, lines: Sequence[TicketEvent]) -> str:
    """Return the code of the team that a ticket came to first."""
    left = (event.fields["from_team"] for event in lines if "from_team" in event.fields)
    return next(left, ticket.team.code if ticket.team else "")


def _pass_on(hands: _Hands, event: TicketEvent) -> None:
    """Change the hands as a line of the ledger says."""
    team = event.fields.get("team", hands.owner.team)
    if event.kind in (Kind.ACCEPTED, Kind.ASSIGNED):
        hands.before[event.number] = hands.owner
    if event.kind == Kind.ACCEPTED:
        hands.owner = Holder(HolderKind.AGENT, event.actor_ref, team)
    elif event.kind == Kind.ASSIGNED:
        to, kinds = event.fields.get("to_ref", ""), {"team": HolderKind.TEAM}
        kind = kinds.get(to.partition(":")[0], HolderKind.AGENT)
        hands.owner = Holder(kind, team if kind == HolderKind.TEAM else to, team)
    elif event.kind == Kind.WAITING:
        hands.waits_for = Holder(HolderKind(event.fields["for"]))
        until = event.fields.get("until")
        hands.until = datetime.fromisoformat(until) if until else None
    elif event.kind in ENDS_WAIT:
        hands.waits_for = hands.until = None
    elif event.kind == Kind.RETRACTED and event.fields.get("event") == max(hands.before, default=None):
        hands.owner = hands.before.pop(event.fields["event"])


def splits_of(
    ticket: Ticket, events: Iterable[TicketEvent], milestones: Iterable[Milestone], at: datetime
) -> dict[int, Split]:
    """Return each milestone's open time by holder, from its start to its end or to `at`, by its key."""
    holdings = holdings_of(ticket, events)
    names = _Names({holding.holder for holding in holdings})
    return {row.pk: _split(row, holdings, names, at) for row in milestones}


def _split(row: Milestone, holdings: Sequence[Holding], names: "_Names", at: datetime) -> Split:
    calendar = calendar_of(row.calendar_version_id).calendar
    used = spent(calendar, row.started_at, max(row.stopped_at or at, row.started_at), pauses_of(row))
    return Split(
        tuple(names.shares(shares(used.counted, holdings))), tuple(names.shares(shares(used.paused, holdings)))
    )


class _Names:
    """What holders are called, asked for once."""

    def __init__(self, holders: Iterable[Holder]) -> None:
        held = list(holders)
        keys = [int(one.ref.rpartition(":")[2]) for one in held if one.kind == HolderKind.AGENT and ":" in one.ref]
        self.people = {f"user:{person.pk}": person for person in User.objects.filter(pk__in=keys)} if keys else {}
        codes = {one.team for one in held if one.team}
        self.teams = {team.code: team for team in Team.objects.filter(code__in=codes)} if codes else {}

    def shares(self, lengths: dict[Holder, timedelta]) -> Iterable[Share]:
        """Yield the shares with names; their percentages and places add up to a whole bar."""
        whole, x = sum(lengths.values(), timedelta()) or timedelta(1), 0.0
        for holder, length in lengths.items():
            percent = length / whole * 100
            yield Share(
                kind=holder.kind,
                code=self.code(holder),
                name=self.name(holder),
                team=holder.team,
                team_name=named(self.teams[holder.team]) if holder.team in self.teams else holder.team,
                length=length,
                percent=round(percent, 3),
                x=round(x, 3),
            )
            x += percent

    def code(self, holder: Holder) -> str:
        person = self.people.get(holder.ref)
        return person.username if person else holder.ref if holder.kind == HolderKind.TEAM else ""

    def name(self, holder: Holder) -> str:
        if holder.kind == HolderKind.AGENT:
            return name_of(self.people.get(holder.ref)) or str(HANDS[holder.kind])
        team = self.teams.get(holder.ref)
        return named(team) if team else str(HANDS[holder.kind])


def shares_fields(found: Sequence[Share], *, is_internal: bool) -> list[dict[str, object]]:
    """Return shares as programs read them, in whole seconds that add up; customers are told kinds, not people."""
    shown = found if is_internal else _by_kind(found)
    ends = accumulate((one.length for one in shown), initial=timedelta())
    seconds = [int(end.total_seconds()) - int(start.total_seconds()) for start, end in pairwise(ends)]
    return [
        {"holder": one.code, "name": one.name, "kind": one.kind, "team": one.team, "seconds": length}
        for one, length in zip(shown, seconds, strict=True)
    ]


def _by_kind(found: Sequence[Share]) -> list[Share]:
    """Return shares without names, those of one kind together."""
    lengths: dict[str, timedelta] = {}
    for one in found:
        lengths[one.kind] = lengths.get(one.kind, timedelta()) + one.length
    return [Share(kind, "", str(HANDS[kind]), "", "", length, 0, 0) for kind, length in lengths.items()]
