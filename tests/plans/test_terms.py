"""Where a term stands on a day, what may not be sold twice, what follows a contract, and who is told in time."""

from datetime import date, timedelta

import pytest

from plans.actions import change_term, end, override, own, place
from plans.actions.contracts import Agreed, Owned, sign
from plans.actions.endings import MARKS, tell_endings
from plans.actions.history import Decided
from plans.actions.overrides import Dates
from plans.actions.renewing import Renewal, renew
from plans.models import AccountNotice, Contract, Plan, Product
from plans.overlaps import Bought, overlaps_of
from plans.refusals import RefusedError
from plans.terms import standing_of
from tests.hours import beijing
from tests.plans.conftest import contract_of
from tests.plans.test_overrides import HOUR

AT = beijing("2026-03-02 10:00")


def only(contract: Contract) -> None:
    """Let no other contract end in these years."""
    Contract.objects.exclude(pk=contract.pk).update(ends_on=date(2035, 12, 31))


@pytest.mark.parametrize(
    ("zone", "wall", "state", "left"),
    [
        ("Asia/Shanghai", "2025-12-31 23:59", "ahead", 365),
        ("Asia/Shanghai", "2026-01-01 00:00", "in_force", 364),
        ("Asia/Shanghai", "2026-10-01 23:59", "in_force", 91),
        ("Asia/Shanghai", "2026-10-02 00:00", "ending", 90),
        ("Asia/Shanghai", "2026-12-31 23:59", "ending", 0),
        ("Asia/Shanghai", "2027-01-01 00:00", "over", -1),
        ("Asia/Bangkok", "2027-01-01 00:59", "ending", 0),
        ("Asia/Bangkok", "2027-01-01 01:00", "over", -1),
        ("Pacific/Auckland", "2026-12-31 18:59", "ending", 0),
        ("Pacific/Auckland", "2026-12-31 19:00", "over", -1),
        ("America/New_York", "2026-01-01 12:59", "ahead", 365),
        ("America/New_York", "2026-01-01 13:00", "in_force", 364),
    ],
)
def test_both_ends_of_a_term_belong_to_it_by_the_date_of_its_zone(cast, zone, wall, state, left):
    Contract.objects.filter(pk=cast.yonsuite.pk).update(timezone=zone)
    cast.yonsuite.refresh_from_db()
    standing = standing_of(cast.yonsuite, beijing(wall))
    assert (standing.state, standing.days_left) == (state, left)


@pytest.mark.parametrize(
    ("plan", "products", "term", "outcome"),
    [
        ("yonsuite-premier", ["yonsuite-finance"], ("2026-12-31", "2027-12-31"), "refused"),
        ("yonsuite-premier", ["yonsuite-finance"], ("2027-01-01", "2027-12-31"), "alone"),
        ("yonsuite-premier", ["yonsuite-finance"], ("2025-01-01", "2026-01-01"), "refused"),
        ("yonsuite-premier", ["yonsuite-finance"], ("2025-01-01", "2025-12-31"), "alone"),
        ("yonsuite-premier", ["yonsuite-hr"], ("2026-01-01", "2026-12-31"), "alone"),
        ("yonsuite-premier", [], ("2026-01-01", "2026-12-31"), "refused"),
        ("yonsuite-priority", ["yonsuite-finance"], ("2026-06-01", "2027-05-31"), "theirs"),
        ("kingdee-advanced", ["galaxy"], ("2026-01-01", "2026-12-31"), "alone"),
    ],
)
def test_the_same_plan_is_not_sold_twice_for_one_product_and_the_higher_plan_answers(
    cast, plan, products, term, outcome
):
    first, last = (date.fromisoformat(day) for day in term)
    found = Plan.objects.current().get(code=plan)
    things = tuple((code, "public_cloud", "") for code in products)
    # Of two of the same plan the one that ends last would answer, were both signed.
    met = {"alone": [], "refused": [(cast.yonsuite, last < cast.yonsuite.ends_on)]}
    overlaps = overlaps_of(Bought(cast.yonsuite.customer, found, first, last, things))
    assert [(one.contract, one.answers) for one in overlaps] == met.get(outcome, [(cast.yonsuite, True)])
    signed = {"customer": cast.yonsuite.customer, "plan": found, "number": "C-2", "starts_on": first, "ends_on": last}
    agreed = Agreed(products=tuple(Owned(Product.objects.get(code=code)) for code in products))
    if outcome == "refused":
        with pytest.raises(RefusedError) as refused:
            sign(**signed, agreed=agreed)
        assert (refused.value.code, len(refused.value.ways_on)) == ("contract_overlaps", 3)
        assert "C-ys" in refused.value.message
    else:
        assert sign(**signed, agreed=agreed).number == "C-2"


