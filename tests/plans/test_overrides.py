"""One customer's own target, calendar or amount: journaled, versioned, and refused when nobody could keep it."""

from decimal import Decimal

import pytest
from django.utils import translation

from plans.actions import NewTarget, granted, override, override_calendar, override_quota, set_switch
from plans.actions.overrides import rescind
from plans.agreements import agreements_of
from plans.coverage import cover, hours_of
from plans.models import Override
from plans.refusals import RefusedError
from sla.models import Policy
from tests.hours import beijing

AT = beijing("2026-03-02 10:00")
HOUR = NewTarget("first_response", Decimal(3600))


def decided(contact):
    """Return the decision on a plain question of use."""
    return cover(contact, None, None, None, "", "how_to", "portal", AT)


def agree(cast, contract, target=HOUR, reason="大促期间约定"):
    return override(contract=contract, target=target, reason=reason, actor=cast.manager, at=AT)


def test_own_response_target_is_met_by_human_contact_only__Y07(cast):
    row = agree(cast, cast.yonsuite)
    policy = decided(cast.ys).policy
    target = policy.targets.get()
    assert policy.code == "yonsuite-premier-ticket@C-ys"
    assert (target.amount, target.calendar, target.promise) == (3600, "yonsuite-7x12", "Y07")
    assert sorted(target.met_on) == ["call", "reply"]
    assert (row.reason, row.actor_display, row.at) == ("大促期间约定", "manager", AT)
    assert policy.escalation_rules.count() == 4


def test_plan_policy_and_other_contracts_keep_their_target_after_an_override(cast):
    agree(cast, cast.yonsuite)
    assert Policy.objects.current().get(code="yonsuite-premier-ticket").targets.get().amount == 7200
    assert decided(cast.kd).policy.code == "kingdee-advanced-ticket"


def test_second_override_is_a_new_version_and_both_are_journaled__Y20(cast):
    agree(cast, cast.kingdee)
    agree(cast, cast.kingdee, NewTarget("resolution", Decimal(3), "working_days", "end_of_nth_day"))
    policy = decided(cast.kd).policy
    assert (policy.code, policy.version) == ("kingdee-advanced-ticket@C-kd", 2)
    assert {(target.metric, target.amount) for target in policy.targets.all()} == {
        ("first_response", 3600), ("resolution", 3),
    }  # fmt: skip
    assert policy.escalation_rules.filter(metric="resolution").count() == 4
    assert policy.repeats["resolution"] == policy.repeats["first_response"]
    assert Override.objects.filter(entitlement__contract=cast.kingdee).count() == 2


def test_sign_off_override_moves_both_reports__K06_K12(cast):
    agree(cast, cast.kingdee, NewTarget("sign_off", Decimal(10), "working_days", "end_of_nth_day"))
    own = dict(cast.kingdee.entitlements.filter(policy__contains="sign-off").values_list("item__promise", "policy"))
    assert own == {"K06": "kingdee-report-sign-off@C-kd", "K12": "kingdee-diagnosis-sign-off@C-kd"}
    assert decided(cast.kd).policy.code == "kingdee-advanced-ticket"


def signing(cast):
    """Return, by promise, how many days a customer has to sign, by which clause and on whose working days."""
    held = cast.kingdee.entitlements.filter(policy__contains="sign-off").order_by("item__promise")
    found = [Policy.objects.current().get(code=one.policy).targets.get() for one in held]
    return [(target.promise, target.clause[:7], target.amount, target.calendar) for target in found]


def test_an_own_time_to_sign_cites_the_clause_of_each_report_and_is_taken_back_for_both__K06_K12(cast):
    plain = signing(cast)
    row = agree(cast, cast.kingdee, NewTarget("sign_off", Decimal(10), "working_days", "end_of_nth_day"))
    said = {"contract": cast.kingdee, "reason": "海外", "actor": cast.manager, "at": AT}
    abroad = override_calendar(promise="K12", calendar="yonsuite-7x24", **said)
    agreed = ("K06", "§3.2.3 ", 10, "kingdee-5x8")
    assert signing(cast) == [agreed, ("K12", "§3.4.2 ", 10, "yonsuite-7x24")]
    rescind(row=abroad, reason="回国", actor=cast.manager, at=AT)
    assert signing(cast) == [agreed, ("K12", "§3.4.2 ", 10, "kingdee-5x8")]
    rescind(row=row, reason="恢复", actor=cast.manager, at=AT)
    assert signing(cast) == plain


