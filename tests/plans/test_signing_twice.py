"""What stands twice in a contract that is to be signed, or cannot stand there: told, never a fault of the server."""

from datetime import date
from decimal import Decimal

import pytest

from plans.actions import NewTarget, override, override_quota
from plans.actions.contracts import Agreed, Owned, own, sign
from plans.actions.history import Decided
from plans.actions.renewing import Renewal, renew
from plans.history.words import all_lines
from plans.models import Contract, Plan, Product, User
from plans.quotas.rights import rights_of
from plans.refusals import RefusedError
from tests.hours import beijing
from tests.plans.conftest import contact_of

AT = beijing("2026-03-02 10:00")


def signing(cast, **agreed):
    """Sign a further contract for the Kingdee customer."""
    return sign(
        customer=cast.kingdee.customer, plan=Plan.objects.current().get(code="kingdee-advanced"), number="C-twice",
        starts_on=date(2030, 1, 1), ends_on=date(2030, 12, 31), agreed=Agreed(**agreed),
    )  # fmt: skip


def refused(call, *args, **said) -> RefusedError:
    with pytest.raises(RefusedError) as raised:
        call(*args, **said)
    return raised.value


def test_the_same_product_twice_is_told_and_nothing_is_signed(cast):
    galaxy = Product.objects.get(code="galaxy")
    found = refused(signing, cast, products=(Owned(galaxy, quantity=2), Owned(galaxy)))
    assert (found.code, Contract.objects.filter(number="C-twice").exists()) == ("product_twice", False)
    assert refused(own, contract=cast.kingdee, products=[Owned(galaxy), Owned(galaxy)]).code == "product_twice"
    assert signing(cast, products=(Owned(galaxy, tenant="a"), Owned(galaxy, tenant="b"))).owned_products.count() == 2


def test_a_manager_s_seat_has_one_holder_from_signing_on__Y22_K10(cast):
    other = User.objects.create_user("other", role="agent", name="另一位")
    found = refused(signing, cast, account_team=(("success_manager", cast.manager), ("success_manager", other)))
    assert found.code == "seat_taken_twice"
    assert "另一位" in found.message
    same = signing(cast, account_team=(("member", cast.manager), ("member", other), ("member", other)))
    assert same.account_team.count() == 2


def test_a_customer_s_person_stands_for_no_customer_when_a_contract_is_signed(cast):
    theirs = User.objects.create_user("theirs", role="customer")
    contact = contact_of(cast.yonsuite.customer)
    contact.user = theirs
    contact.save()
    assert refused(signing, cast, account_team=(("success_manager", theirs),)).code == "customer_in_account_team"


def test_what_is_owed_by_a_date_has_no_target_of_a_contract_s_own(cast):
    target = NewTarget("delivery", Decimal(3600))
    assert refused(override, contract=cast.kingdee, target=target, reason="x", actor=None, at=AT).code == "bad_rule"


@pytest.mark.parametrize(
    ("unit", "amount", "left"),
    [("", 5, {"person_days": 5, "environments": 2}), ("environments", 4, {"person_days": 3, "environments": 4})],
)
def test_each_amount_of_a_promise_can_be_agreed__K05_Y20(cast, unit, amount, left):
    override_quota(
        contract=cast.kingdee, promise="K05", unit=unit, amount=Decimal(amount), reason="加购", actor=None, at=AT
    )  # fmt: skip
    found = rights_of(cast.kingdee, date(2026, 3, 2))
    assert {one.unit: one.promised for one in found if one.entitlement.item.promise == "K05" and one.balance} == left


def test_an_agreed_amount_is_told_with_its_unit_and_goes_into_the_next_term__K05(cast):
    said = {"contract": cast.kingdee, "reason": "加购", "actor": cast.manager, "at": AT}
    override_quota(promise="K05", unit="environments", amount=Decimal(4), **said)
    lines = [line for _row, told in all_lines(cast.kingdee.changes.all()) for line in told]
    assert any("数量为 4 个环境" in line.after for line in lines)
    follower = renew(contract=cast.kingdee, renewal=Renewal("C-2027", date(2027, 12, 31)), decided=Decided(None, AT))
    assert {(row.value["unit"], row.value["amount"]) for row in _agreed(follower)} == {("environments", 4.0)}


def _agreed(contract):
    return [row for right in contract.entitlements.all() for row in right.overrides.all()]


@pytest.mark.parametrize(
    ("promise", "unit", "amount", "code", "said"),
    [
        ("Y13", "", Decimal("2.5"), "not_whole", "2.5"),
        ("Y13", "environments", Decimal(2), "not_in_plan", "Y13"),
        ("Y99", "", Decimal(2), "not_in_plan", "Y99"),
        ("Y13", "", Decimal(-1), "bad_amount", "10000"),
    ],
)
def test_an_amount_that_cannot_be_is_told_with_what_can(cast, promise, unit, amount, code, said):
    found = refused(
        override_quota, contract=cast.yonsuite, promise=promise, unit=unit, amount=amount, reason="x", actor=None, at=AT
    )  # fmt: skip
    assert (found.code, said in found.message) == (code, True)
    assert bool(found.ways_on) == (code == "not_in_plan")
