"""One question by its whole way: refused by its clause, asked again, taken, decided otherwise, and read by the lead."""

from typing import Any
from uuid import uuid4

from django.test import Client

from tests.clocks import clock_at
from tests.world import World
from tickets.models import CoverageDecision, Ticket

WHY = "合同附件三写明这套审批流由我们维护"


def test_customisation_is_decided_by_the_five_definitions_then_by_an_agent__K02(
    world: World,
) -> None:
    customer, agent, lead = signed_in(world.kingdee.contact.user), signed_in(world.agent), signed_in(world.lead)
    flow, fields = {"customisation_3": "yes"}, {"customisation_carve_out": "yes"}
    with clock_at("2026-09-28 09:00"):
        refused = customer.post("/portal/new/", question(world, **flow))
        assert "自定义新增的反写规则、业务流程、工作流、审批流" in refused.content.decode()
        assert "联系二次开发的实施方" in refused.content.decode()
        assert customer.post("/portal/new/", question(world, **fields)).status_code == 302
    ticket = Ticket.objects.get()
    assert (ticket.outcome, ticket.decisions.get().rule) == ("covered", "carve_out")
    page = f"/console/tickets/{ticket.number}/coverage/"
    with clock_at("2026-09-28 09:30"):
        assert "不包括字段新增及对显示界面" in agent.get(page).content.decode()
        assert agent.post(page, {"outcome": "chargeable", "reason": WHY, "sending": uuid4().hex}).status_code == 302
        month = lead.get("/console/coverage/").content.decode()
    for words in ("3 次判定", "服务人员改判", "二次开发", WHY, "李坐席"):
        assert words in month
    told = {delivery.user for delivery in ticket.deliveries.filter(kind="overridden")}
    assert told == {world.lead}
    seen = customer.get(f"/portal/tickets/{ticket.number}/").content.decode()
    assert WHY not in seen
    assert CoverageDecision.objects.count() == 3


def signed_in(user: Any) -> Client:
    client = Client(headers={"Accept-Language": "zh-hans"})
    client.force_login(user)
    return client


def question(world: World, **answers: str) -> dict[str, str]:
    side = world.kingdee
    return {
        "sending": uuid4().hex, "product": f"{side.contract.pk}/{side.product.code}/public_cloud",
        "category": "customisation", "subject": "审批流不触发", "body": "提交后没有下一步。", "priority": "normal",
        **answers,
    }  # fmt: skip
