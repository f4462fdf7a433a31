"""Live through the demo's tickets by the product's own actions, in the order of time, escalations included."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain

from django.db import connection
from django.db.models import F

from plans.coverage import cover
from plans.models import Contact, Contract, User
from sla.calendar import Calendar
from sla.compiled import calendar_named
from sla.models import Milestone, Observation
from tickets.actions import side_tasks
from tickets.actions import ticket as act
from tickets.actions.opening import Opening, open_ticket
from tickets.demo import script
from tickets.demo.cast import Cast
from tickets.demo.timetable import Scene, scenes
from tickets.ledger import actor_of
from tickets.models import Ticket, TicketEvent
from tickets.rounds import dispatch

# How long after an instant the sweep of a running product would have found it.
NOTICED_AFTER = timedelta(seconds=0.6)
MINUTE_OF_SWEEPING = 60.0
# Asked before everything that happens, so in one statement.
NEXT_DUE = """
SELECT least(
  (SELECT min(next_step_at) FROM sla_milestone WHERE next_step_at IS NOT NULL),
  (SELECT min(waiting_until) FROM tickets_ticket WHERE waiting_until IS NOT NULL)
)
"""


@dataclass(frozen=True, slots=True)
class Play:
    """The people and, by the stories' ids, the tickets opened so far."""

    cast: Cast
    tickets: dict[str, Ticket] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cue:
    """One thing to be done with a ticket: what, when, and by which of our people."""

    ticket: Ticket
    scene: Scene
    play: Play

    @property
    def at(self) -> datetime:
        return self.scene.at

    @property
    def body(self) -> str:
        return self.scene.turn.body if self.scene.turn else ""

    @property
    def by(self) -> str:
        return self.scene.turn.by if self.scene.turn else ""

    @property
    def agent(self) -> User:
        return self.play.cast.users[self.by]

    @property
    def contact(self) -> Contact:
        return self.play.cast.contacts[self.by]

    def said(self, name: str) -> str:
        """Return what the script says besides under a name, blank where it says nothing."""
        return str(self.scene.turn.fields.get(name, "")) if self.scene.turn else ""


def perform(cast: Cast, *, now: datetime) -> Play:
    """Live through every story up to `now` and return the tickets. Call inside atomic."""
    play = Play(cast)
    for scene in _in_order(cast, now):
        catch_up(scene.at)
        _perform(scene, play)
    catch_up(now)
    date_records()
    return play


def _in_order(cast: Cast, now: datetime) -> list[Scene]:
    calendars = {number: _working_days(contract) for number, contract in cast.contracts.items()}
    found = (scenes(story, calendar=calendars[story.contract], now=now) for story in script.stories())
    return sorted(chain.from_iterable(found), key=lambda scene: scene.at)


def _working_days(contract: Contract) -> Calendar:
    """Return the calendar of the branch that looks after a contract."""
    if contract.branch is None:
        raise ValueError(f"{contract.number} names no branch")
    return calendar_named(contract.branch.calendar).calendar


def _perform(scene: Scene, play: Play) -> None:
    story = scene.story
    if scene.turn is None:
        play.tickets[story.id] = _open(scene, play)
    else:
        DOINGS[scene.turn.do](Cue(play.tickets[story.id], scene, play))


def _open(scene: Scene, play: Play) -> Ticket:
    story, cast = scene.story, play.cast
    contact, contract, product = (
        cast.contacts[story.contact], cast.contracts[story.contract], cast.products[story.product],
    )  # fmt: skip
    decision = cover(
        contact, contract, None, product, "", story.category, story.channel, scene.at, priority=story.priority
    )
    tenant = contract.owned_products.filter(product=product).values_list("tenant", flat=True).first()
    opening = Opening(
        contact=contact, decision=decision, product=product, channel=story.channel, category=story.category,
        priority=story.priority, subject=story.subject, body=story.body, tenant=tenant or "", **story.details,
    )  # fmt: skip
    return open_ticket(opening=opening, at=scene.at)


def _call(cue: Cue) -> None:
    answered = cue.said("answered") == "True"
    act.log_call(ticket=cue.ticket, body=cue.body, answered=answered, actor=cue.agent, at=cue.at)


def _wait(cue: Cue) -> None:
    until, remark = cue.scene.until, cue.said("remark")
    act.wait(
        ticket=cue.ticket, wait_for=cue.said("for"), until=until, actor=cue.agent, at=cue.at, remark=remark
    )  # fmt: skip


def _assign(cue: Cue) -> None:
    act.assign(ticket=cue.ticket, to=cue.play.cast.users[cue.said("to")], actor=cue.agent, at=cue.at)


def _hand_over(cue: Cue) -> None:
    act.hand_over(ticket=cue.ticket, team=cue.play.cast.teams[cue.said("to")], actor=cue.agent, at=cue.at)


