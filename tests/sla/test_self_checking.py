from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sla import self_checking
from sla.clock import database_now
from sla.models import Drift, Milestone, SelfCheck
from tests.clocks import clock_at
from tests.hours import beijing
from tests.world import World
from tickets.actions import ticket as acts
from tickets.models import Ticket
from tickets.rounds.dispatch import sweep

pytestmark = pytest.mark.django_db


def whole_check() -> SelfCheck:
    """Run one check to its end, in small batches."""
    assert self_checking.begin(at=database_now())
    while self_checking.go_on(limit=2):
        pass
    return SelfCheck.objects.latest("pk")


def milestone_of(ticket: Ticket) -> Milestone:
    return Milestone.objects.get(clock__ticket_clock__ticket=ticket)


@pytest.fixture
def tickets(world: World) -> list[Ticket]:
    """Five tickets: untouched, escalated, waiting, answered, and one of the other plan."""
    opened = [world.open_ticket(f"报错 {number}", at="2026-11-02 09:00") for number in range(4)]
    with clock_at("2026-11-02 10:45"):
        sweep()
    with clock_at("2026-11-02 10:50"):
        acts.wait(ticket=opened[2], wait_for="customer", until=None, actor=world.agent, at=database_now())
        acts.reply(ticket=opened[3], body="请重新结账。", actor=world.agent, at=database_now())
    return [*opened, world.open_ticket("凭证报错", side=world.kingdee, at="2026-11-02 09:00")]


def test_a_check_finds_nothing_where_stored_is_what_the_facts_say(tickets: list[Ticket]) -> None:
    with clock_at("2026-11-02 11:00"):
        check = whole_check()
    still_open = Milestone.objects.open().values("clock").distinct().count()
    assert still_open > 0
    assert (check.checked, check.drifted) == (still_open, 0)
    assert check.finished_at is not None
    assert not Drift.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"due_at": beijing("2026-11-02 12:00")}, "due_at"),
        ({"started_at": beijing("2026-11-02 08:59")}, "started_at"),
        ({"state": "paused"}, "state"),
        ({"budget": timedelta(hours=3)}, "budget"),
        ({"is_provisional": True}, "is_provisional"),
        ({"next_step_at": None}, "next_step_at"),
        ({"next_step_at": beijing("2026-11-05 09:00")}, "next_step_at"),
    ],
)
def test_what_was_stored_otherwise_is_told_with_the_tickets_number(
    tickets: list[Ticket], change: dict[str, Any], field: str
) -> None:
    Milestone.objects.filter(pk=milestone_of(tickets[0]).pk).update(**change)
    with clock_at("2026-11-02 10:50"):
        assert whole_check().drifted == 1
    drift = Drift.objects.get()
    assert drift.thing == tickets[0].number
    assert drift.differences.keys() == {field}
    stored, folded = drift.differences[field]
    assert stored != folded


def test_a_milestone_that_no_fact_speaks_of_is_found(tickets: list[Ticket]) -> None:
    lone = milestone_of(tickets[0])
    Milestone.objects.create(
        clock=lone.clock, metric="resolution", number=1, target=lone.target, state="running",
        calendar_version=lone.calendar_version, started_at=lone.started_at, due_at=lone.due_at,
    )  # fmt: skip
    with clock_at("2026-11-02 10:50"):
        whole_check()
    assert Drift.objects.get().differences == {"milestone": ["running", None]}


def test_a_difference_is_told_once_and_settled_when_it_is_gone(tickets: list[Ticket]) -> None:
    row = milestone_of(tickets[0])
    Milestone.objects.filter(pk=row.pk).update(due_at=row.due_at + timedelta(hours=1))
    with clock_at("2026-11-02 10:50"):
        whole_check()
        whole_check()
        assert Drift.objects.filter(settled_at=None).count() == 1
        Milestone.objects.filter(pk=row.pk).update(due_at=row.due_at)
        assert whole_check().drifted == 0
    assert Drift.objects.get().settled_at is not None


def test_two_checks_never_run_at_once_and_one_goes_on_where_it_was_left(tickets: list[Ticket]) -> None:
    with clock_at("2026-11-02 10:50"):
        assert self_checking.begin(at=database_now())
        assert self_checking.go_on(limit=2)
        assert self_checking.begin(at=database_now()) is None
        while self_checking.go_on(limit=2):
            pass
        assert self_checking.go_on() is False
    assert SelfCheck.objects.get().finished_at is not None


def test_a_batch_costs_the_same_queries_however_many_clocks(
    tickets: list[Ticket], world: World, django_assert_max_num_queries: Any
) -> None:
    for number in range(10):
        world.open_ticket(f"再报 {number}", at="2026-11-02 09:00")
    self_checking.begin(at=database_now())
    with django_assert_max_num_queries(20):
        self_checking.go_on()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=st.lists(st.sampled_from(["accept", "reply", "wait", "resume", "resolve", "reopen", "sweep"]), max_size=6))
def test_whatever_people_do_the_check_finds_nothing(world: World, deeds: list[str]) -> None:
    ticket = world.open_ticket("报错", at="2026-11-02 09:00")
    for hour, deed in enumerate(deeds, start=10):
        with clock_at(f"2026-11-02 {hour}:05"):
            _do(deed, ticket, world)
    with clock_at("2026-11-02 20:00"):
        assert whole_check().drifted == 0


def _do(deed: str, ticket: Ticket, world: World) -> None:
    at, words = database_now(), {"body": "好的。"}
    ticket.refresh_from_db()
    more = {"reply": words, "resolve": words, "reopen": words, "wait": {"wait_for": "customer", "until": None}}
    if deed == "sweep":
        sweep()
    elif _may(deed, ticket):
        getattr(acts, deed)(ticket=ticket, actor=world.agent, at=at, **more.get(deed, {}))


def _may(deed: str, ticket: Ticket) -> bool:
    if deed == "reopen":
        return ticket.status == "resolved"
    if deed == "resume":
        return ticket.status == "waiting_customer"
    return ticket.status != "resolved" and not (deed == "accept" and ticket.assignee_id)
