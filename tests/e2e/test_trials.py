"""A manager tries other rules in a real browser: written, looked over, tried on the past, put in force."""

import pytest
from playwright.sync_api import expect

from sla.models import Policy
from tests.e2e.test_rules import checked
from tests.hours import beijing
from tickets.actions.ticket import reply
from tickets.rounds import jobs

pytestmark = pytest.mark.e2e

# Axe is slow: each page is looked at once in one of them where a page like it was looked at in the other.
WIDE, NARROW = (("light", 1440),), (("dark", 390),)


def test_a_draft_is_written_tried_and_put_in_force(window, world, server_clock):
    server_clock("2026-09-28 10:00")
    ticket = world.open_ticket("月结报错", at="2026-09-25 09:00")
    reply(ticket=ticket, actor=world.agent, body="在看了。", at=beijing("2026-09-25 10:30"))
    visit = window()
    visit.sign_in(world.manager)
    page = visit.open("/console/rules/drafts/new/")
    page.get_by_label("名称", exact=True).fill("一小时")
    page.get_by_label("从什么写起").select_option("policy:yonsuite-premier-ticket")
    page.get_by_role("button", name="开始写").click()

    text = page.get_by_label("内容")
    written = text.input_value()
    text.fill(written.replace("amount: 7200", "amount: 72h"))
    page.get_by_role("button", name="保存并检查").click()
    expect(page.locator(".problems")).to_contain_text("应为")
    page.locator(".problems a").first.click()
    expect(text).to_be_focused()
    checked(page, WIDE)
    text.fill(written.replace("amount: 7200", "amount: 3600"))
    page.get_by_role("button", name="保存并检查").click()
    expect(page.get_by_text("应为")).to_have_count(0)

    page.get_by_role("button", name="回测").click()
    expect(page.locator("follow-work")).to_be_visible()
    assert jobs.work()
    expect(page.get_by_role("link", name=ticket.number)).to_be_visible()
    checked(page)

    page.locator(".crumb").get_by_role("link", name="一小时").click()
    page.get_by_role("link", name="生效…").click()
    checked(page, NARROW)
    page.get_by_label("为什么改").first.fill("承诺收紧")
    page.get_by_role("button", name="生效").click()
    expect(page.locator(".toast")).to_contain_text("已生效")
    assert Policy.objects.current().get(code="yonsuite-premier-ticket").version == 2
