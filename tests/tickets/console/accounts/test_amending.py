"""A contract is signed, renewed and changed from the console."""

from datetime import date

import pytest
from django.test import Client

from plans.actions.switches import switches_of
from plans.models import Contract, Customer, Override, Plan, Product, Switch
from tests.world import World, person
from tickets.console.accounts.choosing import shown

PAGE = "/console/accounts/C-Y-1/"
NONE = {
    f"products-{name}": value
    for name, value in (("TOTAL_FORMS", "4"), ("INITIAL_FORMS", "0"), ("MIN_NUM_FORMS", "0"), ("MAX_NUM_FORMS", "4"))
}


@pytest.fixture
def boss(client: Client, world: World) -> Client:
    """Return a client as whom the manager is signed in."""
    client.force_login(world.manager)
    return client


def asked(**changes: object) -> dict[str, object]:
    """Return a new contract as its form sends it."""
    return {
        **NONE, "step": "preview", "number": "C-NEW",
        "customer": shown(Customer.objects.create(code="new", name="新客户")),
        "plan": Plan.objects.current().get(code="kingdee-advanced").pk, "starts_on": "2026-10-01",
        "ends_on": "2027-09-30", "timezone": "Asia/Shanghai", "reason": "新签",
        "products-0-product": Product.objects.get(code="galaxy").pk, "products-0-deployment": "public_cloud",
        "products-0-quantity": "1",
        **{f"products-{n}-deployment": "public_cloud" for n in (1, 2, 3)},
        **{f"products-{n}-quantity": "1" for n in (1, 2, 3)},
    } | changes  # fmt: skip


def test_a_contract_is_looked_at_before_it_is_signed__K19(boss: Client, world: World) -> None:
    sent = asked(success_manager=world.success_manager.pk)
    assert boss.get("/console/accounts/-/sign/").status_code == 200
    looked = boss.post("/console/accounts/-/sign/", sent)
    page = looked.content.decode()
    assert (looked.status_code, Contract.objects.filter(number="C-NEW").exists()) == (200, False)
    assert "K12" in page
    assert "2027-03-31" in page
    assert boss.post("/console/accounts/-/sign/", {**sent, "step": "sign"}).status_code == 302
    contract = Contract.objects.get(number="C-NEW")
    first = contract.changes.get()
    assert (first.kind, first.actor, first.reason) == ("signed", world.manager, "新签")
    assert contract.owned_products.get().product.code == "galaxy"
    assert contract.account_team.get().user == world.success_manager


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ends_on": "2026-09-01"}, "早于开始"),
        ({"number": "C-Y-1"}, "已存在"),
        ({"number": "a b/c"}, "合同号须为"),
        ({"timezone": "Mars/Base"}, "没有名为"),
        ({"picks": "K06"}, "不是逐项选取"),
        ({"starts_on": "gestern"}, "请写成 2026-03-01"),
        ({"ends_on": "2099-01-01"}, "不能超过"),
        ({"customer": ""}, "请填写"),
    ],
)
def test_a_contract_that_cannot_be_is_told_and_nothing_typed_is_lost(
    boss: Client, changes: dict[str, str], said: str
) -> None:
    for step in ("preview", "sign"):
        Customer.objects.filter(code="new").delete()
        answer = boss.post("/console/accounts/-/sign/", asked(**changes, step=step))
        page = answer.content.decode()
        assert (answer.status_code, Contract.objects.filter(number="C-NEW").exists()) == (422, False)
        assert said in page
        assert "新签" in page


def test_a_plan_of_picks_without_any_gives_nothing_and_is_refused__K19(boss: Client) -> None:
    gold = Plan.objects.current().get(code="kingdee-gold").pk
    answer = boss.post("/console/accounts/-/sign/", asked(plan=gold))
    assert (answer.status_code, "一项都没有选" in answer.content.decode()) == (422, True)
    Customer.objects.filter(code="new").delete()
    page = boss.post("/console/accounts/-/sign/", asked(plan=gold, picks=["K06", "K12"])).content.decode()
    assert "K10" in page


@pytest.mark.parametrize(
    ("typed", "said"),
    [("海", "不止一家"), ("没有这家", "没有名称含"), ("云帆", ""), ("YUNFAN-2", ""), ("云帆二 [yunfan-2]", "")],
)
def test_a_customer_is_found_by_some_of_its_name_or_its_code(boss: Client, typed: str, said: str) -> None:
    for code, name in (("haitong", "海通"), ("haida", "大海"), ("yunfan", "云帆"), ("yunfan-2", "云帆二")):
        Customer.objects.create(code=code, name=name)
    answer = boss.post("/console/accounts/-/sign/", asked(customer=typed))
    assert answer.status_code == (422 if said else 200)
    assert said in answer.content.decode()
    offered = boss.get("/console/accounts/-/customers/", {"customer": typed}).content.decode()
    assert ("大海 [haida]" in offered) == (typed == "海")


