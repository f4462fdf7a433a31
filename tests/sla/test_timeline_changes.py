"""Reopening, and a change of the terms under way: what runs on, what starts again and what stays judged."""

import pytest

from sla.timeline import Fact, FactKind, Metric, State, Terms
from tests.facts import PAUSING, fact, fold, only, target, terms, waits
from tests.hours import beijing, hours


@pytest.mark.parametrize(
    ("reopening", "due"),
    [("resume", "2026-03-03 09:00"), ("restart", "2026-03-03 11:00"), ("none", None)],
)
def test_a_reopened_ticket_counts_on_as_the_policy_says__C38(reopening, due):
    found = fold(
        terms(target("resolution", 8, on="A12"), reopening=reopening),
        fact("customer open", "2026-03-02 09:00"),
        fact("resolve", "2026-03-02 11:00"),
        fact("customer reopen", "2026-03-02 15:00"),
    )
    running = [cycle for cycle in found if cycle.stopped_at is None]
    assert [cycle.due_at for cycle in running] == ([beijing(due)] if due else [])


@pytest.mark.parametrize(("basis", "due"), [("from_creation", "11:00"), ("from_change", "14:00")])
def test_a_change_of_priority_counts_from_where_the_policy_says__C41(basis, due):
    cycle = only(
        terms(target("resolution", 8, on="A12")),
        fact("customer open", "2026-03-02 09:00"),
        Fact(FactKind.REPLAN, beijing("2026-03-02 12:00"), terms=terms(target("resolution", 2, on="A12"), basis=basis)),
    )
    assert cycle.due_at == beijing(f"2026-03-02 {due}")


def test_what_was_met_under_the_old_policy_stays_met__C42():
    cycle = only(
        terms(target("first_response", 4)),
        fact("customer open", "2026-03-02 09:00"),
        fact("reply", "2026-03-02 11:30"),
        Fact(FactKind.REPLAN, beijing("2026-03-03 09:00"), terms=terms(target("first_response", 2))),
    )
    assert (cycle.state, cycle.target.budget) == (State.MET, hours(4))


def test_a_policy_without_an_update_ends_the_update_clock__C17():
    found = fold(
        terms(target("first_response", 2), target("update", 1)),
        fact("customer open", "2026-03-02 09:00"),
        Fact(FactKind.REPLAN, beijing("2026-03-02 09:30"), terms=terms(target("first_response", 2))),
    )
    assert [cycle.metric for cycle in found if cycle.stopped_at is None] == [Metric.FIRST_RESPONSE]


@pytest.mark.parametrize(("basis", "due"), [("from_creation", "17:00"), ("from_change", "17:30")])
def test_a_policy_with_a_resolution_starts_one_under_way(basis, due):
    found = fold(
        terms(target("first_response", 2)),
        fact("customer open", "2026-03-02 10:00"),
        fact("reply", "2026-03-02 10:20"),
        Fact(FactKind.REPLAN, beijing("2026-03-02 10:30"), terms=terms(target("resolution", 6), basis=basis)),
    )
    assert [cycle.due_at for cycle in found if cycle.stopped_at is None] == [beijing(f"2026-03-02 {due}")]


def test_a_policy_with_a_first_response_owes_none_to_whom_was_answered():
    found = fold(
        terms(target("resolution", 8)),
        fact("customer open", "2026-03-02 10:00"),
        fact("reply", "2026-03-02 10:20"),
        Fact(
            FactKind.REPLAN,
            beijing("2026-03-02 10:30"),
            terms=terms(target("resolution", 8), target("first_response", 2)),
        ),
    )
    assert [cycle.metric for cycle in found] == [Metric.RESOLUTION]


def test_what_was_missed_before_a_change_stays_judged_by_the_old_promise__C42():
    shorter = terms(target("first_response", 1))
    cycle = only(
        terms(target("first_response", 2)),
        fact("customer open", "2026-03-02 09:00"),
        Fact(FactKind.REPLAN, beijing("2026-03-02 11:00:01"), terms=shorter),
    )
    assert cycle.due_at == beijing("2026-03-02 11:00")
    on_the_minute = only(
        terms(target("first_response", 2)),
        fact("customer open", "2026-03-02 09:00"),
        Fact(FactKind.REPLAN, beijing("2026-03-02 11:00"), terms=shorter),
    )
    assert on_the_minute.due_at == beijing("2026-03-02 10:00")


@pytest.mark.parametrize("ending", ["close", "resolve"])
def test_an_end_without_an_answer_does_not_forgive_the_first_response_of_what_is_reopened(ending):
    under = terms(target("first_response", 4), target("next_response", 2))
    silent = (
        fact("customer open", "2026-03-02 09:00"), fact(ending, "2026-03-02 10:00"),
        fact("customer reopen", "2026-03-02 14:00"), fact("customer customer_message", "2026-03-02 14:00"),
    )  # fmt: skip
    (first,) = fold(under, *silent)
    assert (first.state, first.due_at) == (State.RUNNING, beijing("2026-03-02 17:00"))
    cut_off, again = fold(terms(target("first_response", 4), reopening="restart"), *silent)
    assert (cut_off.state, again.started_at) == (State.CANCELLED, beijing("2026-03-02 14:00"))
    given = (silent[0], fact("reply", "2026-03-02 09:30"), *silent[1:])
    assert [one.metric for one in fold(under, *given) if one.stopped_at is None] == [Metric.NEXT_RESPONSE]


