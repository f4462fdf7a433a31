"""What is agreed for certain days begins and lapses by itself, where the contract is."""

from datetime import date
from decimal import Decimal

import pytest

from plans.actions import NewTarget, override, override_calendar, override_quota
from plans.actions.dated import due
from plans.actions.overrides import Dates, rescind
from plans.agreements import agreements_of
from plans.coverage import hours_of
from plans.models import Contract, Entitlement, Override
from plans.refusals import RefusedError
from sla.models import CalendarVersion, Policy
from tests.clocks import clock_at
from tests.hours import beijing

AT = beijing("2026-03-02 10:00")
JUNE = Dates(date(2026, 6, 1), date(2026, 6, 30))
OWN, PLAIN = "yonsuite-premier-ticket@C-ys", "yonsuite-premier-ticket"


def hours(amount: float) -> NewTarget:
    return NewTarget("first_response", Decimal(str(amount)) * 3600)


def agree(cast, target=None, dates=JUNE, at=AT):
    return override(
        contract=cast.yonsuite, target=target or hours(1), reason="年中", actor=cast.manager, at=at, dates=dates
    )  # fmt: skip


def policy_of(cast) -> str:
    return cast.yonsuite.entitlements.get(item__promise="Y07").policy


def first_response(cast) -> Decimal:
    return Policy.objects.current().get(code=policy_of(cast)).targets.get(metric="first_response").amount / 3600


def pass_by(wall: str) -> int:
    with clock_at(wall):
        return due()


@pytest.mark.parametrize(
    ("zone", "before", "first", "last", "after"),
    [
        ("Asia/Shanghai", "2026-05-31 23:59", "2026-06-01 00:00", "2026-06-30 23:59", "2026-07-01 00:00"),
        ("Asia/Bangkok", "2026-06-01 00:59", "2026-06-01 01:00", "2026-07-01 00:59", "2026-07-01 01:00"),
        ("Pacific/Auckland", "2026-05-31 19:59", "2026-05-31 20:00", "2026-06-30 19:59", "2026-06-30 20:00"),
    ],
)
def test_an_agreement_holds_from_its_first_local_day_to_its_last__Y20(cast, zone, before, first, last, after):
    Contract.objects.filter(pk=cast.yonsuite.pk).update(timezone=zone)
    cast.yonsuite.refresh_from_db()
    row = agree(cast)
    assert (row.state, policy_of(cast)) == ("ahead", PLAIN)
    assert (pass_by(before), policy_of(cast)) == (0, PLAIN)
    assert (pass_by(first), policy_of(cast), first_response(cast)) == (1, OWN, 1)
    assert (pass_by(last), policy_of(cast)) == (0, OWN)
    assert (pass_by(after), policy_of(cast)) == (1, PLAIN)
    row.refresh_from_db()
    assert row.state == "lapsed"
    kinds = list(cast.yonsuite.changes.order_by("number").values_list("kind", flat=True))
    assert kinds[-3:] == ["override", "begun", "lapsed"]


def test_what_was_agreed_without_end_holds_again_when_a_dated_one_lapses__Y20(cast):
    agree(cast, hours(1.5), Dates())
    agree(cast, hours(0.5))
    pass_by("2026-06-01 09:00")
    assert first_response(cast) == Decimal("0.5")
    pass_by("2026-07-01 09:00")
    assert (policy_of(cast), first_response(cast)) == (OWN, Decimal("1.5"))


def test_of_two_the_one_that_began_last_holds_whatever_else_lapses_meanwhile__Y20(cast):
    agree(cast, hours(0.5), Dates(date(2026, 6, 10), date(2026, 6, 30)))
    agree(cast, hours(1.5), Dates(), beijing("2026-04-01 10:00"))
    agree(cast, hours(1), Dates(date(2026, 6, 1), date(2026, 6, 15)), beijing("2026-05-01 10:00"))
    held = {}
    for day in (1, 10, 16):
        pass_by(f"2026-06-{day:02} 09:00")
        held[day] = first_response(cast)
    pass_by("2026-07-01 09:00")
    assert (held, first_response(cast)) == ({1: 1, 10: Decimal("0.5"), 16: Decimal("0.5")}, Decimal("1.5"))


