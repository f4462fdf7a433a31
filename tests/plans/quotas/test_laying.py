"""What a contract promises, window by window: by its years, brought up to every change of what it says."""

from datetime import date
from decimal import Decimal

import pytest

from plans.actions import change_plan, override_quota, quotas, upsert_customers
from plans.actions.quotas import Posting
from plans.actions.terms import change_term, end
from plans.models import Plan, Quota, QuotaEntry
from plans.quotas import balance_of
from plans.quotas.windows import anniversary, years_of
from plans.refusals import RefusedError
from plans.upsert import read_entries
from tests.hours import beijing
from tests.plans.conftest import contract_of

AT = beijing("2026-03-02 10:00")
WHO = {"reason": "约定", "actor": None, "at": AT}


def posting(key: str, at=AT) -> Posting:
    return Posting(at, key, "交付", "Delivered")


def spans(contract, promise: str) -> list[tuple[str, str, int]]:
    rows = Quota.objects.filter(contract=contract, item__promise=promise).order_by("number")
    left = [balance_of(row.entitlement, row.starts_on) if row.entitlement else None for row in rows]
    return [
        (f"{row.starts_on}", f"{row.ends_on}", int(balance.left) if balance else 0)
        for row, balance in zip(rows, left, strict=True)
    ]


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ((2026, 1, 1), (2027, 12, 31), ["2026-01-01 2026-12-31", "2027-01-01 2027-12-31"]),
        ((2024, 2, 29), (2028, 3, 31), [
            "2024-02-29 2025-02-28", "2025-03-01 2026-02-28", "2026-03-01 2027-02-28", "2027-03-01 2028-02-28",
            "2028-02-29 2028-03-31",
        ]),
        ((2026, 7, 15), (2027, 12, 31), ["2026-07-15 2027-07-14", "2027-07-15 2027-12-31"]),
        ((2023, 3, 1), (2024, 3, 31), ["2023-03-01 2024-02-29", "2024-03-01 2024-03-31"]),
        ((2026, 5, 5), (2026, 5, 5), ["2026-05-05 2026-05-05"]),
    ],
)  # fmt: skip
def test_a_contract_year_runs_from_anniversary_to_anniversary(first, last, expected):
    assert [f"{start} {end}" for start, end in years_of(date(*first), date(*last))] == expected


@pytest.mark.parametrize(
    ("years", "falls"), [(1, (2025, 3, 1)), (4, (2028, 2, 29)), (0, (2024, 2, 29)), (100, (2124, 2, 29))]
)
def test_the_29th_of_february_falls_on_the_1st_of_march_where_there_is_none(years, falls):
    assert anniversary(date(2024, 2, 29), years) == date(*falls)


def test_each_year_of_the_term_has_its_own_amount_and_a_short_last_one_all_of_it__Y13_Y14_Y15(cast):
    term = (date(2026, 7, 15), date(2027, 12, 31))
    contract = contract_of("two", "yonsuite-premier", [], term=term)
    assert spans(contract, "Y13") == [("2026-07-15", "2027-07-14", 2), ("2027-07-15", "2027-12-31", 2)]
    assert [left for *_span, left in spans(contract, "Y14")] == [4, 4]
    assert [left for *_span, left in spans(contract, "Y15")] == [4, 4]


def test_an_amount_of_the_term_is_one_window_however_many_years_it_has__K05_K13(cast):
    contract = contract_of("long", "kingdee-advanced", [], term=(date(2026, 1, 1), date(2028, 12, 31)))
    assert spans(contract, "K13") == [("2026-01-01", "2028-12-31", 2)]
    assert sorted(left for *_span, left in spans(contract, "K05")) == [2, 3]


def test_laid_out_twice_nothing_changes(cast):
    before = list(QuotaEntry.objects.order_by("pk").values())
    quotas.lay_out(contract=cast.yonsuite, at=AT)
    assert list(QuotaEntry.objects.order_by("pk").values()) == before


def test_what_was_granted_beside_the_plan_stays_when_the_plan_s_amount_changes(cast):
    check = cast.yonsuite.entitlements.get(item__promise="Y14")
    quotas.grant(entitlement=check, amount=Decimal(1), on=date(2026, 3, 2), posting=posting("gift"))
    override_quota(contract=cast.yonsuite, promise="Y14", amount=Decimal(6), **WHO)
    assert balance_of(check, date(2026, 3, 2)).granted == 7
    override_quota(contract=cast.yonsuite, promise="Y14", amount=Decimal(4), **WHO)
    assert balance_of(check, date(2026, 3, 2)).granted == 5


