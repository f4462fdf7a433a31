"""A contract promises something else from now on: its open tickets follow, with who decided it and why."""

from datetime import timedelta
from decimal import Decimal

import pytest

from plans.actions import NewTarget, change_plan, end, override, override_calendar, set_switch, withdraw
from plans.actions.contracts import Agreed, Owned, sign
from plans.actions.switches import unset_switch
from plans.models import Amendment, Branch, Plan
from plans.refusals import RefusedError
from tests.clocks import clock_at
from tests.hours import beijing
from tests.terms import promised
from tests.world import ENDS, STARTS, Side, World
from tickets.actions import ticket as actions
from tickets.models import Ticket
from tickets.rounds import dispatch
from tickets.showing.happenings import words_of
from tickets.showing.names import Names

AT = beijing("2026-09-28 09:30")


def sweep(at: str = "2026-09-28 09:30:01") -> None:
    with clock_at(at):
        assert dispatch.sweep()
    assert not Amendment.objects.filter(finished_at=None).exists()


def again(ticket: Ticket) -> Ticket:
    return Ticket.objects.select_related("contract__plan").get(pk=ticket.pk)


def last(ticket: Ticket):
    return ticket.events.order_by("number").last()


def agree(world: World, hours: float, side: Side | None = None) -> None:
    override(
        contract=(side or world.yonsuite).contract, target=NewTarget("first_response", Decimal(int(hours * 3600))),
        reason="大客户特批", actor=world.manager, at=AT,
    )  # fmt: skip


def test_a_target_of_its_own_reaches_what_is_open_under_the_contract__Y07_C41(world: World):
    ticket, other = world.open_ticket(at="2026-09-28 09:00"), world.open_ticket(side=world.kingdee)
    agree(world, 1)
    sweep()
    assert again(ticket).next_due_at == beijing("2026-09-28 10:00")
    event = last(ticket)
    assert (event.kind, event.actor_display) == ("reclassified", "郑经理")
    assert words_of(event, Names()) == (
        "郑经理 变更：合同约定；首次响应时限由 09-28 11:00 改为 09-28 10:00。理由：大客户特批"
    )
    assert other.events.count() == 1


def test_the_same_target_agreed_anew_reaches_it_as_a_new_version__C41(world: World):
    agree(world, 1)
    ticket = world.open_ticket(at="2026-09-28 09:00")
    sweep()
    agree(world, 3)
    sweep("2026-09-28 09:31")
    assert again(ticket).next_due_at == beijing("2026-09-28 12:00")
    assert (last(ticket).kind, last(ticket).fields["cause"]) == ("deadline_moved", "大客户特批")


def test_an_agreement_taken_back_gives_the_plans_own_time_back__C16(world: World):
    agree(world, 1)
    sweep()
    ticket = world.open_ticket(at="2026-09-28 09:00")
    said = {"contract": world.yonsuite.contract, "metric": "first_response", "actor": world.manager, "at": AT}
    withdraw(**said, reason="特批到期")
    sweep("2026-09-28 09:31")
    assert again(ticket).next_due_at == beijing("2026-09-28 11:00")
    assert promised(ticket)["first_response"].target.policy.code == "yonsuite-premier-ticket"
    assert "撤销约定" in words_of(last(ticket), Names())
    with pytest.raises(RefusedError) as refused:
        withdraw(**said, reason="再来")
    assert refused.value.code == "nothing_agreed"


def test_hours_that_were_agreed_stay_when_a_target_is_taken_back(world: World):
    contract = world.yonsuite.contract
    override_calendar(
        contract=contract, promise="Y07", calendar="yonsuite-7x24", reason="全天", actor=world.manager, at=AT
    )
    agree(world, 1)
    ticket = world.open_ticket(at="2026-09-28 23:00")
    assert ticket.next_due_at == beijing("2026-09-29 00:00")
    withdraw(contract=contract, metric="first_response", reason="到期", actor=world.manager, at=AT)
    sweep("2026-09-28 23:01")
    assert again(ticket).next_due_at == beijing("2026-09-29 01:00")


def test_a_switch_to_the_branch_ends_what_headquarters_promised_and_back__Y19(world: World):
    contract = world.yonsuite.contract
    contract.branch = Branch.objects.create(code="bkk", name="曼谷", name_en="Bangkok", calendar="yonsuite-7x12")
    contract.save()
    ticket = world.open_ticket(at="2026-09-28 09:00")
    set_switch(contract=contract, name="served_by_branch", value="branch", reason="属地", actor=world.manager, at=AT)
    sweep()
    assert again(ticket).next_due_at is None
    unset_switch(contract=contract, name="served_by_branch", actor=world.manager)
    Amendment.objects.update(retry_at=AT)
    sweep("2026-09-28 09:40")
    row = promised(ticket)["first_response"]
    assert (row.number, row.due_at, again(ticket).next_due_at) == (1, beijing("2026-09-28 11:00"), row.due_at)