def test_a_policy_that_ends_with_the_ticket_owes_no_first_response_after_it():
    found = fold(
        terms(target("first_response", 4), reopening="none"),
        fact("customer open", "2026-03-02 09:00"),
        fact("close", "2026-03-02 10:00"),
        fact("customer reopen", "2026-03-02 14:00"),
    )
    assert [one.state for one in found] == [State.CANCELLED]


def test_a_customer_who_reopens_without_a_word_is_owed_an_answer():
    life = (fact("customer open", "2026-03-02 09:00"), fact("resolve", "2026-03-02 10:00"))
    for who, owed in (("customer", [beijing("2026-03-02 15:00")]), ("agent", [])):
        found = fold(terms(target("next_response", 2)), *life, fact(f"{who} reopen", "2026-03-02 13:00"))
        assert [one.due_at for one in found] == owed


def test_reopening_does_not_bring_back_what_a_change_of_terms_took_away__C17():
    found = fold(
        terms(target("first_response", 2), target("resolution", 8)),
        fact("customer open", "2026-03-02 09:00"),
        fact("reply", "2026-03-02 09:10"),
        Fact(FactKind.REPLAN, beijing("2026-03-02 09:30"), terms=terms(target("first_response", 2))),
        fact("resolve", "2026-03-02 10:00"),
        fact("customer reopen", "2026-03-02 14:00"),
    )
    assert [one for one in found if one.stopped_at is None] == []


def test_what_is_taken_up_again_runs_under_the_terms_in_force():
    found = fold(
        terms(target("resolution", 8)),
        fact("customer open", "2026-03-02 09:00"),
        fact("resolve", "2026-03-02 10:00"),
        Fact(FactKind.REPLAN, beijing("2026-03-02 11:00"), terms=terms(target("resolution", 3))),
        fact("customer reopen", "2026-03-02 14:00"),
    )
    assert [one.due_at for one in found] == [beijing("2026-03-02 16:00")]


def test_nothing_waits_after_the_end__C09():
    life = (fact("customer open", "2026-03-02 09:00"), fact("resolve", "2026-03-02 10:00"))
    reopened = fact("customer reopen", "2026-03-02 14:00")
    under = terms(target("resolution", 8, pauses_on=PAUSING))
    for late in ((), (waits("2026-03-02 11:00"),)):
        assert only(under, *life, *late, reopened).due_at == only(under, *life, reopened).due_at is not None


def test_what_other_terms_dropped_by_mistake_goes_on_as_it_was__C17_C21():
    under = terms(target("first_response", 4), target("resolution", 8))
    life = (fact("customer open", "2026-03-02 09:00"),)
    away = Fact(FactKind.REPLAN, beijing("2026-03-02 10:00"), terms=None)
    back = Fact(FactKind.REPLAN, beijing("2026-03-02 11:00"), terms=under)
    told = [(one.metric, one.number, one.due_at, one.state) for one in fold(under, *life)]
    assert {one.state for one in fold(under, *life, away)} == {State.CANCELLED}
    assert [(one.metric, one.number, one.due_at, one.state) for one in fold(under, *life, away, back)] == told
    answered = fold(under, *life, away, fact("reply", "2026-03-02 10:30"), back)
    assert [one.metric for one in answered if one.stopped_at is None] == [Metric.RESOLUTION]


def test_what_was_missed_before_it_was_dropped_is_missed_once__C42():
    under = terms(target("first_response", 1))
    life = (fact("customer open", "2026-03-02 09:00"),)
    away = Fact(FactKind.REPLAN, beijing("2026-03-02 10:30"), terms=None)
    back = Fact(FactKind.REPLAN, beijing("2026-03-02 11:00"), terms=terms(target("first_response", 4)))
    (cycle,) = fold(under, *life, away, back)
    assert (cycle.due_at, cycle.stopped_at) == (beijing("2026-03-02 10:00"), None)


@pytest.mark.parametrize(("basis", "due"), [("from_creation", "12:00"), ("from_change", "14:30")])
def test_what_nothing_timed_is_timed_once_terms_come__C41(basis, due):
    at_last = terms(target("first_response", 3), basis=basis)
    found = fold(
        Terms({}),
        fact("customer open", "2026-03-02 09:00"),
        Fact(FactKind.REPLAN, beijing("2026-03-02 10:30"), terms=at_last),
    )
    assert [one.due_at for one in found] == [beijing(f"2026-03-02 {due}")]
