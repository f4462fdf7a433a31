"""What a contract said on any day: its history folded, change by change."""

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import translation

from plans.actions import (
    NewTarget,
    Owned,
    change_plan,
    change_term,
    disown,
    override,
    override_calendar,
    override_quota,
    own,
    place,
    set_switch,
    take_seat,
    unset_switch,
    upsert_customers,
    withdraw,
)
from plans.actions.overrides import Dates
from plans.history import as_of
from plans.history.states import difference, folded, state_of
from plans.history.words import Names, lines_of
from plans.models import Contract, ContractChange, Customer, Plan, Product, Switch
from plans.refusals import RefusedError
from plans.upsert import read_entries
from tests.hours import beijing
from tests.plans.conftest import contract_of

FIRST = date(2026, 2, 1)
LAST = date(2027, 1, 31)
HOUR = NewTarget("first_response", Decimal(3600))


def on_day(day: date) -> datetime:
    """Return ten o'clock in Beijing on a day."""
    return beijing(f"{day.isoformat()} 10:00")


def test_a_day_is_answered_with_what_held_at_its_close__Y20(cast):
    contract = cast.yonsuite
    said = {"contract": contract, "actor": cast.manager}
    override(target=HOUR, reason="大促", at=beijing("2026-03-02 23:30"), **said)
    place(branch=cast.branch, team=cast.team, reason="海外", at=beijing("2026-04-01 09:00"), **said)
    before, then, later = (as_of(contract, date(2026, 3, day)) for day in (1, 2, 3))
    assert [len(one.overrides) for one in (before, then, later)] == [0, 1, 1]
    assert [len(one.changes) for one in (before, then, later)] == [0, 1, 0]
    ticket = next(right for right in then.rights if right.item.promise == "Y07")
    assert (ticket.code, ticket.is_own) == ("yonsuite-premier-ticket@C-ys", True)
    assert [calendar.code for calendar in ticket.calendars] == ["yonsuite-7x12"]
    assert not any(right.is_own for right in before.rights)
    assert [as_of(contract, date(2026, month, 1)).branch for month in (3, 4)] == [None, cast.branch]
    assert as_of(contract, date(2026, 2, 1)).products[0].product.code == "yonsuite-finance"
    assert ("success_manager", "success") in as_of(contract, date(2026, 5, 1)).seats


@pytest.mark.parametrize(
    ("zone", "at", "on"),
    [
        ("Asia/Shanghai", "2026-03-02 23:59", date(2026, 3, 2)),
        ("Asia/Bangkok", "2026-03-03 00:30", date(2026, 3, 2)),
        ("Pacific/Auckland", "2026-03-02 19:30", date(2026, 3, 3)),
    ],
)
def test_a_change_falls_on_the_local_date_of_the_contract(cast, zone, at, on):
    contract = cast.kingdee
    Contract.objects.filter(pk=contract.pk).update(timezone=zone)
    contract.refresh_from_db()
    set_switch(
        contract=contract, name="hotline_calendar", value="kingdee-7x8", reason="x", actor=None, at=beijing(at)
    )  # fmt: skip
    assert contract.changes.order_by("number").last().on == on
    assert "hotline_calendar" in as_of(contract, on).switches
    assert "hotline_calendar" not in as_of(contract, on - timedelta(days=1)).switches


def test_switches_keep_what_was_decided_before__K09(cast):
    decided = {"contract": cast.kingdee, "name": "hotline_calendar", "actor": cast.manager}
    set_switch(value="kingdee-7x8", reason="试行", at=beijing("2026-03-02 10:00"), **decided)
    set_switch(value="kingdee-7x24", reason="全年", at=beijing("2026-05-02 10:00"), **decided)
    unset_switch(at=beijing("2026-06-02 10:00"), **decided)
    assert not Switch.objects.exists()
    days = [date(2026, month, 20) for month in (2, 3, 5, 6)]
    found = [as_of(cast.kingdee, day).switches.get("hotline_calendar", {}) for day in days]
    assert [one.get("value") for one in found] == [None, "kingdee-7x8", "kingdee-7x24", None]
    assert [one.get("reason") for one in found] == [None, "试行", "全年", None]
    assert found[1]["by"] == "manager"