def test_a_higher_plan_promises_its_time_to_what_is_open_already__C41(world: World):
    plan = Plan.objects.current().get(code="yonsuite-standard")
    contract = sign(
        customer=world.yonsuite.customer, plan=plan, number="C-Y-9", starts_on=STARTS, ends_on=ENDS,
        agreed=Agreed(products=(Owned(world.yonsuite.product, tenant="second"),)),
    )  # fmt: skip
    side = Side(world.yonsuite.customer, contract, world.yonsuite.contact, world.yonsuite.product)
    ticket = world.open_ticket(side=side, at="2026-09-28 09:00")
    assert (ticket.next_due_at, ticket.outcome) == (None, "chargeable")
    premier = Plan.objects.current().get(code="yonsuite-premier")
    change_plan(contract=contract, plan=premier, reason="升到尊享", actor=world.manager, at=AT)
    sweep()
    ticket = again(ticket)
    assert (ticket.next_due_at, ticket.outcome, ticket.plan_rank) == (beijing("2026-09-28 11:00"), "covered", 40)
    assert "成功计划由 标准客户成功计划 改为 尊享客户成功计划" in words_of(last(ticket), Names())
    assert contract.entitlements.filter(item__service="ticket").count() == 1


@pytest.mark.parametrize(
    ("plan", "reason", "code"),
    [
        ("yonsuite-premier", "x", "same_plan"),
        ("kingdee-advanced", "x", "other_kind_of_plan"),
        ("yonsuite-standard", " ", "reason_missing"),
    ],
)
def test_a_plan_is_changed_for_another_of_its_kind(world: World, plan, reason, code):
    wanted = Plan.objects.current().get(code=plan)
    with pytest.raises(RefusedError) as refused:
        change_plan(contract=world.yonsuite.contract, plan=wanted, reason=reason, actor=world.manager, at=AT)
    assert refused.value.code == code


def test_a_plan_that_would_lose_what_was_agreed_is_refused(world: World):
    agree(world, 1)
    lower = Plan.objects.current().get(code="yonsuite-standard")
    with pytest.raises(RefusedError) as refused:
        change_plan(contract=world.yonsuite.contract, plan=lower, reason="降级", actor=world.manager, at=AT)
    assert (refused.value.code, bool(refused.value.ways_on)) == ("agreement_would_be_lost", True)


def test_a_contract_that_ends_does_not_throw_out_what_was_accepted(world: World):
    ticket = world.open_ticket(at="2026-09-28 09:00")
    end(contract=world.yonsuite.contract, on=beijing("2026-09-01 00:00").date(), actor=world.manager)
    Amendment.objects.update(retry_at=AT)
    sweep()
    assert (again(ticket).next_due_at, ticket.events.count()) == (beijing("2026-09-28 11:00"), 1)


def test_what_ended_and_what_was_missed_stay_as_they_were__C42(world: World):
    ended, missed = world.open_ticket(at="2026-09-28 09:00"), world.open_ticket(at="2026-09-25 09:00")
    actions.close(ticket=ended, actor=world.agent, at=AT - timedelta(minutes=5))
    agree(world, 0.25)
    sweep()
    assert promised(ended)["first_response"].target.policy.code == "yonsuite-premier-ticket"
    row = promised(missed)["first_response"]
    assert (row.due_at, row.target.policy.code) == (beijing("2026-09-25 11:00"), "yonsuite-premier-ticket")


def test_a_ticket_that_cannot_follow_does_not_stop_the_others__F17(world: World):
    tickets = [world.open_ticket(at="2026-09-28 09:00") for _ in range(3)]
    bad = tickets[1].ticket_clocks.get().clock
    bad.observations.update(fields={"policy": "?", "priority": ""})
    agree(world, 1)
    with clock_at("2026-09-28 09:30:01"):
        dispatch.sweep()
    dues = [again(ticket).next_due_at for ticket in tickets]
    assert dues == [beijing(f"2026-09-28 {hour}:00") for hour in (10, 11, 10)]
    amendment = Amendment.objects.get()
    assert (amendment.attempts, amendment.finished_at) == (1, None)
    for minutes in (5, 20, 120, 240):
        with clock_at(AT + timedelta(minutes=minutes)):
            dispatch.sweep()
    amendment.refresh_from_db()
    assert (amendment.finished_at is not None, tickets[1].number in amendment.error) == (True, True)
