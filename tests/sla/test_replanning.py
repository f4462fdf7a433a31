"""A policy changes under open clocks: they go over to what is in force, and what was judged stays judged."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sla import engine
from sla.actions import Outcome, put_policy, retire_policy
from sla.actors import Actor
from sla.changing.replanning import catch_up, replan_due
from sla.compiled import policy_named
from sla.firing import fire_due
from sla.folding import facts_of, fold
from sla.models import Clock, DueMove, Escalation, Milestone, Observation, Recompute
from sla.timeline import ActorKind
from tests.clocks import calendar_row, clock_at, heard
from tests.hours import TWELVE_HOURS, WEEKDAYS, beijing
from tests.terms import HOLDS, Target, terms

pytestmark = pytest.mark.django_db

MANAGER = Actor(ActorKind.AGENT, "user:9", "郑经理")
FIRST = Target("first_response", 2, calendar="a5")
EIGHT = Target("resolution", 8, calendar="a12", pauses_on=HOLDS)
TWO = Target("resolution", 2, calendar="a12", pauses_on=HOLDS)


@pytest.fixture(autouse=True)
def calendars():
    calendar_row("a5", working_day_seconds=28800)
    calendar_row("a12", intervals=TWELVE_HOURS, days=WEEKDAYS)


def put(*targets: Target, at: str = "2026-03-02 09:00", **more) -> None:
    put_policy(terms=terms("house", *targets, **more), cause="客户大会上答应的", actor=MANAGER, at=beijing(at))


def start(at: str = "2026-03-02 09:00") -> Clock:
    return engine.start(policy=policy_named("house"), priority="normal", heard=heard("customer open", at, "T-1#1"))[0]


def replan(at: str = "2026-03-02 12:00:01") -> int:
    with clock_at(at):
        passes = 0
        while replan_due(limit=2):
            passes += 1
            assert passes < 50
    return passes


def due(clock: Clock) -> dict[str, tuple]:
    return {row.metric: (row.due_at, row.state) for row in clock.milestones.all()}


@pytest.mark.parametrize(
    ("basis", "at", "verdict"), [("from_creation", "11:00", "earlier"), ("from_change", "14:00", "earlier")]
)
def test_open_clocks_go_over_to_a_new_version_by_its_basis__C41(basis, at, verdict):
    put(EIGHT)
    clock = start()
    put(TWO, at="2026-03-02 12:00", basis=basis)
    assert replan() > 0
    assert due(clock)["resolution"][0] == beijing(f"2026-03-02 {at}")
    clock.refresh_from_db()
    fact = Observation.objects.get(kind="replan")
    assert (clock.policy.version, fact.actor_display, fact.fields["cause"]) == (2, "郑经理", "客户大会上答应的")
    move = DueMove.objects.get()
    assert (move.old_due_at, move.verdict, move.acted_at) == (beijing("2026-03-02 17:00"), verdict, None)
    change = Recompute.objects.get()
    assert (change.kind, change.touched, change.moved, change.finished_at is not None) == ("policy", 1, 1, True)


def test_verdicts_stand_under_the_rule_of_their_time__C42():
    put(Target("first_response", 4, calendar="a5"))
    met, missed = start("2026-03-02 09:00"), start("2026-03-02 08:30")
    engine.observe(met, [heard("reply", "2026-03-02 11:30")])
    before = (due(met), due(missed))
    put(FIRST, at="2026-03-02 14:00")
    replan("2026-03-02 14:00:01")
    assert (due(met), due(missed)) == before  # 2.5 hours of 4 were in time; 13:30 was missed and stays 13:30
    assert met.milestones.get().target.policy.version == missed.milestones.get().target.policy.version == 1
    assert not DueMove.objects.exists()


def test_moving_to_a_version_without_a_metric_ends_it__C17():
    put(FIRST, EIGHT)
    clock = start()
    put(FIRST)
    replan("2026-03-02 10:00")
    assert due(clock)["resolution"][1] == "cancelled"
    assert due(clock)["first_response"] == (beijing("2026-03-02 11:00"), "running")
    assert (DueMove.objects.get().new_due_at, DueMove.objects.get().verdict) == (None, "later")


def test_a_policy_switched_off_ends_three_breached_promises_without_another_word__C16():
    put(FIRST, EIGHT)
    clocks = [start() for _ in range(3)]
    with clock_at("2026-03-02 13:30"):
        assert fire_due() == 3
    assert (
        retire_policy(code="house", cause="停用", actor=MANAGER, at=beijing("2026-03-02 13:40")).outcome
        == Outcome.RETIRED
    )
    replan("2026-03-02 13:40")
    assert not Milestone.objects.open().exists()
    assert {due(clock)["first_response"][1] for clock in clocks} == {"breached"}
    assert {due(clock)["resolution"][1] for clock in clocks} == {"cancelled"}
    with clock_at("2026-03-04 17:00"):
        assert fire_due() == 0
    assert Escalation.objects.filter(mark="breach").count() == 3
    with pytest.raises(LookupError):
        retire_policy(code="house", cause="again")


def test_a_retired_policy_that_comes_back_is_a_new_version_for_new_clocks():
    put(FIRST)
    old = start()
    retire_policy(code="house", cause="停用", at=beijing("2026-03-02 09:30"))
    replan("2026-03-02 09:30")
    put(FIRST, EIGHT, at="2026-03-02 09:40")
    replan("2026-03-02 09:40:01")
    assert not old.milestones.open().exists()
    assert start().policy.version == 2


def test_no_step_is_fired_by_a_deadline_that_a_new_version_moves():
    put(TWO)
    clock = start()
    put(EIGHT, at="2026-03-02 10:30")
    with clock_at("2026-03-02 11:00:01"):
        fire_due()
    assert not Escalation.objects.exists()
    assert due(clock)["resolution"][0] == beijing("2026-03-02 17:00")


def test_a_run_that_starts_after_the_change_is_promised_by_the_new_version():
    further = Target("next_response", 4, calendar="a12")
    put(FIRST, further)
    clock = start()
    engine.observe(clock, [heard("reply", "2026-03-02 09:30")])
    put(FIRST, Target("next_response", 1, calendar="a12"))
    replan()
    clock = Clock.objects.select_related("policy").get()
    assert clock.policy.version == 1  # nothing ran on it
    with transaction.atomic():
        engine_catches_up(clock)
    assert due(clock)["next_response"][0] == beijing("2026-03-02 14:00")


def engine_catches_up(clock: Clock) -> None:
    """Let a clock hear of a question as the ledger does."""
    from_customer = heard("customer customer_message", "2026-03-02 13:00")
    catch_up(clock, from_customer.at)
    engine.observe(clock, [from_customer])


def test_a_new_ladder_takes_the_place_of_the_old_one_though_no_deadline_moves():
    put(EIGHT)
    clock = start()
    assert clock.milestones.get().next_step_at == beijing("2026-03-02 17:00")
    warned = terms("house", EIGHT)
    level = warned.levels[0]
    half = type(level)("resolution", 1, "percent", Decimal(50), level.actions)
    breach = type(level)("resolution", 2, "breach", Decimal(0), level.actions)
    put_policy(terms=type(warned)(**{**as_fields(warned), "levels": (half, breach)}), at=beijing("2026-03-02 12:00"))
    replan("2026-03-02 12:00:01")
    assert clock.milestones.get().next_step_at == beijing("2026-03-02 13:00")
    assert not DueMove.objects.exists()


def as_fields(one: object) -> dict[str, object]:
    return {name: getattr(one, name) for name in one.__dataclass_fields__}


def test_a_clock_that_cannot_be_folded_does_not_stop_the_others__F17():
    put(EIGHT)
    clocks = [start() for _ in range(3)]
    Observation.objects.filter(clock=clocks[1]).update(fields={"policy": "?", "priority": ""})
    put(TWO)
    for hour in range(6):
        replan(f"2026-03-02 {12 + 2 * hour}:00:01")
    assert [Clock.objects.get(pk=clock.pk).policy.version for clock in clocks] == [2, 1, 2]
    poisoned = clocks[1].milestones.get()
    assert poisoned.quarantined_at is not None
    assert Recompute.objects.get().finished_at is not None


def test_statements_do_not_grow_with_the_clocks():
    put(EIGHT)
    for _ in range(3):
        start()
    put(TWO)
    counts = []
    for more in (0, 12):
        for _ in range(more):
            start_under_first()
        with CaptureQueriesContext(connection) as captured, clock_at("2026-03-02 12:00:01"):
            replan_due(limit=100)
        counts.append(len(captured))
        Recompute.objects.update(finished_at=None, cursor=0, retry_at=beijing("2026-03-02 12:00"))
    assert counts[1] <= counts[0]


def start_under_first() -> None:
    first = policy_named("house").__class__.objects.get(code="house", version=1)
    engine.start(policy=first, priority="normal", heard=heard("customer open", "2026-03-02 09:00"))


changes = st.lists(
    st.tuples(
        st.sampled_from(["two", "eight", "first", "off", "reply", "wait", "resume", "take_back", "sweep"]),
        st.integers(1, 300),
    ),
    max_size=8,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes, st.sampled_from(["from_creation", "from_change"]))
def test_whatever_changes_in_whatever_order_the_clocks_are_what_their_facts_say__I8(life, basis):
    kinds = {"two": (FIRST, TWO), "eight": (FIRST, EIGHT), "first": (FIRST,)}
    with transaction.atomic():
        put(FIRST, EIGHT)
        clock = start()
        at = beijing("2026-03-02 09:00")
        for number, (name, minutes) in enumerate(life):
            at += timedelta(minutes=minutes)
            with clock_at(at):
                if name in kinds:
                    put_policy(terms=terms("house", *kinds[name], basis=basis), at=at)
                elif name == "off":
                    off(at)
                elif name == "take_back":
                    engine.withdraw(clock, source="T-1#2", at=at)
                elif name == "sweep":
                    fire_due()
                else:
                    fields = {"hold": "customer"} if name == "wait" else {}
                    engine.observe(clock, [heard(name, at, f"T-1#{2 if name == 'reply' else number + 3}", **fields)])
                while replan_due():
                    pass
        lived = {told(row) for row in clock.milestones.exclude(escalations__isnull=False, state="cancelled")}
        folded = {said(cycle) for cycle, _ in fold(facts_of(clock.observations.filter(withdrawn_at=None)), [])}
        assert lived == folded
        transaction.set_rollback(True)


def off(at) -> None:
    with suppress(LookupError):
        retire_policy(code="house", cause="停用", at=at)


def told(row: Milestone) -> tuple:
    return (row.metric, row.number, row.state, row.started_at, row.due_at, row.stopped_at, row.met_by_id)


def said(cycle) -> tuple:
    return (
        cycle.metric.value, cycle.number, cycle.state.value, cycle.started_at, cycle.due_at, cycle.stopped_at,
        cycle.met_by,
    )  # fmt: skip
