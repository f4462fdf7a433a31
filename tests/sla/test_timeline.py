"""Facts in, cycles out: what starts, pauses, meets and ends a promise, without a database."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.calendar import Calendar, Interval
from sla.timeline import ActorKind, Cycle, Fact, FactKind, Hold, Metric, State, Target, cycles
from tests.facts import CALENDARS, HANDLING, HUMAN_CONTACT, PAUSING, fact, fold, only, target, terms, waits
from tests.hours import beijing, hours


@pytest.mark.parametrize(
    ("what", "meets_y18", "meets_k02"),
    [
        ("accept", True, False),
        ("assign", True, False),
        ("progress", True, False),
        ("reply", True, True),
        ("call", True, True),
        ("bot reply", False, False),
        ("system reply", False, False),
        ("system assign", False, False),
        ("customer customer_message", False, False),
    ],
)
def test_each_plan_names_what_meets_its_first_response__Y18_K02_C22(what, meets_y18, meets_k02):
    for met_on, meets in ((HANDLING, meets_y18), (HUMAN_CONTACT, meets_k02)):
        cycle = fold(
            terms(target("first_response", 2, met_on=met_on)),
            fact("customer open", "2026-03-02 10:00"),
            fact(what, "2026-03-02 11:00"),
        )[0]
        assert (cycle.state == State.MET) is meets


@pytest.mark.parametrize(
    ("replied", "state"),
    [
        ("2026-03-02 12:00", State.MET),  # on the due instant is in time
        ("2026-03-02 12:00:00.000001", State.MET_LATE),
        ("2026-03-02 12:30", State.MET_LATE),  # nothing elapsed since, yet the promise is past
    ],
)
def test_a_breach_is_an_answer_after_the_due_instant_and_nothing_else(replied, state):
    cycle = only(terms(target("first_response", 2)), fact("customer open", "2026-03-02 10:00"), fact("reply", replied))
    assert cycle.due_at == beijing("2026-03-02 12:00")
    assert cycle.state == state


def test_a_pause_over_a_weekend_adds_its_working_time_only__C06():
    cycle = only(
        terms(target("resolution", 8, pauses_on=PAUSING)),
        fact("customer open", "2026-03-06 10:00"),
        waits("2026-03-06 16:00"),
        fact("resume", "2026-03-09 10:00"),
    )
    assert cycle.due_at == beijing("2026-03-09 14:00")


def test_a_pause_that_begins_after_the_due_instant_moves_nothing__C07():
    cycle = only(
        terms(target("resolution", 8, pauses_on=PAUSING), basis="from_creation"),
        fact("customer open", "2026-03-06 10:00"),
        waits("2026-03-06 16:00"),
        fact("resume", "2026-03-09 10:00"),
        Fact(FactKind.REPLAN, beijing("2026-03-09 11:00"), terms=terms(target("resolution", 4, pauses_on=PAUSING))),
    )
    assert cycle.due_at == beijing("2026-03-06 15:00")


def test_while_it_waits_a_promise_has_working_time_left_and_no_deadline():
    cycle = only(
        terms(target("resolution", 8, pauses_on=PAUSING)),
        fact("customer open", "2026-03-06 10:00"),
        waits("2026-03-06 16:00"),
    )
    assert (cycle.state, cycle.due_at, cycle.remaining) == (State.PAUSED, None, hours(3))


def test_an_agreed_date_ends_the_pause_by_itself():
    cycle = only(
        terms(target("resolution", 8, pauses_on=PAUSING)),
        fact("customer open", "2026-03-06 10:00"),
        waits("2026-03-06 16:00", Hold.SCHEDULED, until="2026-03-09 10:00"),
    )
    assert cycle.due_at == beijing("2026-03-09 14:00")


def test_work_taken_up_before_the_agreed_date_ends_the_pause_then():
    cycle = only(
        terms(target("resolution", 8, pauses_on=PAUSING)),
        fact("customer open", "2026-03-06 10:00"),
        waits("2026-03-06 16:00", Hold.SCHEDULED, until="2026-03-20 10:00"),
        fact("resume", "2026-03-09 10:00"),
    )
    assert cycle.due_at == beijing("2026-03-09 14:00")


def test_the_first_response_does_not_wait_for_the_customer_unless_the_policy_says_so__C24():
    facts = (fact("customer open", "2026-03-06 10:00"), waits("2026-03-06 10:30"), fact("resume", "2026-03-06 11:30"))
    assert only(terms(target("first_response", 2)), *facts).due_at == beijing("2026-03-06 12:00")
    paused = terms(target("first_response", 2, pauses_on=frozenset({"customer"})))
    assert only(paused, *facts).due_at == beijing("2026-03-06 14:00")


def test_resolving_out_of_a_pause_ends_the_pause_first__C09():
    cycle = only(
        terms(target("resolution", 8, pauses_on=PAUSING)),
        fact("customer open", "2026-02-02 09:00"),
        waits("2026-02-02 11:00"),
        fact("resolve", "2026-08-03 10:00"),
    )
    (pause,) = cycle.pauses
    assert (pause.start, pause.end) == (beijing("2026-02-02 11:00"), beijing("2026-08-03 10:00"))
    assert cycle.state == State.MET
    assert CALENDARS["A5"].elapsed(cycle.started_at, pause.start) == hours(2)


def test_an_end_stops_every_clock_where_it_stands__C08():
    found = fold(
        terms(target("first_response", 2), target("resolution", 24)),
        fact("customer open", "2026-03-02 09:00"),
        fact("close", "2026-03-02 14:00"),
    )
    assert {cycle.metric: cycle.state for cycle in found} == {
        Metric.FIRST_RESPONSE: State.BREACHED,  # due at 11:00 and never answered
        Metric.RESOLUTION: State.CANCELLED,
    }
    assert {cycle.stopped_at for cycle in found} == {beijing("2026-03-02 14:00")}


def test_a_further_answer_is_owed_from_the_first_unanswered_message__C19_C23():
    found = fold(
        terms(target("first_response", 4), target("next_response", 2)),
        fact("customer open", "2026-03-02 09:00"),
        fact("customer customer_message", "2026-03-02 09:10"),
        fact("reply", "2026-03-02 09:20"),
        fact("customer customer_message", "2026-03-02 10:00"),
        fact("customer customer_message", "2026-03-02 10:30"),
    )
    first, following = found
    assert first.state == State.MET
    assert (following.started_at, following.due_at) == (beijing("2026-03-02 10:00"), beijing("2026-03-02 12:00"))


def test_an_answered_message_owes_nothing__C19():
    found = fold(
        terms(target("next_response", 2)),
        fact("customer open", "2026-03-02 08:40"),
        fact("customer customer_message", "2026-03-02 09:00"),
        fact("reply", "2026-03-02 09:20"),
    )
    assert [cycle.state for cycle in found] == [State.MET]


def test_every_update_owes_the_next_one_until_the_end():
    found = fold(
        terms(target("update", 4, met_on=frozenset({"progress", "reply"}))),
        fact("customer open", "2026-03-02 09:00"),
        fact("progress", "2026-03-02 11:00"),
        fact("progress", "2026-03-02 17:00"),
        fact("resolve", "2026-03-03 09:00"),
    )
    assert [cycle.state for cycle in found] == [State.MET, State.MET_LATE, State.CANCELLED]


def test_no_news_is_owed_before_the_first_answer__C18():
    under = terms(target("first_response", 2), target("update", 0.5, met_on=frozenset({"progress", "reply"})))
    opened, answered = fact("customer open", "2026-03-02 09:00"), fact("reply", "2026-03-02 10:00")
    assert [one.due_at for one in fold(under, opened)] == [beijing("2026-03-02 11:00")]
    assert [one.due_at for one in fold(under, opened, answered) if not one.stopped_at] == [beijing("2026-03-02 10:30")]
    reopened = (opened, fact("close", "2026-03-02 09:10"), fact("agent reopen", "2026-03-02 09:20"))
    assert [one.metric for one in fold(under, *reopened) if not one.stopped_at] == [Metric.FIRST_RESPONSE]


@pytest.mark.parametrize(
    ("handed_over", "due"),
    [
        ("2026-09-28 10:00", "2026-10-05 17:30"),
        ("2026-09-26 10:00", "2026-10-02 17:30"),  # a Saturday: counting begins with Monday
    ],
)
def test_signing_is_due_at_the_close_of_the_fifth_working_day__K06(handed_over, due):
    sign = Target(Metric.SIGN_OFF, "A5", frozenset({"sign", "object"}), days=Decimal(5), rule="end_of_nth_day")
    cycle = only(terms(sign), fact("hand_over", handed_over))
    assert cycle.due_at == beijing(due)
    assert only(terms(sign), fact("hand_over", handed_over), fact("customer sign", due)).state == State.MET


def test_half_a_working_day_is_half_of_the_calendars_nominal_day__K02_C40():
    half = Target(Metric.FIRST_RESPONSE, "A5", HUMAN_CONTACT, days=Decimal("0.5"))
    cycle = only(terms(half), fact("customer open", "2026-03-06 16:00"))
    assert (cycle.due_at, cycle.budget) == (beijing("2026-03-09 11:00"), hours(4))


def test_a_calendar_that_never_opens_never_comes_due():
    CALENDARS["SHUT"] = Calendar.from_spec({"timezone": "Asia/Shanghai", "weekly": {}})
    cycle = only(terms(target("first_response", 2, on="SHUT")), fact("customer open", "2026-03-02 10:00"))
    assert (cycle.due_at, cycle.state) == (None, State.RUNNING)


ACTS = """
agent accept, agent progress, agent reply, bot reply, agent wait, agent resume, customer customer_message,
agent resolve, customer reopen, agent close, system replan
"""
KINDS = st.sampled_from([tuple(act.split()) for act in ACTS.split(",")])
ALL_METRICS = terms(
    target("first_response", 2, on="A12"), target("next_response", 2), target("update", 6),
    target("resolution", 30, on="A5", pauses_on=PAUSING),
)  # fmt: skip
FEWER_METRICS = terms(target("first_response", 1), target("resolution", 10, on="ALWAYS", pauses_on=PAUSING))


@st.composite
def histories(draw) -> list[Fact]:
    at = beijing("2026-02-27 07:00") + timedelta(minutes=draw(st.integers(0, 3000)))
    facts = [Fact(FactKind.OPEN, at, ActorKind.CUSTOMER, 0, terms=ALL_METRICS)]
    for ref in range(1, draw(st.integers(1, 14))):
        actor, kind = draw(KINDS)
        at += timedelta(minutes=draw(st.integers(0, 1500)))
        hold = draw(st.sampled_from(list(Hold))) if kind == "wait" else None
        until = at + timedelta(hours=draw(st.integers(1, 60))) if hold == Hold.SCHEDULED else None
        given_terms = draw(st.sampled_from([ALL_METRICS, FEWER_METRICS])) if kind == "replan" else None
        facts.append(Fact(FactKind(kind), at, ActorKind(actor), ref, hold, until, given_terms))
    return facts


def folded(facts: list[Fact]) -> list[Cycle]:
    return cycles(facts, lambda code, metric, number: CALENDARS[code])


@given(histories(), st.randoms())
def test_the_order_in_which_facts_were_recorded_does_not_matter(facts, chance):
    shuffled = facts[:]
    chance.shuffle(shuffled)
    assert folded(shuffled) == folded(facts)


@given(histories())
def test_the_open_time_between_start_and_due_outside_pauses_is_the_budget(facts):
    for cycle in folded(facts):
        if cycle.due_at is None:
            assert cycle.remaining is not None
            continue
        before_due = [pause for pause in cycle.pauses if pause.start < cycle.due_at]
        gaps = [Interval(pause.start, min(pause.end or cycle.due_at, cycle.due_at)) for pause in before_due]
        paused = sum((cycle.calendar.elapsed(gap.start, gap.end) for gap in gaps), timedelta())
        assert cycle.calendar.elapsed(cycle.started_at, cycle.due_at) - paused == cycle.budget


@given(histories())
def test_no_deadline_lies_in_closed_time_but_at_a_closing_edge(facts):
    for cycle in folded(facts):
        if cycle.due_at:
            just_before = cycle.due_at - timedelta(microseconds=1)
            assert cycle.calendar.is_open(cycle.due_at) or cycle.calendar.is_open(just_before)


@given(histories())
def test_an_ended_ticket_has_no_running_clock(facts):
    ends = {FactKind.RESOLVE, FactKind.CLOSE}
    last = [fact for fact in facts if fact.kind in ends | {FactKind.REOPEN}]
    if last and last[-1].kind in ends:
        assert all(cycle.stopped_at for cycle in folded(facts) if cycle.started_at <= last[-1].at)


@given(histories())
def test_a_met_promise_names_the_human_act_that_met_it(facts):
    by_ref = {fact.ref: fact for fact in facts}
    for cycle in folded(facts):
        if cycle.completed_at:
            evidence = by_ref[cycle.met_by]
            assert evidence.at == cycle.completed_at
            assert evidence.actor in (ActorKind.AGENT, ActorKind.CUSTOMER)
            assert evidence.kind in cycle.target.met_on
