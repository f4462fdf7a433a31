"""What is used up is refused, or charged where the plan says so, with when there is more; engagements ask the same."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from plans import agreements
from plans.actions import end, quotas, set_switch
from plans.actions.engagements.requesting import Wanted, request
from plans.actions.quotas import Posting
from plans.coverage import answer_for, cover
from plans.loading import load
from plans.models import Contract, TermsChange
from plans.refusals import RefusedError
from sla.models import Policy
from tests.hours import beijing
from tests.plans.conftest import contact_of, contract_of
from tests.plans.test_coverage import NOON, ask
from tests.plans.test_third_vendor import LANHAI

ON = date(2026, 3, 2)


def use(contract: Contract, service: str, amount: int, unit: str = "", on: date = ON) -> None:
    right = contract.entitlements.get(item__service=service)
    posting = Posting(NOON, f"use:{service}:{on}", "已交付", "Delivered")
    quotas.consume(entitlement=right, amount=Decimal(amount), on=on, posting=posting, unit=unit)


@pytest.mark.parametrize(
    ("service", "used", "outcome", "left"),
    [("health_check", 3, "covered", 1), ("health_check", 4, "not_covered", 0), ("planning", 2, "not_covered", 0)],
)
def test_counted_service_is_refused_once_it_is_used_up__Y13_Y14(cast, service, used, outcome, left):
    use(cast.yonsuite, service, used)
    decision = ask(cast.ys, item=service, category="")
    assert (decision.outcome, decision.balance.left) == (outcome, left)
    if outcome == "not_covered":
        assert decision.rule == "used_up"
        assert "2026-12-31" in decision.reason
        assert decision.clause.startswith("§4.4")
        assert all(said.ways_on for said in decision.told.values())
        assert decision.told["en"].reason.isascii()


def test_words_may_be_kept_but_what_is_left_is_of_now_by_two_queries__Y14(cast, django_assert_max_num_queries):
    found = []
    for amount in (1, 2, 1):
        use(cast.yonsuite, "health_check", amount, on=ON + timedelta(days=len(found)))
        with django_assert_max_num_queries(2 if found else 99):
            decision = ask(cast.ys, item="health_check", category="")
        found.append((decision.outcome, decision.balance.left))
    assert found == [("covered", 3), ("covered", 1), ("not_covered", 0)]


def test_next_year_s_amount_is_a_way_on_and_is_there_then__Y14(cast):
    term = (date(2026, 1, 1), date(2027, 12, 31))
    contract = contract_of("two", "yonsuite-premier", [("yonsuite-finance", "public_cloud")], term=term)
    contact = contact_of(contract.customer)
    use(contract, "health_check", 4)
    assert ask(contact, item="health_check", category="").ways_on[0] == "自 2027-01-01 起另有 4 次。"
    assert ask(contact, item="health_check", category="", at=beijing("2026-12-31 23:59")).outcome == "not_covered"
    assert ask(contact, item="health_check", category="", at=beijing("2027-01-01 00:00")).outcome == "covered"


def test_operations_are_refused_past_their_person_days_and_installation_with_them__K05(cast):
    assert ask(cast.kd, "cosmic", "operations").promise == "K05"
    use(cast.kingdee, "private_operations", 3)
    for decision in (
        ask(cast.kd, "cosmic", "operations"),
        ask(cast.kd, "cosmic", "", item="private_installation"),
    ):
        assert (decision.outcome, decision.rule, decision.promise) == ("not_covered", "used_up", "K05")
        assert "3 人天" in decision.reason
    assert ask(cast.kd, "galaxy", "operations").outcome == "covered"  # the public cloud's, which counts nothing


def test_plan_may_say_that_more_is_charged_instead_of_refused(cast, tmp_path):
    text = LANHAI.read_text().replace(
        "quota: {amount: 2, unit: times, period: year}",
        "quota: {amount: 2, unit: times, period: year, used_up: chargeable}",
    )
    path = tmp_path / "lanhai.yaml"
    path.write_text(text)
    load([path])
    contract = contract_of("tide", "lanhai-pro", [("lanhai-erp", "public_cloud")])
    contact = contact_of(contract.customer)
    use(contract, "on_site_visit", 2)
    decision = ask(contact, "lanhai-erp", "", item="on_site_visit")
    assert (decision.outcome, decision.rule, decision.policy) == ("chargeable", "used_up", None)
    assert "可能另行计费" in decision.reason


def test_engagement_asks_as_every_other_door_does__K05_Y14(cast):
    use(cast.yonsuite, "health_check", 4)
    right = cast.yonsuite.entitlements.select_related("item", "contract").get(item__service="health_check")
    decision = answer_for(right, cast.ys, NOON)
    with pytest.raises(RefusedError) as refused:
        request(entitlement=right, wanted=Wanted("健康检查"), contact=cast.ys, actor=None, at=NOON)
    assert (refused.value.code, refused.value.message, refused.value.clause) == (
        "quota_used_up", decision.reason, decision.clause,
    )  # fmt: skip
    assert tuple(refused.value.ways_on) == decision.ways_on


def test_engagement_of_a_later_year_may_be_asked_for_when_this_year_is_used_up__Y14(cast):
    term = (date(2026, 1, 1), date(2027, 12, 31))
    contract = contract_of("two", "yonsuite-premier", [("yonsuite-finance", "public_cloud")], term=term)
    use(contract, "health_check", 4)
    right = contract.entitlements.select_related("item", "contract").get(item__service="health_check")
    made = request(entitlement=right, wanted=Wanted("明年的"), contact=None, actor=cast.success, at=NOON)
    assert made.state == "requested"


def test_order_of_the_gates_is_that_of_the_table(cast):
    """Certification is asked before the kind of question, the term before everything."""
    stranger = contact_of(cast.kingdee.customer, certified=False)
    assert ask(stranger, "galaxy", "customisation").rule == "certified"
    assert ask(stranger, "yonsuite-hr", "customisation").rule == "product"
    assert ask(stranger, "yonsuite-hr", "customisation", at=beijing("2030-01-01 09:00")).rule == "term"


def kept(cast) -> tuple[str, str | None]:
    decision = cover(cast.ys, None, None, None, "", "fault", "portal", NOON)
    return decision.outcome, decision.policy and decision.policy.code


def test_what_is_kept_of_a_contract_gives_way_to_every_change(cast):
    """Each statement that changes what coverage reads is noted by the database, whoever wrote it."""
    assert kept(cast) == ("covered", "yonsuite-premier-ticket")
    ticket = cast.yonsuite.entitlements.get(item__service="ticket")
    type(ticket).objects.filter(pk=ticket.pk).update(policy="")
    assert kept(cast) == ("covered", None)
    type(ticket).objects.filter(pk=ticket.pk).update(policy="yonsuite-premier-ticket")
    assert kept(cast) == ("covered", "yonsuite-premier-ticket")
    Contract.objects.filter(pk=cast.yonsuite.pk).update(branch=cast.branch)
    decided = {"reason": "附件二", "actor": cast.manager, "at": NOON}
    set_switch(contract=Contract.objects.get(pk=cast.yonsuite.pk), name="served_by_branch", value="branch", **decided)
    assert kept(cast) == ("covered", None)
    end(contract=Contract.objects.get(pk=cast.yonsuite.pk), on=date(2026, 2, 1))
    assert kept(cast)[0] == "not_covered"


def test_new_version_of_a_policy_is_seen_at_once(cast):
    kept(cast)
    old = Policy.objects.current().get(code="yonsuite-premier-ticket")
    before = TermsChange.objects.filter(customer=cast.yonsuite.customer_id).count()
    Policy.objects.filter(pk=old.pk).update(is_current=False)
    assert TermsChange.objects.filter(customer=cast.yonsuite.customer_id).count() == before + 1
    assert kept(cast) == ("covered", None)


def test_what_one_asker_does_with_a_contract_is_nobody_else_s(cast):
    first, second = (cover(cast.ys, None, None, None, "", "fault", "portal", NOON) for _time in range(2))
    first.contract.number = "X"
    assert (second.contract.number, first.contract is second.contract) == ("C-ys", False)
    assert second.entitlement.contract is second.contract
    assert agreements.agreements_of(cast.ys)[0].contract.number == "C-ys"
