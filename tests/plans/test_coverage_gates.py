"""The gates that a question passes before its category is looked at, and what each says when it is shut."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from plans import agreements
from plans.actions import end, set_switch
from plans.coverage import cover, hours_of, inquiry_of
from plans.models import Contact, Contract, Customer, Product
from tests.hours import beijing
from tests.plans.conftest import contact_of, contract_of
from tests.plans.test_coverage import NOON, ask


@pytest.mark.parametrize(
    ("at", "outcome"),
    [
        ("2025-12-31 23:59", "not_covered"),
        ("2026-01-01 00:00", "covered"),
        ("2026-12-31 23:59", "covered"),
        ("2027-01-01 00:00", "not_covered"),
    ],
)
def test_term_is_counted_in_local_dates_of_the_contract_both_ends_included(cast, at, outcome):
    decision = ask(cast.ys, "yonsuite-finance", at=beijing(at))
    assert decision.outcome == outcome
    if outcome == "not_covered":
        assert "服务期" in decision.reason
        assert "2026-01-01" in decision.clause
        assert decision.ways_on


def test_contract_ended_early_covers_its_last_day_and_not_the_next(cast):
    end(contract=cast.yonsuite, on=date(2026, 3, 1))
    assert ask(cast.ys, at=beijing("2026-03-01 23:00")).outcome == "covered"
    assert ask(cast.ys, at=beijing("2026-03-02 00:00")).outcome == "not_covered"


@pytest.mark.parametrize(
    ("who", "product", "deployment", "word"),
    [
        ("ys", "yonsuite-hr", "", "不包含产品"),
        ("ys", "galaxy", "", "不包含产品"),
        ("kd", "galaxy", "private_cloud", "部署方式"),
    ],
)
def test_product_not_under_the_contract_is_refused(cast, who, product, deployment, word):
    decision = ask(getattr(cast, who), product, deployment=deployment)
    assert decision.outcome == "not_covered"
    assert word in decision.reason
    assert decision.ways_on


@pytest.mark.parametrize(
    ("channel", "promise"), [("portal", "K02"), ("community", "K02"), ("im", "K03"), ("hotline", "K09")]
)
def test_uncertified_user_is_told_by_the_clause_of_the_entrance__K02_K03_K09(cast, channel, promise):
    unknown = contact_of(cast.kingdee.customer, certified=False)
    decision = ask(unknown, "galaxy", channel=channel)
    assert (decision.outcome, decision.promise) == ("not_covered", promise)
    assert "认证" in decision.reason
    assert "面向经注册认证的金蝶产品实际使用者提供" in decision.clause
    assert decision.ways_on[0] == "完成注册认证后再提交。"
    assert len(decision.ways_on) > 1


def test_yonsuite_asks_for_no_certification__Y07(cast):
    assert ask(contact_of(cast.yonsuite.customer, certified=False)).outcome == "covered"


def test_customisation_is_told_with_the_five_definitions_and_what_stays_in_scope__K02(cast):
    decision = ask(cast.kd, "galaxy", "customisation")
    assert decision.clause == "§3.1.2(2) 不包含二次开发及第三方产品导致的问题。"
    assert all(f"({number}) " in decision.reason for number in range(1, 6))
    assert "不包括字段新增及对显示界面、规格大小、字段属性的调整等操作" in decision.reason
    assert any("专属技术经理" in way for way in decision.ways_on)


def test_each_definition_is_asked_as_a_plain_question_and_without_one_by_its_words__K02(cast):
    item = cast.kingdee.entitlements.get(item__service="ticket").item
    questions = inquiry_of(item).questions
    assert list(questions) == ["carve_out", "1", "2", "3", "4", "5"]
    assert questions["carve_out"] == "只是新增字段，或调整显示界面、规格大小、字段属性吗？"
    assert all(asked.startswith("是否") for code, asked in questions.items() if code != "carve_out")
    for shut in item.exclusions:
        shut.pop("questions", None)
        shut.pop("carve_out_question", None)
    signed_earlier = inquiry_of(item).questions
    assert signed_earlier["5"] == "根据系统规定的插件接口和规范进行的插件开发？"
    assert "不包括字段新增" in signed_earlier["carve_out"]


def test_customisation_has_developer_support_as_way_on__Y07_Y09(cast):
    assert "开发者支持" in ask(cast.ys, "yonsuite-finance", "customisation").ways_on[0]


def test_words_are_in_the_contact_s_language(cast):
    reader = contact_of(cast.kingdee.customer, language="en")
    decision = ask(reader, "galaxy", "customisation")
    words = " ".join([decision.clause, decision.reason, *decision.ways_on])
    assert words.isascii() or not any("一" <= letter <= "鿿" for letter in words)


@pytest.mark.parametrize(
    ("product", "category", "word"),
    [("cosmic", "how_to", "苍穹"), ("galaxy", "fault", "应用类"), (None, "how_to", "未注明产品")],
)
def test_expert_chat_outside_its_products_or_questions_becomes_a_ticket__K03(cast, product, category, word):
    decision = ask(cast.kd, product, category, "im")
    assert (decision.outcome, decision.promise) == ("redirected", "K03")
    assert word in decision.reason
    assert decision.policy.code == "kingdee-advanced-ticket"
    assert decision.entitlement.item.promise == "K02"
    assert len(decision.ways_on) == 2


@pytest.mark.parametrize(
    ("priority", "promise", "ways"), [("urgent", "Y07", 0), ("high", "Y07", 0), ("normal", "Y08", 1), ("", "Y08", 1)]
)
def test_question_that_is_not_urgent_is_pointed_from_the_hotline_to_chat__Y08(cast, priority, promise, ways):
    decision = ask(cast.ys, "yonsuite-finance", channel="hotline", priority=priority)
    assert (decision.outcome, decision.promise, len(decision.ways_on)) == ("covered", promise, ways)
    assert decision.policy.code == "yonsuite-premier-ticket"


@pytest.mark.parametrize(
    ("item", "product", "deployment", "outcome", "promise"),
    [
        ("public_operations", "galaxy", "", "covered", "K04"),
        ("public_operations", "cosmic", "", "not_covered", "K04"),
        ("private_operations", "cosmic", "", "covered", "K05"),
        ("private_operations", "galaxy", "public_cloud", "not_covered", "K05"),
        ("private_installation", "cosmic", "private_cloud", "covered", "K05"),
        ("critical_moment", "galaxy", "", "covered", "K06"),
        ("im", "galaxy", "", "covered", "K03"),
        ("bot", "galaxy", "", "covered", "K07"),
        ("training", "galaxy", "", "not_covered", ""),
    ],
)
def test_service_asked_for_by_name_has_its_own_item__K04_K05(cast, item, product, deployment, outcome, promise):
    category = "operations" if item.endswith("operations") else "how_to" if item == "im" else ""
    decision = ask(cast.kd, product, category, "portal", item=item, deployment=deployment)
    assert (decision.outcome, decision.promise) == (outcome, promise), decision.reason
    assert decision.reason
    assert bool(decision.ways_on) == (outcome != "covered")


@pytest.mark.parametrize(
    ("plan", "product", "promise"),
    [
        ("yonsuite-standard", "yonsuite-finance", "Y21"),
        ("yonsuite-accelerate", "yonsuite-finance", "Y21"),
        ("yonsuite-priority", "yonsuite-finance", "Y21"),
        ("kingdee-gold", "galaxy", "K19"),
    ],
)
def test_plan_whose_document_lists_no_tickets_is_chargeable_and_not_timed__Y21_K19(db, plan, product, promise):
    contract = contract_of("tier", plan, [(product, "public_cloud")])
    decision = ask(contact_of(contract.customer), product)
    assert (decision.outcome, decision.promise, decision.policy) == ("chargeable", promise, None)
    assert "没有写明" in decision.reason
    assert decision.is_open


def test_standard_tickets_are_covered_without_a_promised_time__K19(db):
    contract = contract_of("std", "kingdee-standard", [("stellar", "public_cloud")])
    decision = ask(contact_of(contract.customer), "stellar")
    assert (decision.outcome, decision.policy) == ("covered", None)
    assert "没有承诺响应时限" in decision.reason
    assert ask(contact_of(contract.customer), "stellar", channel="im").outcome == "redirected"


def test_advanced_contains_standard_and_its_own_item_comes_first__K19(cast):
    items = [row.item for row in cast.kingdee.entitlements.select_related("item__plan")]
    assert len(items) == len({(item.promise, item.service) for item in items})
    ticket = next(item for item in items if item.service == "ticket")
    assert ticket.plan.code == "kingdee-advanced"


def test_gold_entitles_to_what_was_picked_and_nothing_else__K19(db):
    contract = contract_of("gold", "kingdee-gold", [("galaxy", "public_cloud")], picks=("K06", "K12"))
    assert sorted(contract.entitlements.values_list("item__promise", flat=True)) == ["K06", "K10", "K12", "K19"]
    decision = ask(contact_of(contract.customer), item="critical_moment", category="")
    assert (decision.outcome, decision.policy.code) == ("covered", "kingdee-report-sign-off")


def test_without_a_contract_named_the_one_that_holds_the_product_answers(cast):
    gold = contract_of("two", "kingdee-gold", [("eas-cloud", "public_cloud")], customer=cast.kingdee.customer)
    assert ask(cast.kd, "eas-cloud").contract == gold
    assert ask(cast.kd, "galaxy").contract == cast.kingdee


def test_without_a_contract_named_the_highest_plan_in_force_that_has_the_service_answers(cast):
    customer = cast.yonsuite.customer
    lower = contract_of("low", "yonsuite-priority", [("yonsuite-finance", "public_cloud")], customer=customer)
    assert ask(cast.ys, "yonsuite-finance").contract == cast.yonsuite
    end(contract=cast.yonsuite, on=date(2026, 2, 1))
    assert ask(cast.ys, "yonsuite-finance").contract == lower


def test_gold_beside_advanced_leaves_tickets_to_advanced__K19(cast):
    contract_of("gold", "kingdee-gold", [("galaxy", "public_cloud")], customer=cast.kingdee.customer, picks=("K12",))
    assert ask(cast.kd, "galaxy").contract == cast.kingdee
    assert ask(cast.kd, "galaxy", item="expert_consultation", category="").contract.number == "C-gold"


def test_contract_of_another_customer_and_no_contract_are_refused(cast):
    assert ask(cast.kd, contract=cast.yonsuite).outcome == "not_covered"
    nobody = contact_of(Customer.objects.create(code="none", name="无合同公司"))
    assert "没有找到" in ask(nobody).reason


def test_branch_serves_only_by_the_named_switch__Y19(cast):
    Contract.objects.filter(pk=cast.yonsuite.pk).update(branch=cast.branch)
    contract = Contract.objects.get(pk=cast.yonsuite.pk)
    assert ask(cast.ys, "yonsuite-finance").policy.code == "yonsuite-premier-ticket"
    decided = {"reason": "附件二", "actor": cast.manager, "at": NOON}
    set_switch(contract=contract, name="served_by_branch", value="branch", **decided)
    decision = ask(cast.ys, "yonsuite-finance")
    assert (decision.outcome, decision.policy) == ("covered", None)
    assert "马来西亚分公司" in decision.reason
    agreement = agreements.agreements_of(cast.ys)[0]
    assert [hours_of(agreement, agreement.find(service)) for service in ("im", "bot")] == [
        "yonsuite-my",
        "yonsuite-7x24",
    ]


def test_hotline_hours_are_a_named_switch_never_assumed_round_the_clock__K09(cast):
    agreement = agreements.agreements_of(cast.kd)[0]
    assert hours_of(agreement, agreement.find("hotline")) == "kingdee-5x8"
    decided = {"reason": "补充协议", "actor": cast.manager, "at": NOON}
    set_switch(contract=cast.kingdee, name="hotline_calendar", value="kingdee-7x8", **decided)
    agreement = agreements.agreements_of(cast.kd)[0]
    assert hours_of(agreement, agreement.find("hotline")) == "kingdee-7x8"


def test_answer_takes_four_queries_cold_and_one_warm(cast):
    contract_of("more", "kingdee-gold", [("galaxy", "public_cloud")], customer=cast.kingdee.customer, picks=("K06",))
    contact = Contact.objects.select_related("customer").get(pk=cast.kd.pk)
    product = Product.objects.get(code="galaxy")
    agreements._ITEMS.clear()
    agreements._READ.clear()
    agreements._policy.cache_clear()
    counts = []
    for _round in range(2):
        with CaptureQueriesContext(connection) as queries:
            assert cover(contact, None, None, product, "", "how_to", "im", NOON).outcome == "covered"
        counts.append(len(queries))
    assert counts == [4, 1]
