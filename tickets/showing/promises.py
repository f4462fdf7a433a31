"""What a page says of a promise: the strip, the countdown, the clause and the versions. Never writes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import cached_property
from zoneinfo import ZoneInfo

from django.db.models import F
from django.urls import reverse
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plans.models import User
from plans.wording import name_of, text_of
from sla import timeline
from sla.compiled import CompiledCalendar, calendar_of
from sla.engine import pauses_of
from sla.models import Milestone, Target
from sla.pieces import Interval
from sla.proof.explained import PauseSource, ProofPiece, pieces_of
from sla.proof.proof_words import Naming, detail_of
from sla.proof.proofs import Proof, proof_of
from sla.proof.verdicts import today
from sla.wording import budget
from tickets.answers import remaining_of
from tickets.models import Ticket, TicketClock
from tickets.showing.countdown import Countdown, count_down, left_over
from tickets.showing.holders import NO_SPLIT, Split
from tickets.showing.names import names_behind
from tickets.showing.sheet import Sheet, sheet
from tickets.showing.strip import ZERO, Piece, Span, Story, Strip, draw
from tickets.showing.wording import zone_words
from tickets.templatetags.shouyue import length_words, near

State = Milestone.State

TONES = {
    State.RUNNING: "running",
    State.PAUSED: "paused",
    State.MET: "kept",
    State.MET_LATE: "late",
    State.BREACHED: "breached",
    State.CANCELLED: "cancelled",
}
# How far past its due instant a page can count on without asking the server.
AHEAD = timedelta(days=5)


@dataclass(frozen=True)
class Promise:
    """One milestone as a page shows it to `viewer` at `at`; times are drawn in the zone that is active."""

    milestone: Milestone
    ticket: Ticket
    at: datetime
    viewer: User
    split: Split = NO_SPLIT
    # Its proof is shown: each pause then says where the ledger tells of it.
    is_proved: bool = False

    @property
    def id(self) -> int:
        return self.milestone.pk

    @property
    def name(self) -> str:
        """Return what is promised; of a clock that only times a team, that it is owed within the house."""
        metric = str(self.milestone.get_metric_display())
        return _("%(metric)s（团队内部）") % {"metric": metric} if self.is_internal else metric

    @property
    def is_internal(self) -> bool:
        """Tell whether a team owes it within the house, and no customer sees it."""
        return getattr(self.milestone, "part", "") == TicketClock.Part.TEAM

    @property
    def started_at(self) -> datetime:
        return self.milestone.started_at

    @property
    def due_at(self) -> datetime | None:
        return self.milestone.due_at

    @property
    def stopped_at(self) -> datetime | None:
        return self.milestone.stopped_at

    @property
    def is_provisional(self) -> bool:
        return self.milestone.is_provisional and self.milestone.stopped_at is None

    @property
    def is_open(self) -> bool:
        """Tell whether it is still to be kept."""
        return self.milestone.stopped_at is None

    @property
    def tone(self) -> str:
        """Return how it stands, as the strip and the words name it."""
        if self.milestone.state_at(self.at) == State.RUNNING and self.milestone.is_at_risk(self.at):
            return "at_risk"
        return TONES[State(self.milestone.state_at(self.at))]

    @property
    def metric(self) -> str:
        return self.milestone.metric

    @property
    def awaits_notice(self) -> bool:
        """Tell whether it is late or threatened, and nobody has taken that on."""
        return self.viewer.is_agent and self.milestone.awaits_notice(self.at)

    @property
    def taken_on(self) -> str:
        """Return when it was taken on, in words for agents; nothing while nobody has."""
        row = self.milestone
        if row.acknowledged_at is None or row.stopped_at or not self.viewer.is_agent:
            return ""
        return _("已于 %(at)s 知悉，到期时刻变动之前不再重复提醒") % {"at": near(row.acknowledged_at, self.at)}

    @cached_property
    def under_todays_rules(self) -> str:
        """Return what the rules in force now would say where that is something else, for agents; else nothing."""
        found = today(self.milestone, self.at) if self.viewer.is_agent else None
        if found is None:
            return ""
        if not found.state:
            return _("按现行规则：不计时（仅供参考）")
        words = {
            "due": near(found.due_at, self.at) if found.due_at else _("暂停，未定"),
            "state": dict(State.choices)[State(found.state)],
            "version": found.policy_version,
        }
        return _("按现行规则（响应标准 v%(version)s）：%(due)s 到期，%(state)s（仅供参考）") % words

    @property
    def target(self) -> Target:
        return self.milestone.target

    @property
    def budget(self) -> str:
        return budget_words(self.target)

    @property
    def clause(self) -> str:
        """Return the clause without its section, which stands in `clause_source`."""
        return text_of(self.target, "clause").removeprefix(self.clause_source).strip()

    @property
    def clause_source(self) -> str:
        """Return the section that the clause begins with; the row of the promise book where it names none."""
        first = text_of(self.target, "clause").split(" ", 1)[0]
        return first if first.startswith("§") else self.target.promise

    @property
    def policy(self) -> str:
        return name_of(self.target.policy)

    @property
    def policy_version(self) -> int:
        return self.target.policy.version

    @cached_property
    def compiled(self) -> CompiledCalendar:
        return calendar_of(self.milestone.calendar_version_id)

    @property
    def calendar(self) -> str:
        return name_of(self.compiled)

    @property
    def calendar_version(self) -> int:
        return self.compiled.version

    @cached_property
    def proof(self) -> Proof:
        return proof_of(self.milestone)

    @cached_property
    def pieces(self) -> Sequence[ProofPiece]:
        return self.proof.pieces if self.is_proved else pieces_of(self.milestone)

    @cached_property
    def naming(self) -> Naming | None:
        """Return how people are named in its proof; no customer reads who paused it."""
        return names_behind(self.proof).of if self.is_proved and self.viewer.is_agent else None

    @cached_property
    def story(self) -> Story:
        """Return what the strip tells."""
        return Story(
            spans=tuple(
                Span(piece.start, piece.end, piece.counted, piece.reason, detail_of(piece, self.naming))
                for piece in [*self.pieces, *self._paused_piece()]
            ),
            tone=self.tone,
            due_at=self.due_at,
            stopped_at=self.stopped_at,
            remaining=(remaining_of(self.milestone, self.at) if self.tone == "paused" else None) or ZERO,
            resumes_at=self.milestone.resumes_at(self.at),
            is_provisional=self.is_provisional,
        )

    def _paused_piece(self) -> list[ProofPiece]:
        """Return what follows the counted pieces while it is paused: shut time up to the pause, then the pause."""
        pause = next((pause for pause in pauses_of(self.milestone) if pause.end is None), None)
        if pause is None or self.stopped_at or self.due_at:
            return []
        counted_to = self.pieces[-1].end if self.pieces else pause.start
        shut = [ProofPiece(counted_to, pause.start, False, "closed")] if counted_to < pause.start else []
        source = self.proof.sources.get(pause.start) if self.is_proved else None
        until = max(self.at, pause.start)
        return [*shut, ProofPiece(pause.start, until, False, "pause", pause=source or PauseSource(pause.cause))]

    @property
    def zone(self) -> tzinfo:
        return get_current_timezone()

    @property
    def zone_name(self) -> str:
        return zone_words(ZoneInfo(str(self.zone)))

    @cached_property
    def strip(self) -> Strip:
        """Return the strip of a card."""
        return draw(self.story, size="card", at=self.at, zone=self.zone)

    @cached_property
    def row(self) -> Strip:
        """Return the strip of a row."""
        return draw(self.story, size="row", at=self.at, zone=self.zone)

    @cached_property
    def sheet(self) -> Sheet:
        """Return the proof, one line a day."""
        return sheet(self.story, at=self.at, zone=self.zone)

    @cached_property
    def clock(self) -> Countdown:
        return count_down(self.story, at=self.at, after=self._openings_after())

    def _openings_after(self) -> Sequence[Piece]:
        """Return the openings past the due instant, in which it is late."""
        if self.due_at is None or (self.stopped_at or self.due_at + AHEAD) <= self.due_at:
            return []
        last = self.stopped_at or max(self.at, self.due_at) + AHEAD
        return [_open(one) for one in self.compiled.calendar.openings(self.due_at, last)]

    @property
    def met_at_event(self) -> int | None:
        """Return the number of the ledger's line that met it."""
        number = self.milestone.met_by.source.rpartition("#")[2] if self.milestone.met_by else ""
        return int(number) if number.isdecimal() else None

    @property
    def evidence(self) -> str:
        """Return in one line that it was met, and how early or late."""
        if self.tone == "late" and self.due_at and self.stopped_at:
            late = length_words(self.compiled.calendar.elapsed(self.due_at, self.stopped_at))
            return _("%(name)s 超时后办结，晚了 %(time)s") % {"name": self.name, "time": late}
        early = length_words(left_over(self.story)) if self.story.spans else length_words(ZERO)
        return _("兑现 %(name)s，提前 %(time)s") % {"name": self.name, "time": early}

    @property
    def verdict(self) -> str:
        """Return how it stands in one plain sentence."""
        return self.verdict_by(lambda at: near(at, self.at))

    def verdict_by(self, told: Callable[[datetime | None], str]) -> str:
        """Return how it stands in one plain sentence, its instants as `told` says them."""
        words = {"name": self.name, "due": told(self.due_at), "time": told(self.stopped_at)}
        if until := self.milestone.resumes_at(self.at):
            return _("已暂停，%(until)s 自动恢复，应在 %(due)s 前%(name)s") % (words | {"until": told(until)})
        return str(VERDICTS[self.tone]) % words

    @property
    def proof_url(self) -> str:
        place = "console:proof" if self.viewer.is_agent else "portal:proof"
        return reverse(place, args=[self.ticket.number, self.milestone.pk])


