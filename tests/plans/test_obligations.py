"""What a contract owes by when: laid out at signing, followed, delivered, waived, and changed with its contract."""

from dataclasses import replace
from datetime import date

import pytest

from plans.actions import change_plan, end, obligations
from plans.actions.obligations import agree_frequency, lay_out, meet, meet_next, take_back, waive
from plans.actions.obligations.timing import put_on_hours
from plans.actions.overrides import override_calendar, rescind
from plans.models import Branch, Contract, Obligation, Plan
from plans.obligations.schedule import Frequency, Period
from plans.refusals import RefusedError
from sla.actions import put_policy, retire_policy, terms_of
from sla.models import Escalation, Milestone, Policy
from tests.clocks import clock_at
from tests.hours import beijing
from tests.owing import FIRST, LAST, entitled, owed, signed
from tests.world import World
from tickets.rounds import dispatch

State = Obligation.State


@pytest.fixture
def contract(world: World) -> Contract:
    """Return a premier contract over 2026, signed the week before it begins."""
    return signed(world, "yonsuite-premier", "C-O-1")


@pytest.mark.parametrize(("promise", "due"), [
    ("Y13", ["2026-06-30", "2026-12-31"]),
    ("Y14", ["2026-03-31", "2026-06-30", "2026-09-30", "2026-12-31"]),
    ("Y15", ["2026-03-31", "2026-06-30", "2026-09-30", "2026-12-31"]),
    ("Y22", []),
])  # fmt: skip
def test_signing_lays_out_what_is_owed_over_the_term__Y13_Y14_Y15_Y22(contract: Contract, promise, due):
    assert [row.due_on.isoformat() for row in owed(contract, promise)] == due


def test_reports_are_owed_at_half_year_and_year__K13(world: World):
    contract = signed(world, "kingdee-advanced", "C-O-2", date(2026, 7, 1), date(2027, 6, 30))
    assert [row.due_on for row in owed(contract, "K13")] == [date(2026, 12, 31), date(2027, 6, 30)]
    assert not owed(contract, "K10"), "how often is for the contract to say"


def test_a_clock_follows_it_from_its_first_day_and_no_earlier__Y14(contract: Contract):
    with clock_at("2025-12-31 23:59"):
        dispatch.sweep()
    assert not contract.obligations.filter(clock__isnull=False).exists()
    with clock_at("2026-01-01 00:01"):
        dispatch.sweep()
    first = owed(contract, "Y14")[0]
    milestone = Milestone.objects.get(clock=first.clock)
    assert (milestone.started_at, milestone.due_at) == (beijing("2026-01-01 00:00"), beijing("2026-03-31 20:30"))
    assert contract.obligations.filter(clock__isnull=False).count() == 3


@pytest.mark.parametrize(("at", "state"), [
    ("2026-02-10 10:00", State.MET),
    ("2026-03-31 20:30", State.MET),
    ("2026-03-31 20:31", State.LATE),
])  # fmt: skip
def test_delivery_is_in_time_until_the_close_of_the_last_day__Y14(contract: Contract, at, state):
    with clock_at("2026-01-01 00:01"):
        dispatch.sweep()
    row = meet(obligation=owed(contract, "Y14")[0], ref="E-2026-000001", at=beijing(at), actor=None)
    assert (row.state, row.met_by_ref) == (state, "E-2026-000001")
    assert Milestone.objects.get(clock=row.clock).stopped_at == beijing(at)


def test_the_next_one_owed_is_met_first_and_one_delivery_counts_once__Y14(contract: Contract):
    entitlement = entitled(contract, "Y14")
    at = beijing("2026-04-02 10:00")
    first = meet_next(entitlement=entitlement, ref="E-1", on=date(2026, 3, 31), at=at, actor=None)
    again = meet_next(entitlement=entitlement, ref="E-1", on=date(2026, 3, 31), at=at, actor=None)
    second = meet_next(entitlement=entitlement, ref="E-2", on=date(2026, 4, 2), at=at, actor=None)
    assert first == again
    assert [row.state for row in owed(contract, "Y14")] == [State.MET, State.MET, State.OWED, State.OWED]
    assert second is not None
    assert second.number == 2, "delivered early, it is the next one that is not owed any more"


def test_nothing_is_met_where_nothing_is_owed(contract: Contract):
    entitlement = entitled(contract, "Y16")
    assert meet_next(entitlement=entitlement, ref="E-9", on=FIRST, at=beijing("2026-02-01 10:00"), actor=None) is None


