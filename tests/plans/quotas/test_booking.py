"""The ledger of amounts: what each act books, and that nothing is ever given twice or taken below zero."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import Error, connection, transaction

from plans.actions import quotas
from plans.actions.overrides import override_quota
from plans.actions.quotas import Posting
from plans.models import Quota, QuotaEntry
from plans.quotas import balance_of
from plans.refusals import RefusedError
from tests.hours import beijing

AT = beijing("2026-03-02 10:00")
ON = date(2026, 3, 2)


def posting(key: str = "k1", cause: str = "交付", at=AT) -> Posting:
    return Posting(at, key, cause, "Delivered")


def held(contract, promise: str, service: str = ""):
    rows = contract.entitlements.filter(item__promise=promise)
    return (rows.filter(item__service=service) if service else rows).get()


def sums(entitlement, on=ON, unit=""):
    balance = balance_of(entitlement, on, unit)
    return tuple(float(getattr(balance, name)) for name in ("granted", "reserved", "used", "expired", "left"))


def test_a_signed_contract_has_its_amounts_for_each_year__Y13(cast):
    plan = held(cast.yonsuite, "Y13")
    assert sums(plan) == (2, 0, 0, 0, 2)
    entry = QuotaEntry.objects.get(quota__entitlement=plan)
    assert (entry.kind, entry.position, entry.amount) == ("grant", 1, 2)
    assert "第 1 年" in entry.cause
    assert "year 1" in entry.cause_en.lower()


def test_what_is_reserved_is_used_when_it_is_delivered__Y14(cast):
    check = held(cast.yonsuite, "Y14")
    kept = quotas.reserve(entitlement=check, amount=Decimal(1), on=ON, posting=posting("a"))
    assert sums(check) == (4, 1, 0, 0, 3)
    quotas.consume(entitlement=check, amount=Decimal(1), on=ON, posting=posting("b"), reserved=kept)
    assert sums(check) == (4, 0, 1, 0, 3)


def test_what_is_called_off_is_free_again(cast):
    check = held(cast.yonsuite, "Y14")
    kept = quotas.reserve(entitlement=check, amount=Decimal(2), on=ON, posting=posting("a"))
    quotas.release(reserved=kept, posting=posting("b"))
    assert sums(check) == (4, 0, 0, 0, 4)
    with pytest.raises(RefusedError) as refused:
        quotas.consume(entitlement=check, amount=Decimal(1), on=ON, posting=posting("c"), reserved=kept)
    assert refused.value.code == "reservation_ended"


def test_less_used_than_reserved_frees_the_rest_and_more_must_be_left__K05(cast):
    work = held(cast.kingdee, "K05", "private_operations")
    kept = quotas.reserve(entitlement=work, amount=Decimal(2), on=ON, posting=posting("a"))
    quotas.consume(entitlement=work, amount=Decimal("1.5"), on=ON, posting=posting("b"), reserved=kept)
    assert sums(work) == (3, 0, 1.5, 0, 1.5)
    again = quotas.reserve(entitlement=work, amount=Decimal(1), on=ON, posting=posting("c"))
    with pytest.raises(RefusedError) as refused:
        quotas.consume(entitlement=work, amount=Decimal(2), on=ON, posting=posting("d"), reserved=again)
    assert refused.value.code == "quota_used_up"
    assert sums(work) == (3, 1, 1.5, 0, 0.5)


def test_past_the_end_it_is_refused_with_what_is_left_until_when_and_ways_on__K05(cast):
    work = held(cast.kingdee, "K05", "private_installation")
    quotas.consume(entitlement=work, amount=Decimal(2), on=ON, posting=posting("a"))
    with pytest.raises(RefusedError) as refused:
        quotas.reserve(entitlement=work, amount=Decimal(1), on=ON, posting=posting("b"))
    assert "只剩 0 个环境（可用至 2026年12月31日），不够 1 个环境" in refused.value.message
    assert (refused.value.promise, refused.value.clause[:9]) == ("K05", "§3.2.2(2)")
    assert refused.value.ways_on


def test_what_is_missing_is_told_and_a_grant_with_a_reason_covers_it__C48_K05(cast):
    work = held(cast.kingdee, "K05", "private_operations")
    quotas.consume(entitlement=work, amount=Decimal("2.5"), on=ON, posting=posting("20 hours"))
    asked = {"entitlement": work, "amount": Decimal("0.75"), "on": ON}
    with pytest.raises(RefusedError) as refused:
        quotas.reserve(**asked, posting=posting("6 hours"))
    assert "只剩 0.5 人天" in refused.value.message
    assert refused.value.message.endswith("不够 0.75 人天，还差 0.25 人天。")
    assert "请客户成功经理另行授予，须写明理由。" in refused.value.ways_on
    assert sums(work) == (3, 0, 2.5, 0, 0.5)
    quotas.grant(
        entitlement=work, amount=Decimal("0.25"), on=ON, posting=posting("more", "客户已书面同意"), unit="person_days"
    )
    quotas.reserve(**asked, posting=posting("6 hours once more"))
    assert sums(work) == (3.25, 0.75, 2.5, 0, 0)


def test_asked_twice_it_is_booked_once(cast):
    check = held(cast.yonsuite, "Y14")
    first = quotas.consume(entitlement=check, amount=Decimal(1), on=ON, posting=posting("same"))
    assert quotas.consume(entitlement=check, amount=Decimal(1), on=ON, posting=posting("same")) == first
    assert sums(check) == (4, 0, 1, 0, 3)
    with pytest.raises(RefusedError) as refused:
        quotas.consume(entitlement=check, amount=Decimal(2), on=ON, posting=posting("same"))
    assert refused.value.code == "key_reused"


def test_what_nothing_counts_is_recorded_without_debit__K06(cast):
    support = held(cast.kingdee, "K06")
    assert quotas.consume(entitlement=support, amount=Decimal(1), on=ON, posting=posting()) is None
    assert balance_of(support, ON) is None
    assert not QuotaEntry.objects.filter(quota__entitlement=support).exists()


def test_a_time_balance_that_the_contract_grants_is_debited__K06(cast):
    support = held(cast.kingdee, "K06")
    quotas.grant(
        entitlement=support, amount=Decimal(5), on=ON, posting=posting("g", "合同补充条款"), unit="person_days"
    )
    quotas.consume(entitlement=support, amount=Decimal("1.5"), on=ON, posting=posting("c"))
    assert sums(support) == (5, 0, 1.5, 0, 3.5)
    quotas.lay_out(contract=cast.kingdee, at=AT)
    assert sums(support) == (5, 0, 1.5, 0, 3.5)


@pytest.mark.parametrize(
    ("promise", "amount", "code"),
    [
        ("Y14", "0", "bad_amount"), ("Y14", "-1", "bad_amount"), ("Y14", "0.5", "bad_amount"),
        ("Y14", "NaN", "bad_amount"), ("Y14", "10001", "bad_amount"), ("K05", "0.001", "bad_amount"),
    ],
)  # fmt: skip
def test_an_amount_that_cannot_be_is_refused(cast, promise, amount, code):
    row = held(cast.yonsuite, promise) if promise == "Y14" else held(cast.kingdee, promise, "private_operations")
    with pytest.raises(RefusedError) as refused:
        quotas.reserve(entitlement=row, amount=Decimal(amount), on=ON, posting=posting())
    assert refused.value.code == code


@pytest.mark.parametrize("on", [date(2025, 12, 31), date(2027, 1, 1)])
@pytest.mark.parametrize("promise", ["Y14", "Y10"])
def test_a_booking_outside_the_term_is_refused(cast, on, promise):
    with pytest.raises(RefusedError) as refused:
        quotas.reserve(entitlement=held(cast.yonsuite, promise), amount=Decimal(1), on=on, posting=posting())
    assert refused.value.code == "outside_term"
    assert "2026-01-01 至 2026-12-31" in refused.value.message


def test_a_correction_gives_back_no_more_than_was_used(cast):
    check = held(cast.yonsuite, "Y14")
    use = quotas.consume(entitlement=check, amount=Decimal(2), on=ON, posting=posting("a"))
    quotas.correct(quota=use.quota, amount=Decimal(1), posting=posting("b", "实为一次"), of=use)
    assert sums(check) == (4, 0, 1, 0, 3)
    with pytest.raises(RefusedError) as refused:
        quotas.correct(quota=use.quota, amount=Decimal(2), posting=posting("c", "再退"), of=use)
    assert refused.value.code == "more_than_used"
    with pytest.raises(RefusedError) as refused:
        quotas.correct(quota=use.quota, amount=Decimal(-4), posting=posting("d", "多给了"))
    assert refused.value.code == "quota_used_up"
    with pytest.raises(RefusedError) as refused:
        quotas.correct(quota=use.quota, amount=Decimal(1), posting=posting("e", " "))
    assert refused.value.code == "reason_missing"


def test_an_amount_agreed_otherwise_becomes_lines_of_the_ledger__Y20(cast):
    check = held(cast.yonsuite, "Y14")
    agreed = {"contract": cast.yonsuite, "promise": "Y14", "actor": cast.manager, "at": AT}
    override_quota(**agreed, amount=Decimal(6), reason="加购两次")
    assert sums(check) == (6, 0, 0, 0, 6)
    quotas.consume(entitlement=check, amount=Decimal(3), on=ON, posting=posting())
    with pytest.raises(RefusedError) as refused:
        override_quota(**agreed, amount=Decimal(2), reason="减为两次")
    assert refused.value.code == "below_what_is_used"
    override_quota(**agreed, amount=Decimal(3), reason="减为三次")
    assert sums(check) == (3, 0, 3, 0, 0)
    last = QuotaEntry.objects.filter(quota__entitlement=check).last()
    assert (last.kind, last.change, last.actor) == ("correct", -3, cast.manager)
    assert last.cause == "约定由 6 次 改为 3 次。减为三次"


@pytest.mark.parametrize("sql", ["UPDATE plans_quotaentry SET used = 0", "DELETE FROM plans_quotaentry"])
def test_the_database_lets_no_line_be_changed_or_deleted(cast, sql):
    with pytest.raises(Error, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize(("position", "left"), [(2, 5), (3, 4), (1, 1)])
def test_the_database_takes_no_line_that_does_not_go_on_from_the_last(cast, position, left):
    quota = Quota.objects.get(entitlement=held(cast.yonsuite, "Y14"))
    with pytest.raises(Error, match="does not go on"), transaction.atomic():
        QuotaEntry.objects.create(
            quota=quota, position=position, kind="grant", granted=2, left=left, at=AT, cause="假", key="x"
        )


def test_the_database_takes_no_balance_below_zero(cast):
    quota = Quota.objects.get(entitlement=held(cast.yonsuite, "Y14"))
    with pytest.raises(Error, match="quota_never_below_zero"), transaction.atomic():
        QuotaEntry.objects.create(quota=quota, position=2, kind="consume", used=5, left=-1, at=AT, cause="假", key="x")


def test_a_delivery_moved_into_the_next_year_counts_there(world):
    check = held(world.yonsuite.contract, "Y14")
    kept = quotas.reserve(entitlement=check, amount=Decimal(1), on=date(2026, 12, 20), posting=posting("a"))
    later = date(2027, 1, 5)
    quotas.consume(entitlement=check, amount=Decimal(1), on=later, posting=posting("b"), reserved=kept)
    assert sums(check, ON) == (4, 0, 0, 0, 4)
    assert sums(check, later) == (4, 0, 1, 0, 3)


def test_installing_draws_on_the_person_days_of_all_private_operations__K05(cast):
    install = held(cast.kingdee, "K05", "private_installation")
    quotas.consume(entitlement=install, amount=Decimal(1), on=ON, posting=posting("a"), unit="environments")
    quotas.consume(entitlement=install, amount=Decimal("0.5"), on=ON, posting=posting("b"), unit="person_days")
    assert sums(install) == (2, 0, 1, 0, 1)
    assert sums(held(cast.kingdee, "K05", "private_operations")) == (3, 0, 0.5, 0, 2.5)


def test_use_in_time_that_is_booked_after_the_lapse_counts_all_the_same(cast):
    check = held(cast.yonsuite, "Y14")
    quotas.due(at=beijing("2027-01-01 00:00"))
    assert sums(check) == (4, 0, 0, 4, 0)
    quotas.consume(
        entitlement=check, amount=Decimal(1), on=date(2026, 12, 30), posting=posting(at=beijing("2027-01-04 09:00"))
    )
    assert sums(check) == (4, 0, 1, 3, 0)


def test_what_is_set_free_after_the_window_lapses_at_once(cast):
    check = held(cast.yonsuite, "Y14")
    kept = quotas.reserve(entitlement=check, amount=Decimal(1), on=date(2026, 12, 31), posting=posting("a"))
    end = beijing("2027-01-01 00:00")
    quotas.due(at=end)
    assert sums(check) == (4, 1, 0, 3, 0)
    quotas.release(reserved=kept, posting=posting("b", at=end + timedelta(days=3)))
    assert sums(check) == (4, 0, 0, 4, 0)