def test_neither_a_longer_term_nor_a_product_more_makes_two_of_one(cast):
    later = contract_of(
        "later", "yonsuite-premier", [("yonsuite-finance", "public_cloud")], customer=cast.yonsuite.customer,
        term=(date(2027, 1, 1), date(2027, 12, 31)),
    )  # fmt: skip
    beside = contract_of(
        "beside", "yonsuite-premier", [("yonsuite-hr", "public_cloud")], customer=cast.yonsuite.customer
    )
    said = {"reason": "x", "actor": cast.manager, "at": AT}
    with pytest.raises(RefusedError, match="C-later"):
        change_term(contract=cast.yonsuite, starts_on=date(2026, 1, 1), ends_on=date(2027, 1, 1), **said)
    with pytest.raises(RefusedError, match="C-ys"):
        own(contract=beside, products=[Owned(Product.objects.get(code="yonsuite-finance"))])
    cast.yonsuite.refresh_from_db()
    end(contract=cast.yonsuite, on=date(2026, 6, 30), **said)
    change_term(contract=later, starts_on=date(2026, 7, 1), ends_on=date(2027, 12, 31), **said)
    assert Contract.objects.get(pk=later.pk).starts_on == date(2026, 7, 1)


@pytest.mark.parametrize(
    ("picks", "stands"),
    [
        (("K12",), True),
        (("K05",), True),  # the technical manager comes along with both
        (("K06",), False),
        (("K10",), False),
        (("K06", "K12"), False),
    ],
)
def test_picks_that_do_not_meet_may_stand_side_by_side__K19(cast, picks, stands):
    said = {"products": [("galaxy", "public_cloud")], "customer": cast.kingdee.customer}
    contract_of("gold", "kingdee-gold", picks=("K06",), **said)
    if stands:
        assert contract_of("more", "kingdee-gold", picks=picks, **said).entitlements.filter(item__promise=picks[0])
    else:
        with pytest.raises(RefusedError, match="C-gold"):
            contract_of("more", "kingdee-gold", picks=picks, **said)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"starts_on": date(2027, 1, 1), "ends_on": date(2026, 1, 1)}, "term_backwards"),
        ({"starts_on": date(2026, 1, 1), "ends_on": date(2226, 1, 1)}, "term_too_long"),
        ({"starts_on": date(2026, 1, 1), "ends_on": date(2026, 12, 31), "reason": " "}, "reason_missing"),
    ],
)
def test_a_term_that_cannot_be_is_refused_and_nothing_changes(cast, change, code):
    with pytest.raises(RefusedError) as refused:
        change_term(contract=cast.yonsuite, **{"reason": "x", "actor": cast.manager, "at": AT} | change)
    assert refused.value.code == code
    kept = Contract.objects.get(pk=cast.yonsuite.pk)
    assert (kept.starts_on, kept.ends_on) == (date(2026, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("first", "last", "kept"),
    [
        ("2026-01-01", "2027-03-31", ("2027-03-31", None)),  # made longer: it runs on
        ("2026-01-01", "2026-12-31", ("2026-12-31", None)),  # as it was signed
        ("2026-02-01", "2026-06-30", ("2026-12-31", "2026-06-30")),  # only its first day is another
        ("2026-01-01", "2026-05-31", ("2026-05-31", None)),
    ],
)
def test_another_last_day_takes_back_an_early_end(cast, first, last, kept):
    said = {"contract": cast.yonsuite, "reason": "x", "actor": cast.manager, "at": AT}
    end(on=date(2026, 6, 30), **said)
    change_term(starts_on=date.fromisoformat(first), ends_on=date.fromisoformat(last), **said)
    row = Contract.objects.get(pk=cast.yonsuite.pk)
    assert (str(row.ends_on), row.ended_on and str(row.ended_on)) == kept


def test_a_renewal_takes_people_products_and_lasting_agreements_along__Y20_Y22(cast):
    said = {"contract": cast.yonsuite, "actor": cast.manager, "at": AT}
    override(target=HOUR, reason="常年", **said)
    override(target=HOUR, reason="三月", dates=Dates(None, date(2026, 3, 31)), **said)
    place(branch=cast.branch, team=cast.team, reason="海外", **said)
    cast.yonsuite.refresh_from_db()
    decided = Decided(cast.manager, AT, "续")
    follower = renew(
        contract=cast.yonsuite, renewal=Renewal("C-next", date(2027, 12, 31)), decided=decided
    )  # fmt: skip
    assert (follower.starts_on, follower.branch, follower.team) == (date(2027, 1, 1), cast.branch, cast.team)
    assert follower.owned_products.get().product.code == "yonsuite-finance"
    assert set(follower.account_team.values_list("seat", flat=True)) == {"success_manager", "technical_manager"}
    (row,) = [one for entitlement in follower.entitlements.all() for one in entitlement.overrides.all()]
    assert (row.state, row.starts_on, row.reason) == ("ahead", date(2027, 1, 1), "续签沿用：常年")
    told = AccountNotice.objects.get(kind="term_renewed")
    assert (told.contract, told.about["number"]) == (follower, "C-next")
    assert follower.changes.order_by("number").first().kind == "renewed"


def test_a_renewal_can_change_the_plan_and_leave_agreements_behind(cast):
    override(contract=cast.yonsuite, target=HOUR, reason="常年", actor=cast.manager, at=AT)
    lower = Plan.objects.current().get(code="yonsuite-priority")
    renewal = Renewal("C-next", date(2027, 12, 31), lower, keeps_agreed=False)
    follower = renew(contract=cast.yonsuite, renewal=renewal, decided=Decided(None, AT))
    assert (follower.plan, follower.entitlements.filter(overrides__isnull=False).exists()) == (lower, False)


def test_the_end_of_a_term_is_told_four_times_and_each_once__Y22(cast):
    only(cast.yonsuite)
    day, told = date(2026, 9, 1), []
    while day < date(2027, 1, 5):
        new = sum(tell_endings(at=beijing(f"{day} {hour}")) for hour in ("00:05", "09:00", "23:55"))
        told += [(cast.yonsuite.ends_on - day).days] * new
        day += timedelta(days=1)
    assert told == list(MARKS)
    marks = [notice.about["mark"] for notice in AccountNotice.objects.filter(kind="term_ending").order_by("pk")]
    assert marks == list(MARKS)


def test_a_mark_that_nobody_looked_at_is_made_up_for_once(cast):
    only(cast.yonsuite)
    assert tell_endings(at=beijing("2026-12-10 10:00")) == 1
    assert AccountNotice.objects.get(kind="term_ending").about == {"last": "2026-12-31", "mark": 30}
    assert tell_endings(at=beijing("2026-12-11 10:00")) == 0


def test_a_contract_that_is_renewed_does_not_end_for_anybody(cast):
    renewal = Renewal("C-next", date(2027, 12, 31))
    renew(contract=cast.yonsuite, renewal=renewal, decided=Decided(cast.manager, AT))
    assert tell_endings(at=beijing("2026-12-10 10:00")) == 1  # the other customer's
    assert not AccountNotice.objects.filter(kind="term_ending", contract=cast.yonsuite).exists()


@pytest.mark.parametrize(
    ("zone", "wall"), [("Pacific/Auckland", "2026-11-30 19:30"), ("America/New_York", "2026-12-01 13:30")]
)
def test_the_days_that_are_left_count_by_the_zone_of_the_contract(cast, zone, wall):
    only(cast.yonsuite)
    Contract.objects.filter(pk=cast.yonsuite.pk).update(timezone=zone, ends_on=date(2026, 12, 31))
    at = beijing(wall)
    assert tell_endings(at=at) == 1
    assert AccountNotice.objects.get(kind="term_ending").about["mark"] == 30