def test_waiving_needs_a_reason_and_ends_the_warnings__Y14(contract: Contract, world: World):
    with clock_at("2026-01-01 00:01"):
        dispatch.sweep()
    row = owed(contract, "Y14")[0]
    with pytest.raises(RefusedError) as refused:
        waive(obligation=row, reason=" ", at=beijing("2026-02-01 10:00"), actor=world.success_manager)
    assert refused.value.code == "reason_missing"
    waive(obligation=row, reason="客户系统停用一季度。", at=beijing("2026-02-01 10:00"), actor=world.success_manager)
    with clock_at("2026-04-02 10:00"):
        dispatch.sweep()
    assert not Escalation.objects.filter(milestone__clock=row.clock).exists()
    with pytest.raises(RefusedError):
        meet(obligation=row, ref="E-1", at=beijing("2026-04-02 10:00"), actor=None)


def test_a_delivery_noted_by_mistake_is_taken_back_and_its_clock_goes_on__Y14(contract: Contract, world: World):
    with clock_at("2026-01-01 00:01"):
        dispatch.sweep()
    row = meet(obligation=owed(contract, "Y14")[0], ref="E-1", at=beijing("2026-02-01 10:00"), actor=None)
    row = take_back(obligation=row, reason="登记错了合同。", at=beijing("2026-02-02 10:00"), actor=world.lead)
    assert (row.state, row.met_at, row.met_by_ref) == (State.OWED, None, "")
    assert Milestone.objects.get(clock=row.clock).stopped_at is None
    with clock_at("2026-03-31 20:31"):
        dispatch.sweep()
    assert "breach" in Escalation.objects.filter(milestone__clock=row.clock).values_list("mark", flat=True)


def test_an_agreed_frequency_is_owed_from_then_on__Y22_K10(contract: Contract, world: World):
    agree_frequency(
        entitlement=entitled(contract, "Y22"), line="strategy", frequency=Frequency(1, Period.QUARTER),
        reason="合同附件二", actor=world.manager, at=beijing("2026-05-10 10:00"),
    )  # fmt: skip
    assert [row.due_on for row in owed(contract, "Y22")] == [date(2026, 6, 30), date(2026, 9, 30), LAST]
    agree_frequency(
        entitlement=entitled(contract, "Y22"), line="strategy", frequency=Frequency(1, Period.HALF_YEAR),
        reason="改为半年一次", actor=world.manager, at=beijing("2026-05-20 10:00"),
    )  # fmt: skip
    open_ones = [(row.opens_on, row.due_on) for row in owed(contract, "Y22", state=State.OWED)]
    assert open_ones == [(FIRST, date(2026, 6, 30)), (date(2026, 7, 1), LAST)]


@pytest.mark.parametrize(("line", "frequency"), [
    ("golf", Frequency(1, Period.YEAR)),
    ("strategy", Frequency(0, Period.YEAR)),
    ("strategy", Frequency(1, Period.AGREED)),
    ("strategy", Frequency(9, Period.MONTH)),
])  # fmt: skip
def test_a_frequency_that_makes_no_sense_is_refused_with_the_clause__Y22(contract: Contract, line, frequency):
    with pytest.raises(RefusedError) as refused:
        agree_frequency(
            entitlement=entitled(contract, "Y22"), line=line, frequency=frequency, reason="x", actor=None,
            at=beijing("2026-05-10 10:00"),
        )  # fmt: skip
    assert refused.value.promise == "Y22"
    assert not owed(contract, "Y22")


def test_an_early_end_leaves_what_is_met_and_late_and_cancels_the_rest(contract: Contract):
    with clock_at("2026-01-01 00:01"):
        dispatch.sweep()
    meet(obligation=owed(contract, "Y14")[0], ref="E-1", at=beijing("2026-02-01 10:00"), actor=None)
    with clock_at("2026-08-01 09:00") as at:
        dispatch.sweep()
        contract.refresh_from_db()
        end(contract=contract, on=date(2026, 8, 20), reason="客户并购", actor=None, at=at)
    rows = {(row.number): row.state for row in owed(contract, "Y14")}
    assert rows == {1: State.MET, 2: State.OWED, 3: State.OWED, 4: State.CANCELLED}
    assert owed(contract, "Y14")[2].due_on == date(2026, 8, 20), "half the quarter is in the term: owed by its last day"
    with clock_at("2026-08-21 00:01"):
        dispatch.sweep()
    assert {row.state for row in owed(contract, "Y14")} == {State.MET, State.MISSED, State.CANCELLED}


