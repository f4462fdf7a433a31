"""Who will be told, and who is on call, in a real browser: a rota made, looked at, saved, and asked about the past."""

import pytest
from playwright.sync_api import expect

from plans.models import Rota
from tests.e2e.test_rules import checked
from tests.e2e.test_trials import NARROW, WIDE

pytestmark = pytest.mark.e2e


def test_a_manager_makes_a_rota_and_sees_whom_it_will_call(window, world, server_clock):
    server_clock("2026-09-28 10:00")
    ticket = world.open_ticket("月结报错", at="2026-09-28 08:30")
    visit = window()
    visit.sign_in(world.manager)
    page = visit.open("/console/rules/rotas/")
    page.get_by_role("link", name="新建").click()
    page.get_by_label("代码").fill("house")
    page.get_by_label("名称", exact=True).fill("全公司值班")
    page.get_by_role("button", name="看轮次").click()
    expect(page.locator("#id_order_error")).to_contain_text("至少选一个人")
    page.get_by_label("第 1 位").select_option(label="李坐席")
    page.get_by_label("第 2 位").select_option(label="陈专家")
    page.get_by_role("button", name="看轮次").click()
    expect(page.locator(".turns li").first).to_contain_text("李坐席")
    checked(page, NARROW)
    page.get_by_role("button", name="保存").click()
    expect(page.locator(".toast")).to_contain_text("值班表已保存")
    assert Rota.objects.get().members.count() == 2
    page.get_by_label("哪一刻谁值班").fill("2026-09-28T12:00")
    page.get_by_role("button", name="查").click()
    expect(page.locator(".rota-answer")).to_contain_text("李坐席")
    checked(page, WIDE)

    page.goto(f"{visit.url}/console/rules/alerts/")
    expect(page.locator(".ahead-step", has_text=ticket.number).first).to_be_visible()
    expect(page.locator(".ahead-step", has_text="值班人").first).to_contain_text("李坐席")
    checked(page)


def test_an_agent_says_when_alerts_may_come(window, world, server_clock):
    server_clock("2026-09-28 10:00")
    visit = window()
    visit.sign_in(world.agent)
    page = visit.open("/console/alerts/")
    with page.expect_response(lambda answer: "every=60" in answer.url):
        page.get_by_label("提醒汇总").select_option("60")
    expect(page.get_by_text("10:07 的超时提醒会在")).to_be_visible()
    checked(page, NARROW)
    page.get_by_role("button", name="保存").click()
    expect(page.locator(".toast")).to_contain_text("提醒设置已保存")
    world.agent.refresh_from_db()
    assert world.agent.alert_every == 60