def test_the_plan_version_signed_stays_readable_after_a_change_of_plan__C41(cast):
    priority = Plan.objects.current().get(code="yonsuite-priority")
    change_plan(contract=cast.yonsuite, plan=priority, reason="降级", actor=cast.manager, at=on_day(date(2026, 6, 1)))
    assert as_of(cast.yonsuite, date(2026, 5, 31)).plan.code == "yonsuite-premier"
    after = as_of(cast.yonsuite, date(2026, 6, 1))
    assert (after.plan, "Y13" in {right.item.promise for right in after.rights}) == (priority, False)


def test_a_day_to_come_knows_what_was_agreed_for_it__Y20(cast):
    dates = Dates(date(2026, 6, 1), date(2026, 6, 30))
    override(contract=cast.yonsuite, target=HOUR, reason="年中", actor=None, at=on_day(FIRST), dates=dates)
    days = [date(2026, 5, 31), date(2026, 6, 1), date(2026, 6, 30), date(2026, 7, 1)]
    assert [len(as_of(cast.yonsuite, day).overrides) for day in days] == [0, 1, 1, 0]


def test_what_was_changed_beside_the_actions_is_written_down_as_found(cast):
    Contract.objects.filter(pk=cast.kingdee.pk).update(team=cast.team)
    take_seat(contract=cast.kingdee, seat="member", user=cast.lead, actor=cast.manager, at=on_day(FIRST))
    found, seated = cast.kingdee.changes.order_by("number")[1:]
    assert (found.kind, found.changed, found.actor) == ("found", {"team": [None, "hq"]}, None)
    assert (seated.kind, list(seated.changed), seated.actor) == ("seats", [f"seat/member/{cast.lead.pk}"], cast.manager)


def test_a_contract_older_than_its_history_is_written_down_whole_with_its_first_change(cast):
    ContractChange.objects.all().delete()
    assert as_of(cast.kingdee, date(2026, 3, 1)).plan.code == "kingdee-advanced"
    now = state_of(cast.kingdee)
    take_seat(contract=cast.kingdee, seat="member", user=cast.lead, at=on_day(date(2030, 1, 1)))
    first = cast.kingdee.changes.order_by("number").first()
    assert (first.kind, folded([first.changed])) == ("signed", now)


def test_nothing_is_written_where_nothing_changes(cast):
    before = ContractChange.objects.count()
    take_seat(contract=cast.yonsuite, seat="success_manager", user=cast.success)
    with pytest.raises(RefusedError):
        own(contract=cast.yonsuite, products=[Owned(Product.objects.get(code="galaxy"))])
    assert ContractChange.objects.count() == before


def test_a_bulk_load_writes_history_too(cast):
    entry = {
        "code": "bulk", "name": "批量", "contracts": [{
            "number": "C-B", "plan": "kingdee-advanced", "starts_on": "2026-01-01", "ends_on": "2026-12-31",
            "products": [{"product": "galaxy", "deployment": "public_cloud"}],
        }],
    }  # fmt: skip

    def load() -> list[str]:
        rows, errors = read_entries([entry])
        assert (errors, upsert_customers(rows=rows).errors) == ([], [])
        return list(ContractChange.objects.filter(contract__number="C-B").values_list("kind", flat=True))

    assert load() == ["signed"]
    assert load() == ["signed"]
    entry["contracts"][0]["ends_on"] = "2027-01-31"
    assert load() == ["signed", "imported"]
    contract = Contract.objects.get(number="C-B")
    assert folded(contract.changes.values_list("changed", flat=True)) == state_of(contract)


