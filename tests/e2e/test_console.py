"""Agents at work in a real browser: from signing in to a resolved ticket, by mouse and by keys."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.browsing import LOOKS, Visit, answered_question, findings, overflow
from tickets.actions import ticket as actions
from tickets.models import Mail, Ticket, TicketEvent

pytestmark = pytest.mark.e2e

MORNING = "2026-09-28 10:00"


@pytest.fixture
def tickets(world, server_clock):
    """Return three tickets of this morning, the first due first."""
    server_clock(MORNING)
    return [
        world.open_ticket("银行对账单差一分钱", at="2026-09-28 09:00"),
        world.open_ticket("月结报错", at="2026-09-28 09:30"),
        world.open_ticket("成本为负数", side=world.kingdee, at="2026-09-28 09:40"),
    ]


def again(ticket):
    return Ticket.objects.get(pk=ticket.pk)


def test_an_agent_signs_in_and_takes_the_next_ticket_to_its_end__Y18(window, world, tickets):
    world.agent.set_password("a-long-enough-one")
    world.agent.save()
    page = window().open("/console/")
    page.get_by_label("用户名").fill("agent")
    page.locator("input[type=password]").fill("a-long-enough-one")
    page.locator("main, form").get_by_role("button", name="登录").first.click()
    page.wait_for_url("**/console/")
    expect(page.locator("#upnext-title")).to_contain_text("首次响应")
    expect(page.locator(".upnext working-time")).to_have_text(re.compile(r"还有 (1 小时|5\d 分钟)"))
    page.locator(".upnext").get_by_role("link", name="打开").click()
    expect(page.locator("h1")).to_have_text("银行对账单差一分钱")

    page.get_by_role("button", name="接单").click()
    expect(page.locator(".toast")).to_contain_text("已接单。")
    expect(page.locator(".talk")).to_contain_text("兑现 首次响应")
    assert again(tickets[0]).assignee == world.agent

    page.locator(".composer textarea").fill("请改用四舍五入的模板。")
    page.get_by_role("button", name="发给客户").click()
    expect(page.locator(".entry--reply")).to_contain_text("请改用四舍五入的模板。")
    expect(page.locator(".composer textarea")).to_have_value("")

    page.locator("label[for], .kinds label").filter(has_text="解决").click()
    page.get_by_role("button", name="标为已解决").click()
    expect(page.locator(".ticket-head")).to_contain_text("已解决")
    assert again(tickets[0]).status == "resolved"
    page.reload()
    expect(page.locator(".composer textarea")).to_have_value("")


def test_the_keys_do_what_the_mouse_does(window, world, tickets):
    visit = window()
    visit.sign_in(world.agent)
    page = visit.open("/console/?view=all")
    rows = page.locator("[data-row]")
    page.keyboard.press("j")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("月结报错")
    page.keyboard.press("a")
    expect(page.locator(".toast")).to_contain_text("已接单。")
    page.keyboard.press("n")
    page.keyboard.type("先看补丁")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".entry--note")).to_contain_text("先看补丁")
    expect(page.locator(".composer textarea")).to_have_value("")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type("已超时")
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/?view=breached")
    page.keyboard.press("/")
    expect(page.locator("[data-search]")).to_be_focused()


def test_a_double_click_sends_one_reply(window, world, tickets):
    visit = window()
    visit.sign_in(world.agent)
    page = visit.open(f"/console/tickets/{tickets[0].number}/")
    page.locator(".composer textarea").fill("只说一遍")
    page.get_by_role("button", name="发给客户").dblclick()
    expect(page.locator(".entry--reply")).to_have_count(1)
    page.wait_for_timeout(300)
    assert TicketEvent.objects.filter(ticket=tickets[0], kind="reply").count() == 1


def test_what_a_colleague_did_meanwhile_refuses_politely_and_keeps_the_words(window, world, tickets):
    visit = window()
    visit.sign_in(world.agent)
    page = visit.open(f"/console/tickets/{tickets[0].number}/")
    page.locator(".composer textarea").fill("我写了很久的一段话")
    actions.resolve(ticket=tickets[0], body="", actor=world.expert, at=again(tickets[0]).opened_at)
    page.get_by_role("button", name="发给客户").click()
    expect(page.get_by_role("alert").first).to_contain_text("工单已结束")
    expect(page.locator(".composer textarea")).to_have_value("我写了很久的一段话")


def test_the_page_refreshes_itself_without_touching_what_is_being_typed(window, world, tickets):
    visit = window()
    visit.sign_in(world.agent)
    page = visit.open(f"/console/tickets/{tickets[0].number}/")
    page.locator(".composer textarea").fill("还没写完")
    actions.customer_message(
        ticket=tickets[0], contact=world.yonsuite.contact, body="补充一张截图", at=again(tickets[0]).opened_at
    )
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator(".talk")).to_contain_text("补充一张截图")
    expect(page.locator(".composer textarea")).to_have_value("还没写完")


def test_everything_works_without_scripts(browser, live_server, world, tickets):
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    visit = Visit(context, live_server.url)
    visit.sign_in(world.agent)
    page = visit.open(f"/console/tickets/{tickets[0].number}/")
    page.get_by_role("button", name="接单").click()
    expect(page.get_by_role("button", name="接单")).to_have_count(0)
    assert again(tickets[0]).assignee == world.agent
    page.locator(".composer textarea").fill("没有脚本也能回复")
    page.get_by_role("button", name="发给客户").click()
    expect(page.locator(".entry--reply")).to_contain_text("没有脚本也能回复")
    context.close()


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_axe_finds_nothing_and_nothing_overflows(window, world, tickets, theme, width):
    actions.accept(ticket=tickets[0], actor=world.agent, at=tickets[0].opened_at)
    actions.note(ticket=tickets[0], body="内部一句", actor=world.agent, at=tickets[0].opened_at)
    milestone = tickets[2].ticket_clocks.get().clock.milestones.get()
    post, at = answered_question(world, world.yonsuite), tickets[0].opened_at
    mail = Mail.objects.create(digest="1", kind="human", state="waiting", subject="怎么登录", received_at=at)
    visit = window(width=width, theme=theme)
    visit.sign_in(world.agent)
    for path in (
        f"/console/board/{post.code}/" if theme == "dark" else f"/console/mail/{mail.pk}/",
        "/console/?view=all",
        "/console/?q=没有这样的",
        f"/console/tickets/{tickets[0].number}/",
        f"/console/tickets/{tickets[2].number}/",
        f"/console/tickets/{tickets[2].number}/proof/{milestone.pk}/",
    ):
        page = visit.open(path)
        assert findings(page) == [], path
        assert overflow(page) == 0, path
        page.close()