@pytest.mark.parametrize(
    ("target", "reason", "code"),
    [
        (NewTarget("first_response", Decimal(0)), "x", "bad_amount"),
        (NewTarget("first_response", Decimal(-5)), "x", "bad_amount"),
        (NewTarget("first_response", Decimal(10**9)), "x", "bad_amount"),
        (NewTarget("first_response", Decimal(3600), calendar="nowhere"), "x", "unknown_calendar"),
        (NewTarget("first_response", Decimal(3600), met_on=("wait",)), "x", "bad_met_on"),
        (NewTarget("first_response", Decimal(3600), unit="fortnights"), "x", "bad_rule"),
        (NewTarget("first_response", Decimal("1.5"), "working_days", "end_of_nth_day"), "x", "bad_target"),
        (NewTarget("first_response", Decimal(3600), "seconds", "end_of_nth_day"), "x", "bad_target"),
        (HOUR, "  ", "reason_missing"),
    ],
)
def test_nonsense_is_refused_with_the_clause__Y20(cast, target, reason, code):
    with pytest.raises(RefusedError) as refused:
        agree(cast, cast.yonsuite, target, reason)
    assert refused.value.code == code
    assert (refused.value.promise, refused.value.clause[:8]) == ("Y07", "§4.2.1.2")
    assert not Override.objects.exists()
    assert not Policy.objects.filter(code__contains="@").exists()


def test_own_calendar_moves_what_is_timed_on_it__Y20(cast):
    override_calendar(
        contract=cast.yonsuite, promise="Y07", calendar="yonsuite-7x24", reason="海外", actor=cast.manager, at=AT
    )  # fmt: skip
    target = decided(cast.ys).policy.targets.get()
    assert (target.amount, target.calendar) == (7200, "yonsuite-7x24")


def test_own_hours_of_a_service_that_is_not_timed_are_kept_too__Y20(cast):
    agreed = {"promise": "Y06", "reason": "海外", "actor": cast.manager, "at": AT}
    override_calendar(contract=cast.yonsuite, calendar="yonsuite-7x24", **agreed)
    agreement = agreements_of(cast.ys)[0]
    assert hours_of(agreement, agreement.find("im")) == "yonsuite-7x24"


def test_own_amount_replaces_the_plan_s__Y20(cast):
    entitlement = cast.yonsuite.entitlements.get(item__promise="Y13")
    assert granted(entitlement)["amount"] == 2
    override_quota(contract=cast.yonsuite, promise="Y13", amount=Decimal(4), reason="加购", actor=cast.manager, at=AT)
    assert granted(entitlement) == {"amount": 4, "unit": "times", "period": "year", "as_published": False}


def test_amount_of_an_uncounted_service_cannot_be_overridden(cast):
    with pytest.raises(RefusedError, match="Y01"):
        override_quota(contract=cast.yonsuite, promise="Y01", amount=Decimal(4), reason="x", actor=None, at=AT)


def test_own_target_under_a_branch_runs_on_the_branch_s_hours__Y19(cast):
    cast.yonsuite.branch = cast.branch
    cast.yonsuite.save()
    switch = {"name": "served_by_branch", "value": "branch", "reason": "附件二", "actor": cast.manager, "at": AT}
    set_switch(contract=cast.yonsuite, **switch)
    served = decided(cast.ys)
    assert (served.outcome, served.policy) == ("covered", None)
    assert served.clause.startswith("§3.2.1")
    agree(cast, cast.yonsuite)
    assert decided(cast.ys).policy.targets.get().calendar == "yonsuite-my"
    agreed = {"promise": "Y07", "calendar": "yonsuite-7x24", "reason": "大促", "actor": cast.manager, "at": AT}
    override_calendar(contract=cast.yonsuite, **agreed)
    agree(cast, cast.yonsuite, NewTarget("first_response", Decimal(1800)))
    assert decided(cast.ys).policy.targets.get().calendar == "yonsuite-7x24"  # what was agreed comes first


@pytest.mark.parametrize(
    ("metric", "pauses"),
    [("first_response", []), ("next_response", []), ("update", ["customer"]), ("resolution", ["customer"])],
)
def test_waiting_for_the_customer_pauses_an_own_resolution_but_no_response__C24(cast, metric, pauses):
    agree(cast, cast.kingdee, NewTarget(metric, Decimal(28800)))
    agree(cast, cast.kingdee, NewTarget(metric, Decimal(14400)))
    target = decided(cast.kd).policy.targets.get(metric=metric)
    assert (target.amount, target.pauses_on) == (14400, pauses)


def test_an_own_amount_is_journaled_as_it_was_said__Y20(cast):
    agreed = NewTarget("first_response", Decimal("0.500000"), "working_days")
    assert agree(cast, cast.kingdee, agreed).value["amount"] == "0.5"
    assert agree(cast, cast.kingdee, NewTarget("first_response", Decimal("3600.000000"))).value["amount"] == "3600"


def test_a_refused_target_names_its_clause_in_the_reader_s_language__Y20(cast):
    with translation.override("en"), pytest.raises(RefusedError) as refused:
        agree(cast, cast.kingdee, NewTarget("first_response", Decimal(0)))
    assert refused.value.clause.startswith("§3.1.2 Questions of use")