def test_a_history_reads_in_both_languages(cast):
    override(
        contract=cast.yonsuite, target=HOUR, reason="x", actor=cast.manager, at=on_day(FIRST),
        dates=Dates(None, date(2026, 6, 30)),
    )  # fmt: skip
    own(contract=cast.yonsuite, products=[Owned(Product.objects.get(code="yonsuite-hr"), quantity=3)])
    rows = list(cast.yonsuite.changes.order_by("number"))

    def told() -> list[str]:
        names = Names.known()
        return [f"{line.name}|{line.before}|{line.after}" for row in rows for line in lines_of(row.changed, names)]

    chinese = told()
    assert "成功计划||尊享客户成功计划 v1" in chinese
    assert any("Y07" in line and "首次响应 1 小时" in line and "至 2026-06-30" in line for line in chinese)
    with translation.override("en"):
        english = told()
    assert len(english) == len(chinese)


Act = Callable[[Contract, object, random.Random, datetime], object]


def _plan(contract, cast, dice, at):
    code = dice.choice(["yonsuite-premier", "yonsuite-priority"])
    return change_plan(
        contract=contract, plan=Plan.objects.current().get(code=code), reason="x", actor=cast.manager, at=at
    )  # fmt: skip


def _term(contract, cast, dice, at):
    ends = LAST + timedelta(days=dice.randrange(60))
    return change_term(contract=contract, starts_on=FIRST, ends_on=ends, reason="x", actor=cast.manager, at=at)


def _own(contract, cast, dice, at):
    product = Product.objects.get(code=dice.choice(["yonsuite-hr", "yonsuite-finance"]))
    return own(contract=contract, products=[Owned(product, quantity=dice.randrange(1, 9))], at=at)


def _disown(contract, cast, dice, at):
    return disown(owned=dice.choice(list(contract.owned_products.all())), at=at)


def _override(contract, cast, dice, at):
    target = NewTarget("first_response", Decimal(dice.randrange(1, 9) * 900))
    return override(contract=contract, target=target, reason="x", actor=cast.manager, at=at)


def _hours(contract, cast, dice, at):
    calendar = dice.choice(["yonsuite-7x12", "yonsuite-7x24"])
    return override_calendar(
        contract=contract, promise="Y07", calendar=calendar, reason="x", actor=cast.manager, at=at
    )  # fmt: skip


def _amount(contract, cast, dice, at):
    amount = Decimal(dice.randrange(9))
    return override_quota(contract=contract, promise="Y13", amount=amount, reason="x", actor=cast.manager, at=at)


def _withdraw(contract, cast, dice, at):
    return withdraw(contract=contract, metric="first_response", reason="x", actor=cast.manager, at=at)


def _seat(contract, cast, dice, at):
    return take_seat(
        contract=contract, seat=dice.choice(["success_manager", "member"]),
        user=dice.choice([cast.manager, cast.lead, cast.technical]), at=at,
    )  # fmt: skip


def _place(contract, cast, dice, at):
    branch = dice.choice([cast.branch, None])
    return place(contract=contract, branch=branch, team=cast.team, reason="x", actor=cast.manager, at=at)


ACTS: list[Act] = [
    _plan, _term, _own, _disown, _override, _hours, _amount, _withdraw, _seat, _place,
]  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_replaying_the_changes_gives_what_held_on_each_day(cast, seed):
    dice, day = random.Random(seed), FIRST
    customer = Customer.objects.create(code="random", name="随机")
    contract = contract_of(
        "random", "yonsuite-premier", [("yonsuite-finance", "public_cloud")], team=cast.team, term=(FIRST, LAST),
        customer=customer,
    )  # fmt: skip
    held, done = {day: state_of(contract)}, 0
    while done < 14:
        day += timedelta(days=dice.randrange(3))
        try:
            dice.choice(ACTS)(contract, cast, dice, on_day(day))
        except (RefusedError, IndexError):
            continue
        held[day], done = state_of(contract), done + 1
        contract.refresh_from_db()
    assert difference(held[day], folded(contract.changes.order_by("number").values_list("changed", flat=True))) == {}
    expected = held[FIRST]
    for days in range((day - FIRST).days + 2):
        on = FIRST + timedelta(days=days)
        expected = held.get(on, expected)
        assert as_of(contract, on).state == expected, on
