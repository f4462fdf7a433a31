"""A question is sent, and its answer comes at once: by when, by which clause, or why not and what else to do."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from plans.models import Contract
from tests.clocks import clock_at
from tests.hours import beijing
from tests.tickets.portal.conftest import form, signed_in
from tests.world import World
from tickets.channels.form import LIMITS
from tickets.models import Attachment, Delivery, IdempotencyKey, InboundEvent, Ticket

NEW = "/portal/new/"
MEGABYTE = 1024 * 1024


def send(client: Client, said: dict[str, Any]) -> Any:
    return client.post(NEW, said)


def opened() -> Ticket:
    return Ticket.objects.get()


def test_a_question_becomes_a_ticket_under_the_contract__K02(world: World, mine: Client) -> None:
    typed = {"module": "总账", "version": "V8.2", "environment": "正式", "error_code": "GL-1203", "tenant": "t-1"}
    with clock_at("2026-09-28 09:00"):
        response = send(mine, form(world, priority="high", **typed))
        ticket = opened()
        assert response["Location"] == f"/portal/tickets/{ticket.number}/sent/"
        page = mine.get(response["Location"]).content.decode()
    assert (ticket.contract, ticket.contact, ticket.channel) == (
        world.kingdee.contract,
        world.kingdee.contact,
        "portal",
    )
    assert {name: getattr(ticket, name) for name in typed} == typed
    assert (ticket.priority, ticket.outcome, ticket.promise) == ("high", "covered", "K02")
    assert "我们会在 今天 14:00 前回复您" in page
    assert "高级成功服务 §3.1.2(5)" in page
    assert Delivery.objects.get().kind == "receipt"


def test_a_closed_desk_says_when_it_opens__C47(world: World, mine: Client) -> None:
    with clock_at("2026-10-10 20:00"):
        page = mine.get(send(mine, form(world))["Location"]).content.decode()
    assert "现在不在服务时间内，从 10-12 周一 08:30 开始计时" in page
    assert "我们会在 10-12 周一 13:30 前回复您" in page


def test_the_promise_is_said_before_anything_is_typed(mine: Client) -> None:
    with clock_at("2026-09-28 09:00"):
        page = mine.get(NEW).content.decode()
    assert "0.5 个工作日内响应" in page
    assert "§3.1.2" in page
    assert f"最多 {LIMITS.files} 个，每个不超过 {LIMITS.each // MEGABYTE} MB" in page


def test_the_five_definitions_are_asked_and_the_carve_out_said__K02(world: World, mine: Client) -> None:
    page = mine.get(NEW).content.decode()
    assert page.count('name="customisation_') == 12
    assert "只是新增字段，或调整显示界面、规格大小、字段属性吗？" in page
    assert "是否按系统规定的插件接口和规范开发了插件？" in page


def test_a_plan_without_definitions_asks_for_none__Y07(world: World) -> None:
    assert 'name="customisation_' not in signed_in(world.yonsuite.contact).get(NEW).content.decode()


def test_customisation_is_refused_with_clause_and_ways_on__K02(world: World, mine: Client) -> None:
    said = form(world, category="customisation", customisation_3="yes", subject="审批流不触发", body="我们新建的审批流")
    with clock_at("2026-09-28 09:00"):
        response = send(mine, said)
    page = response.content.decode()
    assert response.status_code == 422
    assert not Ticket.objects.exists()
    assert "自定义新增的反写规则、业务流程、工作流、审批流。" in page
    assert "不包含二次开发及第三方产品导致的问题。" in page
    assert "高级成功服务 §3.1.2(2)" in page
    assert "联系二次开发的实施方" in page
    assert "mailto:tam@shouyue.example" in page


def test_a_refusal_keeps_every_word_twice__K02(world: World, mine: Client) -> None:
    said = form(
        world, category="third_party", subject="打印机驱动", body="第三方打印机卡纸", module="打印", priority="urgent"
    )
    with clock_at("2026-09-28 09:00"):
        page = send(mine, said).content.decode()
    assert 'value="打印机驱动"' in page
    assert "第三方打印机卡纸" in page
    assert 'value="打印"' in page
    assert 'value="urgent" checked' in page
    kept = InboundEvent.objects.get()
    assert (kept.state, kept.channel, kept.error[:11]) == ("refused", "portal", "not_covered")
    assert json.loads(bytes(kept.raw))["body"] == "第三方打印机卡纸"


NONE = {f"customisation_{code}": "no" for code in ("carve_out", 1, 2, 3, 4, 5)}


@pytest.mark.parametrize(
    ("answers", "rule", "words"),
    [
        ({"customisation_carve_out": "yes"}, "carve_out", "的调整等操作”，因此不算二次开发。0.5 个工作日内响应"),
        (NONE, "none_of_them", "您说 5 种情形都不是，因此不算二次开发。"),
    ],
)
def test_what_is_carved_out_or_none_of_the_five_stays_in_scope__K02(
    world: World, mine: Client, answers: dict[str, str], rule: str, words: str
) -> None:
    with clock_at("2026-09-28 09:00"):
        assert send(mine, form(world, category="customisation", **answers)).status_code == 302
    ticket = opened()
    decision = ticket.decisions.get()
    assert (ticket.outcome, decision.rule, decision.cause) == ("covered", rule, "opened")
    assert words in ticket.reason
    assert ticket.customisation == decision.answers == {k[14:]: v == "yes" for k, v in answers.items()}
    assert ticket.next_due_at is not None


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({}, "还有 6 个问题没有回答"),
        ({"customisation_carve_out": "no", "customisation_1": "no"}, "还有 4 个问题没有回答"),
        ({"customisation_carve_out": "yes", "customisation_2": "yes"}, "两处回答矛盾"),
        ({"customisation_carve_out": "perhaps"}, "还有 6 个问题没有回答"),
    ],
)
def test_open_or_contradicting_answers_are_asked_again_and_kept__K02(
    world: World, mine: Client, answers: dict[str, str], words: str
) -> None:
    response = send(mine, form(world, category="customisation", **answers))
    page = response.content.decode()
    assert (response.status_code, words in page) == (422, True)
    assert page.count(" checked> 是") + page.count(" checked> 否") == sum(v in ("yes", "no") for v in answers.values())
    assert not InboundEvent.objects.exists()


def test_a_refusal_is_kept_with_what_was_asked_and_the_rule_that_decided__K02(world: World, mine: Client) -> None:
    with clock_at("2026-09-28 09:00"):
        send(mine, form(world, category="customisation", customisation_3="yes"))
    kept = InboundEvent.objects.get().decisions.get()
    assert (kept.outcome, kept.rule, kept.cause, kept.ticket) == ("not_covered", "customisation", "refused", None)
    assert (kept.category, kept.channel, kept.answers) == ("customisation", "portal", {"3": True})
    assert (kept.plan, kept.deployment) == (world.kingdee.contract.plan, "public_cloud")
    assert "自定义新增的反写规则" in kept.reason
    assert "write-back rules" in kept.reason_en


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"category": "fault"}, "这样提交：在服务范围内"),
        ({"category": "third_party"}, "这样提交：不在服务范围内"),
        ({"category": "customisation"}, "回答完上面的问题"),
        ({"category": "customisation", "customisation_carve_out": "yes"}, "这样提交：在服务范围内"),
        ({"category": "customisation", "customisation_4": "yes"}, "通过金蝶移动开发平台进行的开发"),
    ],
)
def test_what_the_plan_answers_is_said_before_sending__K02(
    world: World, mine: Client, said: dict[str, str], words: str
) -> None:
    asked = {key: form(world)[key] for key in ("product", "priority")} | said
    with clock_at("2026-09-28 09:00"):
        page = mine.get("/portal/new/foretold/", asked).content.decode()
    assert words in page
    assert not InboundEvent.objects.exists()


@pytest.mark.parametrize("said", [{}, {"category": "x"}, {"product": "0/x/y", "category": "fault"}])
def test_nothing_is_said_beforehand_of_nonsense(world: World, mine: Client, said: dict[str, str]) -> None:
    assert mine.get("/portal/new/foretold/", said).content.decode().strip() == ""


def test_one_who_is_not_certified_is_told_before_typing__K02(world: World) -> None:
    uncertified = signed_in(world.uncertified)
    with clock_at("2026-09-28 09:00"):
        page = uncertified.get(NEW).content.decode()
        assert "您尚未认证" in page
        assert "完成注册认证后再提交" in page
        assert send(uncertified, form(world)).status_code == 422
    assert not Ticket.objects.exists()


def test_a_contract_that_is_over_is_told_before_typing(world: World, mine: Client) -> None:
    with clock_at("2028-01-01 09:00"):
        page = mine.get(NEW).content.decode()
    assert "按合同，现在不能提交在线工单" in page
    assert "已于 2027-12-31 结束" in page


def test_what_may_cost_more_is_said_before_and_after(world: World, mine: Client) -> None:
    # A plan whose document lists no tickets: they are taken, beyond what is included.
    Contract.objects.get(pk=world.kingdee.contract.pk).entitlements.filter(item__service="ticket").delete()
    with clock_at("2026-09-28 09:00"):
        assert "可能另行计费" in mine.get(NEW).content.decode()
        page = mine.get(send(mine, form(world))["Location"]).content.decode()
    assert opened().outcome == "chargeable"
    assert "可能另行计费" in page
    assert "我们收到了，会尽快回复您" in page


def test_a_form_that_is_sent_twice_opens_one_ticket(world: World, mine: Client) -> None:
    said = form(world)
    with clock_at("2026-09-28 09:00"):
        first, second = send(mine, said), send(mine, said)
    assert first["Location"] == second["Location"]
    assert Ticket.objects.count() == 1
    assert opened().messages.count() == 1
    assert Delivery.objects.count() == 1


def test_an_edited_form_is_another_question(world: World, mine: Client) -> None:
    said = form(world)
    with clock_at("2026-09-28 09:00"):
        send(mine, said)
        send(mine, said | {"body": "换一个问题"})
    assert Ticket.objects.count() == 2


def test_one_persons_form_is_no_repeat_of_anothers(world: World, mine: Client) -> None:
    world.uncertified.is_certified = True
    world.uncertified.save()
    said = form(world)
    with clock_at("2026-09-28 09:00"):
        send(mine, said)
        send(signed_in(world.uncertified), said)
    assert Ticket.objects.count() == 2
    assert IdempotencyKey.objects.values("scope").distinct().count() == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"subject": ""}, "请写一句话"),
        ({"subject": "长" * 201}, "200"),
        ({"body": "  "}, "请写下经过"),
        ({"category": ""}, "请选最接近的一类"),
        ({"category": "x'; drop table"}, "请选最接近的一类"),
        ({"product": ""}, "请选一个产品"),
        ({"product": "1/galaxy/public_cloud"}, "请选一个产品"),
        ({"priority": "at-once"}, "at-once"),
        ({"body": "有\x00空字符"}, "空"),
        ({"module": "长" * 81}, "80"),
    ],
)
def test_a_wrong_field_is_named_and_the_rest_kept(
    world: World, mine: Client, changes: dict[str, str], words: str
) -> None:
    response = send(mine, form(world, error_code="GL-1203", **changes))
    page = response.content.decode()
    assert response.status_code == 422
    assert words in page
    assert 'value="GL-1203"' in page
    assert not Ticket.objects.exists()


def test_another_customers_product_cannot_be_chosen(world: World, mine: Client) -> None:
    other = world.yonsuite
    said = form(world, product=f"{other.contract.pk}/{other.product.code}/public_cloud")
    assert "请选一个产品" in send(mine, said).content.decode()
    assert not Ticket.objects.exists()


def upload(name: str = "屏幕.png", size: int = 10) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, b"x" * size, "image/png")


def test_files_come_along(world: World, mine: Client) -> None:
    with clock_at("2026-09-28 09:00"):
        send(mine, form(world, attachments=[upload("../../屏幕.png"), upload("<b>.txt")]))
    kept = list(Attachment.objects.values_list("name", "size", "ticket", "message__ticket"))
    pk = opened().pk
    assert kept == [("屏幕.png", 10, pk, pk), ("_b_.txt", 10, pk, pk)]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([upload() for _ in range(LIMITS.files + 1)], f"最多 {LIMITS.files} 个附件"),
        ([upload(size=LIMITS.each + 1)], "单个附件最多"),
        ([upload(size=LIMITS.each - 1), upload(size=LIMITS.each - 1)], "附件合计最多"),
        ([upload(size=LIMITS.each - 1) for _ in range(4)], "附件合计最多"),
    ],
)
def test_files_beyond_the_limits_are_refused_and_the_words_kept(
    world: World, mine: Client, files: list[SimpleUploadedFile], words: str
) -> None:
    for one in files:
        one.seek(0)
    response = send(mine, form(world, attachments=files))
    page = response.content.decode()
    assert response.status_code == 422
    assert words in page
    assert "凭证打印模板多一空行" in page
    assert not Attachment.objects.exists()


def test_the_answer_comes_in_the_readers_language__K02(world: World, mine: Client) -> None:
    mine.post("/language/", {"language": "en", "next": "/"})
    with clock_at("2026-09-28 09:00"):
        page = mine.get(send(mine, form(world))["Location"]).content.decode()
        refused = send(mine, form(world, category="third_party")).content.decode()
    assert "You will hear from us by 14:00 today" in page
    assert "Response within 0.5 working day" in page
    assert "This is outside what online tickets cover" in refused
    assert "third-party products are not included" in refused
    assert opened().language == "en"


def test_what_was_searched_and_not_found_is_the_subject_already(mine: Client) -> None:
    assert 'value="凭证 &lt;b&gt;"' in mine.get(NEW, {"subject": "凭证 <b>"}).content.decode()


def test_nothing_is_sent_without_a_token(world: World) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert world.kingdee.contact.user is not None
    strict.force_login(world.kingdee.contact.user)
    assert send(strict, form(world)).status_code == 403
    assert not InboundEvent.objects.exists()


def test_the_promise_counts_from_when_it_was_sent(world: World, mine: Client) -> None:
    with clock_at("2026-09-28 09:00"):
        send(mine, form(world))
    started = opened().ticket_clocks.get().clock.milestones.get().started_at
    assert abs((started - beijing("2026-09-28 09:00")).total_seconds()) < 60