def test_another_plan_owes_what_it_says_from_then_on_and_what_was_met_stands__C41(contract: Contract):
    with clock_at("2026-01-01 00:01"):
        dispatch.sweep()
    meet(obligation=owed(contract, "Y14")[0], ref="E-1", at=beijing("2026-02-01 10:00"), actor=None)
    standard = Plan.objects.current().exclude(code=contract.plan.code).filter(vendor="yonsuite", is_a_la_carte=False)
    plan = next(iter(standard), None)
    if plan is None:
        plan = Plan.objects.create(
            code="yonsuite-less", version=1, vendor="yonsuite", name="加速", name_en="Less", seal="加", rank=20,
            source="测试", digest="x",
        )  # fmt: skip
    with clock_at("2026-04-15 10:00") as at:
        dispatch.sweep()
        change_plan(contract=contract, plan=plan, reason="客户要求", actor=None, at=at)
    states = [row.state for row in owed(contract, "Y14")]
    assert states[0] == State.MET
    assert set(states[1:]) == {State.CANCELLED}
    assert not Milestone.objects.open().filter(clock__observations__source__startswith="C-O-1/Y14").exists()


def test_what_was_over_before_it_was_signed_is_shown_and_nobody_is_alarmed(world: World):
    late = signed(world, "yonsuite-premier", "C-O-3", at="2026-08-01 10:00")
    with clock_at("2026-08-02 10:00") as at:
        dispatch.sweep()
        first = owed(late, "Y14")[0]
        assert (first.clock, first.is_overdue(at, at.date())) == (None, True)
        assert owed(late, "Y14")[2].clock is not None


def test_laying_out_again_changes_nothing(contract: Contract):
    with clock_at("2026-01-01 00:01") as at:
        dispatch.sweep()
        before = list(contract.obligations.order_by("pk").values())
        lay_out(contract=contract, at=at)
        assert list(contract.obligations.order_by("pk").values()) == before
        assert obligations.due(at=at) == 0


def test_what_a_branch_delivers_is_owed_by_the_branch_s_working_days__Y19(world: World):
    branch = Branch.objects.create(
        code="my", name="马来西亚分公司", name_en="Malaysia", vendor="yonsuite", kind="branch",
        timezone="Asia/Kuala_Lumpur", calendar="yonsuite-my",
    )  # fmt: skip
    contract = signed(world, "yonsuite-premier", "C-O-4", date(2026, 2, 1), date(2027, 1, 31), branch=branch)
    with clock_at("2026-02-01 00:01"):
        dispatch.sweep()
    milestone = Milestone.objects.select_related("calendar_version").get(clock=owed(contract, "Y13")[0].clock)
    assert milestone.calendar_version.code == "yonsuite-my"


def test_a_ladder_that_changes_changes_on_other_hours_too__Y19(world: World):
    base = terms_of(Policy.objects.current().get(code="kingdee-owed"))
    put_on_hours("kingdee-owed@yonsuite-7x12")
    put_policy(terms=replace(base, levels=base.levels[:3], repeats=()))
    moved = Policy.objects.current().get(code="kingdee-owed@yonsuite-7x12")
    assert (moved.version, moved.escalation_rules.count(), moved.repeats) == (2, 3, {})
    assert {target.calendar for target in moved.targets.all()} == {"yonsuite-7x12"}
    retire_policy(code="kingdee-owed", cause="停用")
    assert not Policy.objects.current().filter(code__startswith="kingdee-owed").exists()


def test_hours_agreed_for_one_promise_hold_for_what_it_owes__Y20(contract: Contract, world: World):
    with clock_at("2026-01-01 00:01"):
        dispatch.sweep()
    with clock_at("2026-02-01 10:00") as at:
        override_calendar(
            contract=contract, promise="Y14", calendar="kingdee-5x8", reason="按工作日交付", actor=world.manager, at=at
        )
        dispatch.sweep()
        again = override_calendar(
            contract=contract, promise="Y14", calendar="yonsuite-7x24", reason="改回全天", actor=world.manager, at=at
        )
    with clock_at("2026-02-01 10:01"):
        dispatch.sweep()
    checks, reports = (Milestone.objects.get(clock=owed(contract, promise)[0].clock) for promise in ("Y14", "Y15"))
    assert checks.due_at == beijing("2026-04-01 00:00"), "all day: until the last day is over"
    assert reports.due_at == beijing("2026-03-31 20:30"), "what nothing was agreed for stays as it was"
    with clock_at("2026-02-02 10:00") as at:
        rescind(row=again, reason="不再约定", actor=world.manager, at=at)
        dispatch.sweep()
    assert owed(contract, "Y14")[0].policy in {"yonsuite-owed", "yonsuite-owed@kingdee-5x8"}
