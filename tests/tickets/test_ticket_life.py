"""Whatever people do with tickets, in whatever order and however late: ledger, clocks and escalations agree."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from plans.coverage import cover
from sla.actions import Level, Promise, Terms, put_policy
from sla.compiled import policy_named
from sla.firing import fire_due
from sla.folding import facts_of, fold
from sla.models import DueMove, Escalation, Milestone, Policy, Recompute
from sla.refusals import ActionRefusedError
from sla.timeline import Cycle
from tests.clocks import set_clock
from tests.hours import beijing
from tests.world import World
from tickets.actions import ticket as actions
from tickets.actions.opening import Opening, open_ticket
from tickets.answers import instant
from tickets.ledger import actor_of
from tickets.models import Status, Ticket, TicketClock
from tickets.rounds import dispatch

# How long a request may wait for a ticket that somebody else holds: its instant was read before.
WAITED = 5
HOLDS = ("customer", "third_party", "scheduled")
TELL: dict[str, Any] = {"do": "tell", "roles": ["owner", "duty_manager"]}
RAISE: dict[str, Any] = {"do": "raise_priority"}
TAKE_OVER: dict[str, Any] = {"do": "reassign", "role": "duty_manager"}
LADDER = (
    ("percent", 75, (TELL,)),
    ("before", 900, (TELL,)),
    ("breach", 0, (TELL, RAISE)),
    ("after", 3600, (TAKE_OVER, TELL)),
)
TARGETS = (
    # metric, priority, hours, calendar, met on, paused by
    ("first_response", "", 2, "yonsuite-7x12", ("reply", "call"), ()),
    ("first_response", "high", 1, "yonsuite-7x12", ("reply", "call"), ()),
    ("next_response", "", 1, "yonsuite-7x12", ("reply", "call", "progress"), ("third_party",)),
    ("update", "", 4, "yonsuite-7x12", ("progress", "reply"), HOLDS),
    ("resolution", "", 8, "kingdee-5x8", ("resolve",), HOLDS),
    ("resolution", "urgent", 3, "yonsuite-7x24", ("resolve",), HOLDS),
)


def lived(reopening: str, basis: str, pace: Decimal = Decimal(1), without: str = "") -> Policy:
    """Return a policy that times everything but one metric, with shorter times for what is more urgent."""
    targets = tuple(
        Promise(
            metric=metric, priority=priority, amount=hours * 3600 * pace, unit="seconds", rule="duration",
            calendar=calendar, met_on=met_on, pauses_on=pauses_on, promise="Y18", clause="§3.1.1",
        )
        for metric, priority, hours, calendar, met_on, pauses_on in TARGETS
        if metric != without
    )  # fmt: skip
    levels = tuple(
        Level(metric, level, mark, Decimal(amount), doing)
        for metric in {target.metric for target in targets}
        for level, (mark, amount, doing) in enumerate(LADDER, start=1)
    )
    code = f"lived-{reopening}-{basis}"
    put_policy(terms=Terms(code, code, code, targets, levels, basis=basis, reopening=reopening))
    return policy_named(code)


class TicketLife(RuleBasedStateMachine):
    """Up to three tickets of one customer, two agents, a customer, a clock that goes on, and the sweep."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.now = beijing("2026-09-25 16:00")
        self.tickets: list[Ticket] = []
        self.undone = transaction.atomic()
        self.undone.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undone.__exit__(None, None, None)

    @initialize(reopening=st.sampled_from(Policy.Reopening.values), basis=st.sampled_from(Policy.Basis.values))
    def promise(self, reopening: str, basis: str) -> None:
        self.terms = (reopening, basis)
        policy = lived(*self.terms)
        self.world.yonsuite.contract.entitlements.filter(item__service="ticket").update(policy=policy.code)
        self.open(0)

    @precondition(lambda self: len(self.tickets) < 3)
    @rule(ago=st.sampled_from([0, 0, 90, 600]))
    def open(self, ago: int) -> None:
        """Open a ticket that happened some minutes ago."""
        side, at = self.world.yonsuite, self.now - timedelta(minutes=ago)
        decision = cover(side.contact, side.contract, "ticket", side.product, "public_cloud", "fault", "portal", at)
        opening = Opening(
            contact=side.contact, decision=decision, channel="portal", category="fault", subject="月结报错",
            body="科目余额不平。", product=side.product,
        )  # fmt: skip
        self.tickets.append(open_ticket(opening=opening, at=at))

    @rule(minutes=st.integers(1, 400))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(minutes=st.integers(0, 60))
    def only_notice(self, minutes: int) -> None:
        """Let time pass and the first hop look; people may act before the second does."""
        self.now += timedelta(minutes=minutes, seconds=1)
        set_clock(self.now)
        fire_due()
        self.now += timedelta(seconds=5)

    @rule(minutes=st.integers(0, 200))
    def sweep(self, minutes: int) -> None:
        """Let time pass and look what has come due."""
        self.now += timedelta(minutes=minutes, seconds=1)
        set_clock(self.now)
        assert dispatch.sweep()
        self.now += timedelta(seconds=10)
        owed = Milestone.objects.filter(next_step_at__lt=self.now - timedelta(seconds=10))
        assert not owed.exists()
        assert not Escalation.objects.filter(state="pending").exists()
        self.every_missed_promise_was_told()

    def every_missed_promise_was_told(self) -> None:
        for milestone in Milestone.objects.open().filter(due_at__lt=self.now - timedelta(seconds=10)):
            assert milestone.escalations.filter(due_at=milestone.due_at, mark="breach", state="done").count() == 1

    @rule(
        name=st.sampled_from(["accept", "assign", "progress", "reply", "call", "no_answer", "note", "bot", "raise"]),
        which=st.integers(0, 2), late=st.sampled_from([0, 0, WAITED]),
    )  # fmt: skip
    def work(self, name: str, which: int, late: int) -> None:
        """Do something that leaves the ticket open."""
        world, said = self.world, {"body": "在查。"}
        doing: dict[str, Any] = {
            "accept": lambda **who: actions.accept(**who, actor=world.agent),
            "assign": lambda **who: actions.assign(**who, to=world.expert, actor=world.agent),
            "progress": lambda **who: actions.progress(**who, **said, actor=world.agent),
            "reply": lambda **who: actions.reply(**who, **said, actor=world.expert),
            "call": lambda **who: actions.log_call(**who, **said, answered=True, actor=world.agent),
            "no_answer": lambda **who: actions.log_call(**who, **said, answered=False, actor=world.agent),
            "note": lambda **who: actions.note(**who, **said, actor=world.agent),
            "bot": lambda **who: actions.bot_reply(**who, **said),
            "raise": lambda **who: actions.raise_priority(**who, actor=actor_of(world.agent)),
        }
        self.do(which, late, doing[name])

    @rule(
        which=st.integers(0, 2),
        late=st.sampled_from([0, WAITED]),
        wait_for=st.sampled_from(["customer", "third_party"]),
        minutes=st.sampled_from([None, 30, 600, 4000]),
    )
    def wait(self, which: int, late: int, wait_for: str, minutes: int | None) -> None:
        until = self.now + timedelta(minutes=minutes) if minutes else None
        doing = lambda **who: actions.wait(**who, wait_for=wait_for, until=until, actor=self.world.agent)  # noqa: E731
        self.do(which, late, doing)

    @rule(
        name=st.sampled_from(["resume", "resolve", "resolve_silently", "close", "reopen", "agent_reopens", "confirm"]),
        which=st.integers(0, 2), late=st.sampled_from([0, 0, WAITED]),
    )  # fmt: skip
    def turn(self, name: str, which: int, late: int) -> None:
        """Do something that changes where the ticket stands."""
        agent, contact = self.world.agent, self.world.yonsuite.contact
        doing: dict[str, Any] = {
            "resume": lambda **who: actions.resume(**who, actor=agent),
            "resolve": lambda **who: actions.resolve(**who, body="好了。", actor=agent),
            "resolve_silently": lambda **who: actions.resolve(**who, body="", actor=agent),
            "close": lambda **who: actions.close(**who, actor=agent),
            "reopen": lambda **who: actions.reopen(**who, body="", actor=contact),
            "agent_reopens": lambda **who: actions.reopen(**who, body="再看看。", actor=agent),
            "confirm": lambda **who: actions.close(**who, actor=contact),
        }
        self.do(which, late, doing[name])

    @rule(which=st.integers(0, 2), late=st.sampled_from([0, 0, WAITED]))
    def customer_writes(self, which: int, late: int) -> None:
        contact = self.world.yonsuite.contact
        self.do(which, late, lambda **who: actions.customer_message(**who, contact=contact, body="还是不行。"))

    @precondition(lambda self: len(self.tickets) > 1)
    @rule(which=st.integers(0, 2), into=st.integers(0, 2), late=st.sampled_from([0, WAITED]))
    def merge(self, which: int, into: int, late: int) -> None:
        parent = self.tickets[into % len(self.tickets)]
        self.do(which, late, lambda **who: actions.merge(**who, into=parent, actor=self.world.agent))

    @rule(
        which=st.integers(0, 2), late=st.sampled_from([0, 0, WAITED]),
        to=st.sampled_from(["low", "high", "urgent", "how_to", "customisation", "customisation!"]),
    )  # fmt: skip
    def reclassify(self, which: int, late: int, to: str) -> None:
        """Change the priority or the category, up or down; what is excluded only if the agent insists."""
        ticket = Ticket.objects.get(pk=self.tickets[which % len(self.tickets)].pk)
        name = "priority" if to in ("low", "high", "urgent") else "category"
        classed = replace(actions.Classification.of(ticket), **{name: to.rstrip("!")})
        said = {"to": classed, "reason": "核对之后", "insists": to.endswith("!")}
        self.do(which, late, lambda **who: actions.reclassify(**who, **said, actor=self.world.agent))

    @rule(
        which=st.integers(0, 2), late=st.sampled_from([0, WAITED]), back=st.integers(0, 4),
        act=st.sampled_from([actions.retract, actions.retract, actions.publish, actions.unpublish]),
    )  # fmt: skip
    def take_back(self, which: int, late: int, back: int, act: Any) -> None:
        """Take back one of the last lines, or show it, or hide it again."""
        ticket = Ticket.objects.get(pk=self.tickets[which % len(self.tickets)].pk)
        line = max(ticket.event_count - back, 1)
        self.do(which, late, lambda **who: act(**who, event=line, actor=self.world.lead))

    @rule(pace=st.sampled_from(["0.5", "1", "2"]), without=st.sampled_from(["", "", "update", "resolution"]))
    def change_the_policy(self, pace: str, without: str) -> None:
        """Promise other times from now on, or one promise less, and let the sweep bring open tickets over."""
        set_clock(self.now)
        lived(*self.terms, pace=Decimal(pace), without=without)
        self.sweep(0)
        assert not Recompute.objects.filter(finished_at=None).exists()
        assert not DueMove.objects.filter(acted_at=None).exists()

    def do(self, which: int, late: int, doing: Any) -> None:
        """Act at an instant that may lie a little back; a refusal changes nothing."""
        ticket = self.tickets[which % len(self.tickets)]
        at: datetime = self.now - timedelta(seconds=late)
        before = list(Ticket.objects.order_by("pk").values_list("event_count", flat=True))
        try:
            with transaction.atomic():
                doing(ticket=ticket, at=at)
        except ActionRefusedError:
            assert list(Ticket.objects.order_by("pk").values_list("event_count", flat=True)) == before
        self.now += timedelta(seconds=1)

    @invariant()
    def ledgers_have_no_gap__I12(self) -> None:
        for ticket in Ticket.objects.all():
            numbers = list(ticket.events.order_by("number").values_list("number", flat=True))
            assert numbers == list(range(1, ticket.event_count + 1))

    @invariant()
    def stored_clocks_are_what_their_facts_say__I8(self) -> None:
        for timed in TicketClock.objects.select_related("clock"):
            rows = list(timed.clock.milestones.all())
            folded = fold(facts_of(timed.clock.observations.filter(withdrawn_at=None)), rows)
            said = Counter(told(cycle) for cycle, _calendar in folded)
            assert Counter(stored(row) for row in rows if not is_only_on_record(row, said)) == said

    @invariant()
    def clocks_stand_as_their_tickets_do(self) -> None:
        for ticket in Ticket.objects.all():
            rows = Milestone.objects.filter(clock__ticket_clock__ticket=ticket)
            running = [row for row in rows if row.stopped_at is None]
            assert ticket.next_due_at == min((row.due_at for row in running if row.due_at), default=None)
            assert ticket.is_ended <= (not running)
            is_waiting = ticket.status in (Status.WAITING_CUSTOMER, Status.WAITING_THIRD_PARTY)
            assert {row.state for row in running} <= ({"running", "paused"} if is_waiting else {"running"})

    @invariant()
    def escalations_tell_of_promises_that_were_open__I2_I4_I5(self) -> None:
        for row in Escalation.objects.select_related("milestone__clock__ticket_clock__ticket"):
            assert row.fired_at > row.step_at
            assert (row.attempts, row.error.startswith("overtaken") <= (row.state == "superseded")) == (0, True)
            if row.state != "done":
                continue
            ended = row.milestone.stopped_at
            was_taken_back = row.milestone.state == "cancelled"
            assert ended is None or was_taken_back or ended >= row.step_at - timedelta(seconds=2 * WAITED)
            lines = row.milestone.clock.ticket_clock.ticket.events.filter(kind="escalated", at=row.acted_at)
            said = {"metric": row.milestone.metric, "level": row.level, "due_at": instant(row.due_at)}
            assert lines.filter(fields__contains=said).exclude(fields__has_key="superseded").exists()


def is_only_on_record(row: Milestone, said: Counter[tuple[Any, ...]]) -> bool:
    """Tell whether a milestone stays for the record alone: what it was escalated for was taken back since."""
    return row.state == "cancelled" and stored(row) not in said and row.escalations.exists()


def stored(row: Milestone) -> tuple[Any, ...]:
    """Return what a stored milestone says."""
    instants = (row.started_at, row.due_at, row.completed_at, row.stopped_at)
    return (row.metric, row.number, row.state, *instants, row.met_by_id, row.budget, row.remaining)


def told(cycle: Cycle) -> tuple[Any, ...]:
    """Return what the facts say of the same."""
    instants = (cycle.started_at, cycle.due_at, cycle.completed_at, cycle.stopped_at)
    return (cycle.metric.value, cycle.number, cycle.state.value, *instants, cycle.met_by, cycle.budget, cycle.remaining)


@pytest.mark.long
@pytest.mark.django_db
def test_ledger_clocks_and_escalations_agree_whatever_people_do__I1_I2_I3_I4_I5_I8_I12(world: World):
    bounded = settings(max_examples=20, stateful_step_count=16, deadline=None, phases=[Phase.generate])
    run_state_machine_as_test(lambda: TicketLife(world), settings=bounded)