def test_an_early_end_takes_back_the_years_that_never_come_and_shortens_the_last(cast):
    contract = contract_of("early", "yonsuite-premier", [], term=(date(2026, 1, 1), date(2027, 12, 31)))
    check = contract.entitlements.get(item__promise="Y14")
    quotas.consume(entitlement=check, amount=Decimal(1), on=date(2026, 3, 2), posting=posting("one"))
    end(contract=contract, on=date(2026, 9, 30), at=AT)
    assert spans(contract, "Y14") == [("2026-01-01", "2026-09-30", 3), ("2027-01-01", "2027-12-31", 0)]
    change_term(contract=contract, starts_on=date(2026, 1, 1), ends_on=date(2027, 12, 31), **WHO)
    contract.ended_on = None
    contract.save()
    quotas.lay_out(contract=contract, at=AT)
    assert spans(contract, "Y14") == [("2026-01-01", "2026-12-31", 3), ("2027-01-01", "2027-12-31", 4)]


def test_a_term_that_grows_after_the_lapse_brings_back_what_had_lapsed(cast):
    contract = contract_of("grows", "kingdee-advanced", [], term=(date(2026, 1, 1), date(2026, 6, 30)))
    report = contract.entitlements.get(item__promise="K13")
    quotas.due(at=beijing("2026-07-01 00:00"))
    assert balance_of(report, date(2026, 6, 30)).left == 0
    change_term(contract=contract, starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31), **WHO)
    balance = balance_of(report, date(2026, 8, 1))
    assert (balance.expired, balance.left, balance.ends_on) == (0, 2, date(2026, 12, 31))


def test_a_plan_that_drops_a_right_takes_back_what_is_left_and_keeps_the_books__C41(cast):
    contract = contract_of("down", "yonsuite-premier", [])
    check = contract.entitlements.get(item__promise="Y14")
    quotas.consume(entitlement=check, amount=Decimal(1), on=date(2026, 3, 2), posting=posting("one"))
    lower, higher = (Plan.objects.current().get(code=code) for code in ("yonsuite-standard", "yonsuite-premier"))
    change_plan(contract=contract, plan=lower, **WHO)
    kept = Quota.objects.get(contract=contract, item__promise="Y14")
    assert kept.entitlement is None
    assert [entry.kind for entry in kept.entries.all()] == ["grant", "consume", "correct"]
    change_plan(contract=contract, plan=higher, **WHO)
    again = balance_of(contract.entitlements.get(item__promise="Y14"), date(2026, 3, 2))
    assert (again.granted, again.used, again.left) == (4, 1, 3)


def test_places_whose_number_is_published_are_granted_then_to_every_contract__K15(cast):
    places = cast.kingdee.entitlements.get(item__promise="K15")
    with pytest.raises(RefusedError) as refused:
        quotas.reserve(entitlement=places, amount=Decimal(1), on=date(2026, 3, 2), posting=posting("early"))
    assert refused.value.code == "not_published"
    other = contract_of("kd2", "kingdee-advanced", [])
    quotas.publish(item=places.item, amount=Decimal(10), notice="精一官网 2026-03", actor=cast.manager, at=AT)
    for contract in (cast.kingdee, other):
        assert balance_of(contract.entitlements.get(item__promise="K15"), date(2026, 3, 2)).left == 10
    later = contract_of("kd3", "kingdee-advanced", [])
    assert balance_of(later.entitlements.get(item__promise="K15"), date(2026, 3, 2)).left == 10
    quotas.reserve(entitlement=places, amount=Decimal(3), on=date(2026, 3, 2), posting=posting("book"))
    with pytest.raises(RefusedError) as refused:
        quotas.publish(item=places.item, amount=Decimal(2), notice="更正", actor=cast.manager, at=AT)
    assert refused.value.code == "below_what_is_used"
    quotas.publish(item=places.item, amount=Decimal(5), notice="更正", actor=cast.manager, at=AT)
    assert balance_of(places, date(2026, 3, 2)).left == 2


@pytest.mark.parametrize(
    ("promise", "amount", "notice", "code"),
    [
        ("K13", "4", "x", "not_as_published"), ("K15", "-1", "x", "bad_amount"), ("K15", "1.5", "x", "bad_amount"),
        ("K15", "4", " ", "notice_missing"),
    ],
)  # fmt: skip
def test_a_number_that_cannot_be_published_is_refused(cast, promise, amount, notice, code):
    item = cast.kingdee.entitlements.get(item__promise=promise).item
    with pytest.raises(RefusedError) as refused:
        quotas.publish(item=item, amount=Decimal(amount), notice=notice, actor=None, at=AT)
    assert refused.value.code == code


def test_a_bulk_load_lays_out_what_is_new_and_what_got_another_term(db):
    entry = {"code": "bulk", "name": "批量", "name_en": "Bulk", "contracts": [
        {"number": "B-1", "plan": "yonsuite-premier", "starts_on": "2026-01-01", "ends_on": "2026-12-31"},
    ]}  # fmt: skip
    for ends_on, expected in (("2026-12-31", 3), ("2026-12-31", 3), ("2027-12-31", 6)):
        entry["contracts"][0]["ends_on"] = ends_on
        rows, errors = read_entries([entry])
        assert not errors
        assert not upsert_customers(rows=rows).errors
        assert Quota.objects.count() == QuotaEntry.objects.count() == expected