VERDICTS = {
    "running": gettext_lazy("应在 %(due)s 前%(name)s"),
    "at_risk": gettext_lazy("应在 %(due)s 前%(name)s，时间不多了"),
    "breached": gettext_lazy("应在 %(due)s 前%(name)s，已超时"),
    "kept": gettext_lazy("%(time)s %(name)s，在 %(due)s 到期之前"),
    "late": gettext_lazy("%(time)s 才%(name)s，%(due)s 已到期"),
    "paused": gettext_lazy("暂停计时，恢复后再定到期时刻"),
    "cancelled": gettext_lazy("已取消，不再计时"),
}


def promises_of(tickets: Iterable[Ticket], at: datetime, viewer: User) -> dict[int, list[Promise]]:
    """Return the promises of each ticket by its id, in the order in which they started, in one query."""
    by_id = {ticket.pk: ticket for ticket in tickets}
    found: dict[int, list[Promise]] = {pk: [] for pk in by_id}
    rows = Milestone.objects.filter(clock__ticket_clock__ticket__in=by_id).annotate(
        timed_id=F("clock__ticket_clock__ticket"), part=F("clock__ticket_clock__part")
    )
    rows = rows if viewer.is_agent else rows.exclude(part=TicketClock.Part.TEAM)
    # A calendar is known in this process by its id: its rules are not read again with each row.
    related = rows.select_related("target__policy", "calendar_version", "met_by").defer(
        "calendar_version__rules", "calendar_version__spec", "calendar_version__reasons"
    )
    for row in related.order_by("started_at", "pk"):
        found[row.timed_id].append(Promise(row, by_id[row.timed_id], at, viewer))
    return found