def test_what_the_source_leaves_open_is_answered_by_choosing__Y19_K09(boss: Client) -> None:
    page = boss.get(f"{PAGE}amend/?open=switch").content.decode().partition('name="value"')[2].partition("</select>")[0]
    assert ("由分公司受理" in page, "yonsuite-7x24" in page, "回到原文的读法" in page) == (True, True, True)
    answer = boss.post(f"{PAGE}amend/switch/", {"name": "hotline_calendar", "value": "moon", "reason": "x"})
    assert (answer.status_code, "moon" in answer.content.decode()) == (422, True)


def test_nothing_is_asked_about_a_service_that_the_contract_does_not_hold__K06_K09(world: World) -> None:
    own, other = switches_of(world.kingdee.contract), switches_of(world.yonsuite.contract)
    assert own == [Switch.Name.HOTLINE_CALENDAR, Switch.Name.SERVED_BY_BRANCH, Switch.Name.SIGN_OFF_CALENDAR]
    assert Switch.Name.HOTLINE_CALENDAR in other
    world.kingdee.contract.entitlements.filter(item__service="hotline").delete()
    world.kingdee.contract.entitlements.exclude(item__deliverable="").delete()
    assert switches_of(world.kingdee.contract) == [Switch.Name.SERVED_BY_BRANCH]


def test_a_contract_goes_over_to_another_plan_of_its_vendor__C41(boss: Client, world: World) -> None:
    lower = Plan.objects.current().get(code="yonsuite-priority")
    page = boss.get(f"{PAGE}amend/?open=plan").content.decode()
    offered = page.partition('name="plan"')[2].partition("</select>")[0]
    assert (lower.name in offered, "高级成功服务" in offered) == (True, False)
    assert boss.post(f"{PAGE}amend/plan/", {"plan": lower.pk, "reason": " "}).status_code == 422
    assert boss.post(f"{PAGE}amend/plan/", {"plan": lower.pk, "reason": "改签优先"}).status_code == 302
    assert Contract.objects.get(number="C-Y-1").plan == lower


def test_what_a_chosen_plan_lets_pick_comes_with_it__K19(boss: Client) -> None:
    def offered(plan: object) -> str:
        return boss.get("/console/accounts/-/sign/picks/", {"plan": plan}).content.decode()

    plans = {plan.code: plan.pk for plan in Plan.objects.current()}
    assert 'value="K05"' in offered(plans["kingdee-gold"])
    assert [whole for whole in (plans["kingdee-advanced"], "", "x", "²") if 'name="picks"' in offered(whole)] == []


def test_the_same_plan_twice_for_one_product_is_refused_with_the_ways_on(boss: Client, world: World) -> None:
    held = world.yonsuite
    same = asked(
        customer=held.customer.code, plan=held.contract.plan.pk, **{"products-0-product": held.product.pk}
    )  # fmt: skip
    page = boss.post("/console/accounts/-/sign/", same)
    assert page.status_code == 422
    assert "合同 C-Y-1 已为同样的产品签了" in page.content.decode()
    lower = {**same, "plan": Plan.objects.current().get(code="yonsuite-priority").pk}
    page = boss.post("/console/accounts/-/sign/", lower)
    assert page.status_code == 200
    assert "那段时间由它答复" in page.content.decode()