def _acknowledge(cue: Cue) -> None:
    """Take late promises on; where the hour of seeding makes none late, there is nothing to take on."""
    rows = Milestone.objects.open().filter(clock__ticket_clock__ticket=cue.ticket)
    if any(row.awaits_notice(cue.at) for row in rows):
        act.acknowledge(ticket=cue.ticket, actor=cue.agent, at=cue.at)


def _reclassify(cue: Cue) -> None:
    now = act.Classification.of(cue.ticket)
    to = replace(now, priority=cue.said("priority") or now.priority, category=cue.said("category") or now.category)
    act.reclassify(ticket=cue.ticket, to=to, reason=cue.said("reason"), actor=cue.agent, at=cue.at)


def _override(cue: Cue) -> None:
    act.override(
        ticket=cue.ticket, outcome=cue.said("outcome"), reason=cue.said("reason"), actor=cue.agent, at=cue.at
    )  # fmt: skip


def _retract(cue: Cue) -> None:
    act.retract(ticket=cue.ticket, event=_last(cue, TicketEvent.Kind.REPLY), actor=cue.agent, at=cue.at)


def _publish(cue: Cue) -> None:
    act.publish(ticket=cue.ticket, event=_last(cue, TicketEvent.Kind.NOTE), actor=cue.agent, at=cue.at)


def _last(cue: Cue, kind: TicketEvent.Kind) -> int:
    return cue.ticket.events.filter(kind=kind).values_list("number", flat=True).latest("number")


def _ask(cue: Cue) -> None:
    to = cue.play.cast.users[cue.said("to")]
    side_tasks.add(ticket=cue.ticket, title=cue.said("title"), assignee=to, actor=actor_of(cue.agent), at=cue.at)


def _finish(cue: Cue) -> None:
    side_tasks.finish(task=cue.ticket.side_tasks.get(), actor=cue.agent, at=cue.at)


def _merge(cue: Cue) -> None:
    act.merge(ticket=cue.ticket, into=cue.play.tickets[cue.said("into")], actor=cue.agent, at=cue.at)


DOINGS: dict[str, Callable[[Cue], object]] = {
    "bot": lambda cue: act.bot_reply(ticket=cue.ticket, body=cue.body, at=cue.at),
    "customer": lambda cue: act.customer_message(ticket=cue.ticket, contact=cue.contact, body=cue.body, at=cue.at),
    "accept": lambda cue: act.accept(ticket=cue.ticket, actor=cue.agent, at=cue.at),
    "assign": _assign,
    "progress": lambda cue: act.progress(ticket=cue.ticket, body=cue.body, actor=cue.agent, at=cue.at),
    "reply": lambda cue: act.reply(ticket=cue.ticket, body=cue.body, actor=cue.agent, at=cue.at),
    "note": lambda cue: act.note(ticket=cue.ticket, body=cue.body, actor=cue.agent, at=cue.at),
    "call": _call,
    "wait": _wait,
    "resume": lambda cue: act.resume(ticket=cue.ticket, actor=cue.agent, at=cue.at),
    "resolve": lambda cue: act.resolve(ticket=cue.ticket, body=cue.body, actor=cue.agent, at=cue.at),
    "reopen": lambda cue: act.reopen(ticket=cue.ticket, body=cue.body, actor=cue.contact, at=cue.at),
    "close": lambda cue: act.close(ticket=cue.ticket, actor=cue.agent, at=cue.at),
    "merge": _merge,
    "hand_over": _hand_over,
    "acknowledge": _acknowledge,
    "reclassify": _reclassify,
    "override": _override,
    "retract": _retract,
    "publish": _publish,
    "task": _ask,
    "task_done": _finish,
}


def catch_up(until: datetime) -> None:
    """Let everything happen that time alone brings before an instant: warnings, breaches, waits that end."""
    while (at := _next_due()) and at < until:
        with _clock_at(at + NOTICED_AFTER):
            dispatch.sweep(within=MINUTE_OF_SWEEPING)


def _next_due() -> datetime | None:
    with connection.cursor() as cursor:
        cursor.execute(NEXT_DUE)
        found: datetime | None = cursor.fetchone()[0]
    return found


@contextmanager
def _clock_at(at: datetime) -> Iterator[None]:
    """Move this transaction's clock to an instant, and back afterwards."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('shouyue.offset', true)")
        before = cursor.fetchone()[0] or ""
        cursor.execute("SELECT set_config('shouyue.offset', (%s - clock_timestamp())::text, true)", [at])
        try:
            yield
        finally:
            cursor.execute("SELECT set_config('shouyue.offset', %s, true)", [before])


def date_records() -> None:
    """Say of every line that it was written when it happened; nobody but the demo has written any yet."""
    TicketEvent.objects.update(recorded_at=F("at"))
    Observation.objects.update(recorded_at=F("at"))
