"""Signing, seats and switches; and who answers for a ticket."""

from datetime import date, timedelta

import pytest

from plans.accounts import account_team, duty_manager
from plans.actions import Agreed, Owned, end, leave_seat, own, set_switch, sign, take_seat
from plans.models import Contract, Customer, Plan, Product, User
from plans.refusals import RefusedError
from tests.hours import beijing
from tests.plans.conftest import contract_of

AT = beijing("2026-03-02 10:00")


def test_duty_manager_is_the_lead_then_the_technical_then_the_success_manager(cast):
    assert duty_manager(cast.team, cast.yonsuite) == cast.lead
    User.objects.filter(pk=cast.lead.pk).update(is_active=False)
    cast.team.lead.refresh_from_db()
    assert duty_manager(cast.team, cast.yonsuite) == cast.technical
    leave_seat(contract=cast.yonsuite, seat="technical_manager", user=cast.technical)
    assert duty_manager(None, cast.yonsuite) == cast.success
    assert duty_manager(None, cast.kingdee) is None


def test_account_team_is_each_once_managers_first__Y22(cast):
    take_seat(contract=cast.yonsuite, seat="member", user=cast.manager)
    take_seat(contract=cast.yonsuite, seat="member", user=cast.success)
    assert account_team(cast.yonsuite) == [cast.success, cast.technical, cast.manager]


def test_manager_s_seat_passes_to_the_next_one__K10(cast):
    take_seat(contract=cast.yonsuite, seat="technical_manager", user=cast.manager)
    assert cast.yonsuite.account_team.get(seat="technical_manager").user == cast.manager
    with pytest.raises(RefusedError):
        take_seat(contract=cast.yonsuite, seat="member", user=User.objects.create(username="c", role="customer"))


def test_signing_again_under_the_same_number_is_refused(cast):
    with pytest.raises(RefusedError) as refused:
        contract_of("ys", "yonsuite-premier", [], customer=cast.yonsuite.customer)
    assert refused.value.code == "number_taken"


@pytest.mark.parametrize(
    ("plan", "agreed", "ends", "code"),
    [
        ("kingdee-advanced", Agreed(), date(2025, 12, 31), "term_backwards"),
        ("kingdee-advanced", Agreed(picks=("K06",)), date(2026, 12, 31), "not_a_la_carte"),
        ("kingdee-gold", Agreed(picks=("K06", "Y07")), date(2026, 12, 31), "no_such_item"),
    ],
)
def test_contract_that_cannot_be_is_refused(db, plan, agreed, ends, code):
    customer = Customer.objects.create(code="x", name="x")
    with pytest.raises(RefusedError) as refused:
        sign(
            customer=customer, plan=Plan.objects.current().get(code=plan), number="C-x",
            starts_on=date(2026, 1, 1), ends_on=ends, agreed=agreed,
        )  # fmt: skip
    assert refused.value.code == code
    assert not Contract.objects.exists()


def test_product_of_the_other_vendor_cannot_stand_under_a_contract(cast):
    with pytest.raises(RefusedError) as refused:
        own(contract=cast.kingdee, products=[Owned(Product.objects.get(code="yonsuite-hr"))])
    assert refused.value.code == "other_vendor"


def test_product_owned_already_is_brought_up_to_date(cast):
    own(contract=cast.kingdee, products=[Owned(Product.objects.get(code="galaxy"), quantity=5, version="9.0")])
    owned = cast.kingdee.owned_products.get(product__code="galaxy")
    assert (owned.quantity, owned.version) == (5, "9.0")


@pytest.mark.parametrize(
    ("name", "value", "reason", "code"),
    [
        ("hotline_calendar", "nowhere", "x", "unknown_calendar"),
        ("served_by_branch", "maybe", "x", "bad_switch"),
        ("served_by_branch", "branch", "x", "no_branch"),
        ("coffee", "black", "x", "unknown_switch"),
        ("hotline_calendar", "kingdee-7x8", " ", "reason_missing"),
    ],
)
def test_switch_that_cannot_be_is_refused__Y19_K09(cast, name, value, reason, code):
    with pytest.raises(RefusedError) as refused:
        set_switch(contract=cast.kingdee, name=name, value=value, reason=reason, actor=cast.manager, at=AT)
    assert refused.value.code == code


def test_a_contract_that_will_end_early_is_in_force_until_then(cast):
    contract = cast.yonsuite
    last = contract.starts_on + timedelta(days=30)
    end(contract=contract, on=last)
    ours = Contract.objects.filter(pk=contract.pk)
    days = (contract.starts_on - timedelta(1), contract.starts_on, last, last + timedelta(1))
    assert [ours.in_force(day).exists() for day in days] == [False, True, True, False]