def test_a_contract_is_renewed_from_the_day_after_its_last(boss: Client, world: World) -> None:
    sent = {"step": "sign", "number": "C-Y-2028", "ends_on": "2028-12-31", "keeps_agreed": "on", "reason": "续一年"}
    shown = boss.get(f"{PAGE}renew/").content.decode()
    assert "2028-01-01" in shown
    assert "2028-12-31" in shown
    assert boss.post(f"{PAGE}renew/", {**sent, "step": "preview"}).status_code == 200
    assert boss.post(f"{PAGE}renew/", sent).status_code == 302
    follower = Contract.objects.get(number="C-Y-2028")
    assert (follower.renews.number, follower.starts_on, follower.team) == ("C-Y-1", date(2028, 1, 1), world.team)
    again = boss.post(f"{PAGE}renew/", {**sent, "number": "C-Y-3"})
    assert (again.status_code, "已由 C-Y-2028 续签" in again.content.decode()) == (422, True)
    assert "C-Y-2028" in boss.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("deed", "said", "shown"),
    [
        ("term", {"starts_on": "2026-01-01", "ends_on": "2028-06-30", "reason": "延长"}, "2028-06-30"),
        ("end", {"on": "2026-12-31", "reason": "关停"}, "提前终止"),
        ("target", {"metric": "first_response", "amount": "1", "unit": "hours", "reason": "大促"}, "首次响应 1 小时"),
        ("calendar", {"promise": "Y07", "calendar": "yonsuite-7x24", "reason": "海外"}, "7×24"),
        ("quota", {"what": "Y13/times", "amount": "3", "reason": "加购"}, "数量为 3"),
        ("switch", {"name": "hotline_calendar", "value": "yonsuite-7x24", "reason": "照旧"}, "人工热线服务时间"),
    ],
)
def test_each_change_is_shown_and_journaled__Y20(
    boss: Client, world: World, deed: str, said: dict[str, str], shown: str
) -> None:
    assert boss.get(f"{PAGE}amend/?open={deed}").status_code == 200
    answer = boss.post(f"{PAGE}amend/{deed}/", said)
    assert answer.status_code == 302, answer.content.decode()
    assert shown in boss.get(PAGE).content.decode()
    last = world.yonsuite.contract.changes.order_by("number").last()
    assert (last.actor, last.reason) == (world.manager, said["reason"])
    history = boss.get(f"{PAGE}history/").content.decode()
    assert said["reason"] in history
    without = boss.post(f"{PAGE}amend/{deed}/", {**said, "reason": " "})
    assert without.status_code == 422


def test_people_places_and_products_are_changed_too__Y22(boss: Client, world: World) -> None:
    product = Product.objects.get(code="yonsuite-hr").pk
    more = {
        "product": product,
        "deployment": "public_cloud",
        "quantity": "2",
        "tenant": "",
        "version": "",
        "reason": "",
    }
    assert boss.post(f"{PAGE}amend/own/", more).status_code == 302
    owned = world.yonsuite.contract.owned_products.get(product=product)
    assert boss.post(f"{PAGE}amend/disown/", {"owned": owned.pk, "reason": "不用了"}).status_code == 302
    seat = {"seat": "success_manager", "user": world.lead.pk}
    assert boss.post(f"{PAGE}amend/seat/", seat).status_code == 302
    member = world.yonsuite.contract.account_team.get(seat="success_manager")
    assert member.user == world.lead
    assert boss.post(f"{PAGE}amend/leave/", {"member": member.pk}).status_code == 302
    assert boss.post(f"{PAGE}amend/place/", {"branch": "", "team": "", "reason": "总部直管"}).status_code == 302
    assert Contract.objects.get(number="C-Y-1").team is None
    assert boss.post(f"{PAGE}amend/nothing/", {}).status_code == 404


def test_what_was_agreed_is_taken_back_with_a_reason__C16(boss: Client, world: World) -> None:
    said = {"metric": "first_response", "amount": "1", "unit": "hours", "reason": "大促"}
    boss.post(f"{PAGE}amend/target/", said)
    row = Override.objects.get()
    assert boss.post(f"{PAGE}amend/rescind/", {"row": row.pk, "reason": ""}).status_code == 422
    assert boss.post(f"{PAGE}amend/rescind/", {"row": row.pk, "reason": "大促结束"}).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.entitlement.policy) == ("withdrawn", "yonsuite-premier-ticket")
    gone = boss.post(f"{PAGE}amend/rescind/", {"row": row.pk, "reason": "再来"})
    assert (gone.status_code, "没有这一项" in gone.content.decode()) == (422, True)


@pytest.mark.parametrize("path", ["amend/", "renew/"])
def test_only_managers_and_administrators_change_contracts(client: Client, world: World, path: str) -> None:
    for user, status in ((world.success_manager, 403), (world.lead, 403), (person("root", "根", "admin"), 200)):
        client.force_login(user)
        assert client.get(f"{PAGE}{path}").status_code == status
        assert client.get("/console/accounts/-/sign/").status_code == status


@pytest.mark.parametrize("on", ["2026-03-01", "2025-01-01", "2031-01-01", "", "31.2.2026", "9999-99-99", "0001-01-01"])
def test_the_history_answers_for_any_day(boss: Client, world: World, on: str) -> None:
    answer = boss.get(f"{PAGE}history/", {"on": on})
    assert answer.status_code == 200
    assert ("没有这样的日期" in answer.content.decode()) == (on in {"31.2.2026", "9999-99-99", "0001-01-01"})