def slack_of(calendar: int, due_at: datetime, at: datetime, pauses: Sequence[timeline.Pause] = ()) -> timedelta:
    """Return the working time left until `due_at` on a calendar version; below zero once it is late, by how much.

    What an agreed wait takes up is not there to work in.
    """
    elapsed = calendar_of(calendar).calendar.elapsed
    if at > due_at:
        return -elapsed(due_at, at)
    ahead = [(max(pause.start, at), min(pause.end or due_at, due_at)) for pause in pauses]
    held = sum((elapsed(start, end) for start, end in ahead if start < end), ZERO)
    return elapsed(at, due_at) - held


def current_of(promises: Iterable[Promise]) -> Promise | None:
    """Return the promise to look at: the open one due first, else one that is paused; None when all have ended."""
    waiting = [promise for promise in promises if promise.is_open]
    return min(waiting, key=lambda promise: (promise.due_at is None, promise.due_at or promise.at), default=None)


def budget_words(target: Target) -> str:
    """Return the promised time in words."""
    if target.unit == Target.Unit.WORKING_DAYS:
        return budget(target.amount, target.unit)
    return _("%(time)s（工作时间）") % {"time": length_words(timedelta(seconds=float(target.amount)))}


def _open(opening: Interval) -> ProofPiece:
    return ProofPiece(opening.start, opening.end, True, "open")
