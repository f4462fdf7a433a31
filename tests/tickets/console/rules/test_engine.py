from datetime import timedelta

import pytest
from django.test import Client

from plans.models import Role
from sla import self_checking
from sla.clock import database_now
from sla.models import Drift, Milestone, SelfCheck
from tests.clocks import clock_at
from tests.world import World, person
from tickets.models import Ticket, TicketEvent
from tickets.rounds import dispatch

PAGE = "/console/rules/engine/"


@pytest.fixture
def manager(client: Client, world: World) -> Client:
    client.force_login(world.manager)
    return client


@pytest.fixture
def drifted(world: World) -> Ticket:
    """Return a ticket whose deadline somebody changed behind the engine's back, found by a check."""
    ticket = world.open_ticket("月结报错", at="2026-09-28 09:30")
    rows = Milestone.objects.filter(clock__ticket_clock__ticket=ticket)
    rows.update(due_at=rows.get().due_at + timedelta(hours=3))
    check()
    return ticket


def check() -> None:
    self_checking.begin(at=database_now())
    while self_checking.go_on():
        pass


def test_the_page_says_that_all_agrees_once_a_check_found_nothing(manager: Client, world: World) -> None:
    assert "还没有自检过" in manager.get(PAGE).content.decode()
    world.open_ticket("月结报错", at="2026-09-28 09:30")
    check()
    assert "核对了 1 个计时，没有出入" in manager.get(PAGE).content.decode()


def test_the_page_names_the_ticket_and_what_differs(manager: Client, drifted: Ticket) -> None:
    page = manager.get(PAGE).content.decode()
    assert f"/console/tickets/{drifted.number}/" in page
    assert "2026-09-28 14:30:00" in page
    assert "2026-09-28 11:30:00" in page


def test_a_manager_folds_a_drifted_clock_anew_and_the_ledger_says_so(manager: Client, drifted: Ticket) -> None:
    drift = Drift.objects.get()
    answer = manager.post(f"{PAGE}drifts/{drift.pk}/repair/", follow=True)
    assert f"{drifted.number} 已按事实重算" in answer.content.decode()
    drift.refresh_from_db()
    drifted.refresh_from_db()
    due_at = Milestone.objects.get(clock__ticket_clock__ticket=drifted).due_at
    assert drift.settled_at is not None
    assert drifted.next_due_at == due_at
    line = drifted.events.latest("number")
    assert [move["new_due_at"] for move in line.fields["moves"]] == ["2026-09-28T03:30:00Z"]
    assert (line.kind, line.fields["cause"]) == (TicketEvent.Kind.DEADLINE_MOVED, "self_check")
    check()
    assert SelfCheck.objects.latest("pk").drifted == 0
    assert manager.post(f"{PAGE}drifts/{drift.pk}/repair/").status_code == 404


def test_a_timer_that_was_lost_is_set_again_and_its_breach_is_told(manager: Client, world: World) -> None:
    ticket = world.open_ticket("月结报错", at="2026-09-28 08:30")
    Milestone.objects.filter(clock__ticket_clock__ticket=ticket).update(next_step_at=None)
    check()
    manager.post(f"{PAGE}drifts/{Drift.objects.get().pk}/repair/")
    check()
    assert SelfCheck.objects.latest("pk").drifted == 0
    with clock_at("2026-09-28 10:31"):
        dispatch.sweep()
    told = ticket.events.filter(kind=TicketEvent.Kind.ESCALATED)
    assert [line.fields["mark"] for line in told] == ["breach"]


def test_a_check_is_begun_by_hand_but_not_twice(manager: Client) -> None:
    assert "已开始自检" in manager.post(f"{PAGE}check/", follow=True).content.decode()
    assert "自检正在进行" in manager.post(f"{PAGE}check/", follow=True).content.decode()
    assert SelfCheck.objects.count() == 1


def test_the_page_shows_how_fast_steps_were_noticed_and_who_is_silent(manager: Client, world: World) -> None:
    world.open_ticket("月结报错", at="2026-09-28 08:30")
    # Three quarters of two hours have passed: the warning is due at this very instant.
    dispatch.beat_hearts("clock", at=database_now() - timedelta(minutes=5))
    dispatch.sweep()
    page = manager.get(PAGE).content.decode()
    assert "停了 5 分钟" in page
    assert '<svg width="100%" height="120"' in page


@pytest.mark.parametrize(("role", "reads", "writes"), [(Role.AGENT, 403, 403), (Role.LEAD, 200, 403)])
def test_leads_read_and_only_managers_act(client: Client, drifted: Ticket, role: str, reads: int, writes: int) -> None:
    client.force_login(person("somebody", "某人", role))
    assert client.get(PAGE).status_code == reads
    assert client.post(f"{PAGE}check/").status_code == writes
    assert client.post(f"{PAGE}drifts/{Drift.objects.get().pk}/repair/").status_code == writes
