"""Clocks in the database: facts are journaled and folded, and the stored rows always say what the facts say."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sla import engine
from sla.clock import database_now
from sla.firing import fire_due
from sla.folding import facts_of, fold
from sla.models import CalendarVersion, Clock, Escalation, Milestone
from sla.proof.proofs import proof_of
from sla.timeline import ActorKind, Cycle, FactKind, Hold
from tests.clocks import calendar_row, clock_at, heard, policy_row
from tests.hours import TWELVE_HOURS, WEEKDAYS, beijing, hours

pytestmark = pytest.mark.django_db

PAUSES = ["customer", "third_party", "scheduled"]
RESOLUTION = {"metric": "resolution", "amount": Decimal(8 * 3600), "met_on": ["resolve"], "pauses_on": PAUSES}


@pytest.fixture(autouse=True)
def calendars():
    calendar_row("a5", working_day_seconds=28800)
    calendar_row("a12", intervals=TWELVE_HOURS, days=WEEKDAYS)


def start(at, *targets, **more) -> Clock:
    return engine.start(
        policy=policy_row("plain", *targets, **more), priority="normal", heard=heard("customer open", at)
    )[0]


def only(clock: Clock) -> Milestone:
    return clock.milestones.get()


def fire(at: str) -> int:
    with clock_at(at):
        return fire_due()


def test_a_started_clock_knows_its_deadline_and_its_next_step():
    clock = start("2026-03-02 10:00")
    milestone = only(clock)
    assert milestone.due_at == beijing("2026-03-02 12:00")
    assert milestone.next_step_at == beijing("2026-03-02 11:30")
    assert milestone.target.policy.version == milestone.calendar_version.version == 1


def test_an_answer_meets_the_milestone_and_names_its_evidence():
    clock = start("2026-03-02 10:00")
    engine.observe(clock, [heard("reply", "2026-03-02 11:00", "T-1#2")])
    milestone = only(clock)
    assert (milestone.state, milestone.next_step_at) == ("met", None)
    assert milestone.met_by.source == "T-1#2"


def test_an_answer_taken_back_no_longer_meets__C21():
    clock = start("2026-03-02 10:00")
    before = only(clock).due_at
    for _ in range(2):
        engine.observe(clock, [heard("reply", "2026-03-02 11:00", "T-1#2")])
        assert only(clock).state == "met"
        engine.withdraw(clock, source="T-1#2", at=beijing("2026-03-02 11:05"))
        milestone = only(clock)
        assert (milestone.state, milestone.due_at, milestone.met_by) == ("running", before, None)
        assert milestone.next_step_at == beijing("2026-03-02 11:30")


def test_a_fact_reported_later_counts_from_when_it_happened():
    clock = start("2026-03-02 10:00")
    fire("2026-03-02 14:00")
    engine.observe(clock, [heard("call", "2026-03-02 10:30")])
    assert only(clock).state == "met"


def test_a_promise_that_ended_keeps_its_calendar_version_and_an_open_one_goes_over__C42():
    clock = start("2026-03-02 10:00", {}, RESOLUTION)
    engine.observe(clock, [heard("reply", "2026-03-02 10:20")])
    CalendarVersion.objects.filter(code="a5").update(is_current=False)
    calendar_row("a5", version=2, intervals=(("09:00", "10:00"),))
    engine.observe(clock, [heard("progress", "2026-03-02 10:30")])
    versions = dict(clock.milestones.values_list("metric", "calendar_version__version"))
    assert versions == {"first_response": 1, "resolution": 2}


def test_a_target_of_its_own_priority_goes_before_the_general_one():
    urgent = {"priority": "urgent", "amount": Decimal(1800)}
    policy = policy_row("by-priority", {}, urgent)
    for priority, due in (("urgent", "10:30"), ("low", "12:00")):
        clock, _ = engine.start(policy=policy, priority=priority, heard=heard("customer open", "2026-03-02 10:00"))
        assert only(clock).due_at == beijing(f"2026-03-02 {due}")


def test_a_change_of_priority_moves_the_deadline_and_is_on_record():
    policy = policy_row("by-priority", {}, {"priority": "urgent", "amount": Decimal(1800)})
    clock, _ = engine.start(policy=policy, priority="low", heard=heard("customer open", "2026-03-02 10:00"))
    engine.replan(clock, policy=policy, priority="urgent", heard=heard("system replan", "2026-03-02 10:10", "T-1#2"))
    assert only(clock).due_at == beijing("2026-03-02 10:30")
    assert clock.observations.get(kind="replan").source == "T-1#2"


def test_a_deadline_that_touches_an_assumed_year_says_so__C13():
    row = calendar_row("guessed", **{"closed_dates": ["2027-01-01"]})
    row.assumed_years = [2027]
    row.save()
    clock = start("2026-12-31 16:00", {"calendar": "guessed", "amount": Decimal(4 * 3600)})
    milestone = only(clock)
    assert (milestone.due_at, milestone.is_provisional) == (beijing("2027-01-04 11:00"), True)


def test_a_milestone_can_not_be_stored_twice():
    clock = start("2026-03-02 10:00")
    twin = only(clock)
    twin.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save(force_insert=True)


# --- Firing ------------------------------------------------------------------------------------------------------


def fired(clock: Clock) -> list[tuple[str, str]]:
    rows = Escalation.objects.filter(milestone__clock=clock).order_by("step_at", "level")
    return [(row.mark, row.state) for row in rows]


def test_on_the_minute_is_still_in_time__Y18():
    clock = start("2026-03-02 10:00", ladder=(("breach", 0),))
    milestone = only(clock)
    assert Milestone.objects.due(beijing("2026-03-02 12:00")).count() == 0
    assert milestone.state_at(beijing("2026-03-02 12:00")) == "running"
    assert milestone.state_at(beijing("2026-03-02 12:00") + timedelta(microseconds=1)) == "breached"


def test_each_level_fires_once_however_often_it_is_swept__C27():
    clock = start("2026-03-02 10:00", ladder=(("breach", 0), ("after", 600), ("after", 1200)))
    for minute in range(30):
        fire(f"2026-03-02 14:{minute:02d}")
    assert [mark for mark, _ in fired(clock)] == ["breach", "after", "after"]
    assert only(clock).next_step_at is None


def test_what_was_missed_while_everything_was_down_is_fired_with_how_late_it_was_found__C35():
    clock = start("2026-03-02 10:00")
    assert fire("2026-03-02 15:00:10") == 1
    assert fired(clock) == [("percent", "superseded"), ("breach", "pending"), ("after", "pending")]
    breach = Escalation.objects.get(mark="breach")
    assert breach.fired_at - breach.due_at >= hours(3)


def test_a_moved_deadline_warns_again_and_never_a_third_time__C25():
    clock = start("2026-03-02 08:30", {"metric": "resolution", "amount": Decimal(3600), "met_on": ["resolve"]})
    fire("2026-03-02 09:20")
    longer = policy_row("longer", {"metric": "resolution", "amount": Decimal(5 * 3600), "met_on": ["resolve"]})
    engine.replan(clock, policy=longer, priority="normal", heard=heard("system replan", "2026-03-02 09:25"))
    for at in ("2026-03-02 13:20", "2026-03-02 13:21", "2026-03-02 13:40"):
        fire(at)
    assert [mark for mark, _ in fired(clock)] == ["percent", "percent"]


def test_a_warning_given_before_a_pause_is_not_given_again_after_it():
    clock = start("2026-03-02 08:30", RESOLUTION)
    fire("2026-03-02 15:45")
    engine.observe(clock, [heard("wait", "2026-03-02 16:00", hold="customer")])
    assert only(clock).next_step_at is None
    engine.observe(clock, [heard("resume", "2026-03-03 09:00")])
    assert only(clock).next_step_at == only(clock).due_at
    assert fired(clock) == [("percent", "pending")]


@pytest.mark.parametrize(
    ("ladder", "risky"), [((("percent", 75), ("breach", 0)), [False, True]), ((("breach", 0),), [False, False])]
)
def test_a_promise_is_at_risk_from_its_last_warning_on(ladder, risky):
    policy = policy_row("risk", ladder=ladder)
    policy.escalation_rules.update(level=F("level") + 10)  # plans number them from 1
    clock, _rows = engine.start(policy=policy, priority="", heard=heard("customer open", "2026-03-02 10:00"))
    found = []
    for at in ("2026-03-02 11:00", "2026-03-02 11:31"):
        fire(at)
        found.append(only(clock).is_at_risk(beijing(at)))
        assert Milestone.objects.at_risk(beijing(at)).exists() is found[-1]
    assert found == risky


def test_a_met_milestone_fires_nothing():
    clock = start("2026-03-02 10:00")
    engine.observe(clock, [heard("reply", "2026-03-02 11:00")])
    assert fire("2026-03-02 18:00") == 0


def test_a_milestone_that_can_not_be_computed_does_not_stop_the_others__F17():
    clocks = [start("2026-03-02 10:00", ladder=(("breach", 0),))]
    policy = clocks[0].policy
    clocks += [
        engine.start(policy=policy, priority="", heard=heard("customer open", "2026-03-02 10:00"))[0] for _ in range(4)
    ]
    Milestone.objects.filter(clock=clocks[2]).update(pauses=[{"broken": True}])
    fire("2026-03-02 14:00")
    assert Escalation.objects.count() == 4
    poisoned = only(clocks[2])
    assert (poisoned.attempts, "KeyError" in poisoned.error) == (1, True)
    for _ in range(4):
        Milestone.objects.filter(pk=poisoned.pk).update(next_step_at=beijing("2026-03-02 12:00"))
        fire("2026-03-02 16:00")
    poisoned.refresh_from_db()
    assert (poisoned.next_step_at, poisoned.quarantined_at is not None) == (None, True)


def test_the_watchdog_leaves_alone_what_is_not_yet_late():
    start("2026-03-02 10:00", ladder=(("breach", 0),))
    with clock_at("2026-03-02 12:00:02"):
        assert fire_due(later_than=timedelta(seconds=3)) == 0
    with clock_at("2026-03-02 12:00:04"):
        assert fire_due(later_than=timedelta(seconds=3)) == 1


def test_a_run_whose_every_fact_was_taken_back_stays_for_the_record_only():
    clock = start("2026-03-02 10:00", {"metric": "next_response", "amount": Decimal(3600)})
    engine.observe(clock, [heard("customer customer_message", "2026-03-02 10:00", "T-1#2")])
    fire("2026-03-02 11:30")
    engine.observe(clock, [heard("reply", "2026-03-02 11:40", "T-1#3")])
    engine.withdraw(clock, source="T-1#2", at=beijing("2026-03-02 11:45"))
    left = only(clock)
    assert (left.state, left.completed_at, left.met_by, left.next_step_at) == ("cancelled", None, None, None)
    assert left.escalations.count() == 2


def test_pauses_are_stored_in_utc_however_their_end_was_written():
    clock = start("2026-03-06 10:00", RESOLUTION)
    engine.observe(clock, [heard("wait", "2026-03-06 16:00", hold="scheduled", until="2026-03-09T10:00:00+08:00")])
    assert only(clock).pauses == [
        {"start": "2026-03-06T08:00:00+00:00", "end": "2026-03-09T02:00:00+00:00", "cause": "scheduled"}
    ]


def test_promises_that_are_switched_off_end_and_tell_no_more_but_keep_their_history__C16():
    clocks = [start("2026-03-02 10:00", ladder=(("breach", 0), ("after", 3600)))]
    policy = clocks[0].policy
    opening = heard("customer open", "2026-03-02 10:00")
    clocks += [engine.start(policy=policy, priority="", heard=opening)[0] for _ in range(2)]
    fire("2026-03-02 13:30")
    other = policy_row("without", {**RESOLUTION})
    for clock in clocks:
        engine.replan(clock, policy=other, priority="", heard=heard("system replan", "2026-03-02 13:40"))
    assert {(row.metric, row.state) for row in Milestone.objects.filter(clock__in=clocks)} == {
        ("first_response", "breached"), ("resolution", "running"),
    }  # fmt: skip
    assert fire("2026-03-02 17:29") == 3  # the warnings of what was put in their place
    assert Escalation.objects.filter(milestone__metric="first_response").count() == 3


# --- Proof -------------------------------------------------------------------------------------------------------


def test_the_counted_pieces_of_a_proof_add_up_to_the_budget():
    clock = start("2026-03-06 10:00", RESOLUTION)
    engine.observe(clock, [heard("wait", "2026-03-06 16:00", hold="customer"), heard("resume", "2026-03-09 10:00")])
    milestone = only(clock)
    proof = proof_of(milestone)
    counted = sum((piece.end - piece.start for piece in proof.pieces if piece.counted), timedelta())
    assert (proof.due_at, counted) == (beijing("2026-03-09 14:00"), hours(8))
    assert [piece.start for piece in proof.pieces[1:]] == [piece.end for piece in proof.pieces[:-1]]
    assert {piece.pause.cause for piece in proof.pieces if piece.reason == "pause"} == {"customer"}


def test_the_proof_of_a_paused_promise_ends_at_the_pause():
    clock = start("2026-03-06 10:00", RESOLUTION)
    engine.observe(clock, [heard("wait", "2026-03-06 16:00", hold="customer")])
    proof = proof_of(only(clock))
    assert proof.due_at is None
    assert proof.pieces[-1].end == beijing("2026-03-06 16:00")


# --- Refold = lived ----------------------------------------------------------------------------------------------

ACTS = (
    "agent accept,agent reply,bot reply,agent progress,customer customer_message,"
    "agent resolve,customer reopen,agent close"
)
acts = st.one_of(
    st.sampled_from(ACTS.split(",")).map(lambda words: (words, {})),
    st.sampled_from(list(Hold)).map(lambda hold: ("agent wait", {"hold": hold.value})),
    st.just(("agent resume", {})),
)
steps_of_life = st.lists(st.tuples(acts, st.integers(1, 900)), max_size=8)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps_of_life, st.booleans())
def test_refolding_all_facts_gives_what_living_through_them_gave__I8(life, swept):
    with transaction.atomic():
        savepoint = transaction.savepoint()
        targets = ({}, {"metric": "next_response", "amount": Decimal(3600)}, {**RESOLUTION, "calendar": "a12"})
        clock = engine.start(
            policy=policy_row("lived", *targets), priority="", heard=heard("customer open", "2026-02-27 16:00")
        )[0]
        at = beijing("2026-02-27 16:00")
        for (words, fields), minutes in life:
            at += timedelta(minutes=minutes)
            engine.observe(clock, [heard(words, at, **fields)])
            if swept:
                with clock_at(at):
                    fire_due()
        lived = [_told(row) for row in clock.milestones.order_by("metric", "number")]
        observations = list(clock.observations.all())
        fresh = sorted((_said(cycle) for cycle, _ in fold(facts_of(observations), [])), key=lambda one: one[:2])
        engine.refold(clock)
        assert [_told(row) for row in clock.milestones.order_by("metric", "number")] == lived == fresh
        transaction.savepoint_rollback(savepoint)


def _told(row: Milestone) -> tuple:
    return (
        row.metric,
        row.number,
        row.state,
        row.started_at,
        row.due_at,
        row.completed_at,
        row.stopped_at,
        row.met_by_id,
    )


def _said(cycle: Cycle) -> tuple:
    times = (cycle.started_at, cycle.due_at, cycle.completed_at, cycle.stopped_at)
    return (cycle.metric.value, cycle.number, cycle.state.value, *times, cycle.met_by)


def test_the_database_clock_moves_for_a_test_and_back():
    with clock_at("2026-03-02 10:00"):
        assert abs(database_now() - beijing("2026-03-02 10:00")) < timedelta(seconds=5)
    assert database_now() > beijing("2026-03-03 10:00")


def test_bots_and_rules_are_no_people__K02():
    clock = start("2026-03-02 10:00")
    assert heard("bot reply", "2026-03-02 10:01").actor.kind == ActorKind.BOT
    engine.observe(clock, [heard("bot reply", "2026-03-02 10:01"), heard("system reply", "2026-03-02 10:02")])
    assert only(clock).state == "running"
    assert {row.kind for row in clock.observations.all()} == {FactKind.OPEN, FactKind.REPLY}