def test_hours_and_amounts_have_their_days_too__Y20(cast):
    said = {"contract": cast.yonsuite, "reason": "海外", "actor": cast.manager, "at": AT, "dates": JUNE}
    override_calendar(promise="Y06", calendar="yonsuite-7x24", **said)
    override_quota(promise="Y13", amount=Decimal(5), **said)

    def open_hours() -> str:
        agreement = agreements_of(cast.ys)[0]
        return hours_of(agreement, agreement.find("im"))

    assert open_hours() == "yonsuite-7x12"
    assert (pass_by("2026-06-01 09:00"), open_hours()) == (2, "yonsuite-7x24")
    assert (pass_by("2026-07-01 09:00"), open_hours()) == (2, "yonsuite-7x12")
    assert set(Override.objects.values_list("state", flat=True)) == {"lapsed"}


def test_days_that_went_by_unnoticed_promise_nothing_after_the_fact(cast):
    row = agree(cast)
    assert (pass_by("2026-08-01 09:00"), policy_of(cast)) == (1, PLAIN)
    row.refresh_from_db()
    assert row.state == "lapsed"


def test_one_that_cannot_be_kept_any_more_is_marked_with_why_and_stops_no_other(cast):
    said = {"contract": cast.yonsuite, "reason": "海外", "actor": cast.manager, "at": AT, "dates": JUNE}
    lost = override_calendar(promise="Y07", calendar="yonsuite-my", **said)
    kept = agree(cast)
    CalendarVersion.objects.filter(code="yonsuite-my").update(is_current=False)
    Entitlement.objects.filter(pk=lost.entitlement_id).update(policy=PLAIN)
    assert pass_by("2026-06-01 09:00") == 2
    lost.refresh_from_db()
    kept.refresh_from_db()
    assert (lost.state, bool(lost.error), kept.state) == ("failed", True, "in_force")
    assert pass_by("2026-06-01 09:01") == 0


@pytest.mark.parametrize(
    ("dates", "code"),
    [
        (Dates(date(2026, 3, 1)), "starts_in_the_past"),
        (Dates(None, date(2026, 3, 1)), "dates_backwards"),
        (Dates(date(2026, 6, 2), date(2026, 6, 1)), "dates_backwards"),
        (Dates(date(2027, 1, 1)), "after_the_term"),
    ],
)
def test_days_that_cannot_be_are_refused(cast, dates, code):
    with pytest.raises(RefusedError) as refused:
        agree(cast, dates=dates)
    assert (refused.value.code, refused.value.promise) == (code, "Y07")
    assert not Override.objects.exists()


def test_a_target_that_nobody_could_keep_is_refused_long_before_its_day(cast):
    nonsense = NewTarget("first_response", Decimal("1.5"), "working_days", "end_of_nth_day")
    with pytest.raises(RefusedError) as refused:
        agree(cast, nonsense)
    assert refused.value.code == "bad_target"


@pytest.mark.parametrize("began", [True, False])
def test_one_agreement_is_taken_back_whether_it_began_or_not__C16(cast, began):
    row = agree(cast)
    if began:
        pass_by("2026-06-01 09:00")
    taken = rescind(row=row, reason="客户退回", actor=cast.manager, at=beijing("2026-06-02 09:00"))
    assert (taken.state, policy_of(cast)) == ("withdrawn", PLAIN)
    assert pass_by("2026-06-03 09:00") == 0
    with pytest.raises(RefusedError) as refused:
        rescind(row=row, reason="再来", actor=cast.manager, at=beijing("2026-06-03 10:00"))
    assert refused.value.code == "not_agreed_now"
