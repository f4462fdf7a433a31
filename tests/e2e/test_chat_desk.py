"""A customer in the widget and two of ours at the desk, each in a browser of their own."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from plans.models import User
from sla.clock import database_now
from tests.e2e.browsing import Visit, findings, overflow, visit
from tests.e2e.chatting import embedding
from tests.tickets.chat.browser import signed, site
from tests.tickets.chat.conftest import Talks
from tests.world import World
from tickets.models import CannedAnswer, Chat

pytestmark = pytest.mark.e2e

TAG = '<script src="{product}/static/widget/shouyue.js" data-site="erp" data-identity="{who}" defer></script>'
WHISPERED, UNSENT = "老客户，别催", "断网时写的"
LOST = "ERR_INTERNET_DISCONNECTED"


@pytest.fixture
def desk(browser: Browser, product: str) -> Iterator[Callable[..., Visit]]:
    """Return a function that opens a window as one of us; a fault of any script fails the test."""
    opened: list[Visit] = []

    def opens(user: User | None = None, url: str = "", **wishes: Any) -> Visit:
        opened.append(visit(browser, url or product, **wishes))
        if user:
            opened[-1].sign_in(user)
        return opened[-1]

    yield opens
    faults = [fault for each in opened for fault in each.faults if LOST not in fault]
    for each in opened:
        each.context.close()
    assert faults == []


def say(page: Page, words: str) -> None:
    """Say something as the customer."""
    page.get_by_label("消息", exact=True).fill(words)
    page.keyboard.press("Enter")


def test_a_chat_goes_through_two_pairs_of_hands_by_keys_and_nothing_whispered_gets_out__Y06_Y07(desk, world, product):
    CannedAnswer.objects.create(vendor="yonsuite", shortcut="hello", title="问候", body="您好 {customer}，请说。")
    who = signed(database_now(), sub=world.yonsuite.contact.email)
    with embedding(product, TAG.format(product=product, who=who)) as host:
        site(origins=[host])
        ours = desk(world.agent)
        mine, theirs = ours.open("/console/chat/"), desk(world.expert).open("/console/chat/")
        mine.get_by_role("button", name="开始接待").click()
        customer = desk(url=host).open("/")
        customer.get_by_role("button", name="打开云客服").click()
        say(customer, "期末结账报错")
        customer.get_by_role("button", name="转人工客服").click()
        take_by_key(mine)
        talk(mine, customer)
        lose_the_line(ours, mine, customer)
        whisper(mine)
        two_at_once(mine, world)
        hand_on(mine, theirs)
        finish(theirs, customer)
        assert WHISPERED not in customer.get_by_role("log").inner_text()
    chat = Chat.objects.get(vendor="yonsuite")
    assert (chat.rating, chat.state, chat.assignee) == (5, "ended", world.expert)
    assert chat.messages.filter(body=UNSENT).count() == 1
    theirs.goto(product + "/console/chat/ratings/")
    expect(theirs.locator(".figures")).to_contain_text("5.0")


def take_by_key(mine: Page) -> None:
    """Take the one who waits, whom the desk shows by itself."""
    expect(mine.locator(".chat-slip")).to_contain_text("期末结账报错")
    expect(mine.locator(".chat-slip-mark")).to_contain_text("第 1 位")
    expect(mine).to_have_title(re.compile(r"^\(1\)"))
    mine.locator("h2").first.click()
    mine.keyboard.press("n")
    expect(mine.locator("#chat-title")).to_contain_text("王会计")


def talk(mine: Page, customer: Page) -> None:
    """Answer with ready words, and hear the answer at once."""
    mine.keyboard.press("r")
    mine.keyboard.type("/hel")
    expect(mine.locator("#canned-list li")).to_contain_text("/hello")
    mine.keyboard.press("Enter")
    expect(mine.locator("#reply-body")).to_have_value("您好 王会计，请说。")
    mine.keyboard.press("Enter")
    expect(customer.get_by_role("log").get_by_text("您好 王会计，请说。")).to_be_visible()
    say(customer, "提示余额不平")
    expect(mine.get_by_role("log").get_by_text("提示余额不平")).to_have_count(1)
    expect(mine.locator(".said-read:visible")).to_have_count(1)


def lose_the_line(ours: Visit, mine: Page, customer: Page) -> None:
    """Write while the connection is away: it arrives once when it is back."""
    ours.context.set_offline(True)
    mine.keyboard.type(UNSENT)
    mine.keyboard.press("Enter")
    expect(mine.locator("[data-offline]")).to_be_visible()
    expect(mine.locator(".said--pending")).to_contain_text("等连接恢复后发出")
    ours.context.set_offline(False)
    expect(customer.get_by_role("log").get_by_text(UNSENT)).to_have_count(1)
    expect(mine.locator(".said--pending")).to_have_count(0)


def whisper(mine: Page) -> None:
    """Write to colleagues, in the form that goes to nobody else."""
    mine.keyboard.press("Escape")
    mine.keyboard.press("w")
    expect(mine.locator("#reply-body")).to_be_hidden()
    mine.keyboard.type(WHISPERED)
    mine.keyboard.press("Enter")
    expect(mine.locator(".said--whisper[data-number]")).to_contain_text("悄悄话 · 客户看不到")


def two_at_once(mine: Page, world: World) -> None:
    """Go to another conversation and back: what is not sent stays with its own."""
    mine.keyboard.press("Escape")
    mine.keyboard.press("r")
    mine.keyboard.type("没写完")
    other = Talks(world).active(world.kingdee)
    mine.locator(f"#open-{other.code}").click()
    expect(mine.locator("#chat-title")).to_contain_text(world.kingdee.contact.name)
    expect(mine.locator("#reply-body")).to_have_value("")
    mine.locator("#reply-body").fill("在看了")
    mine.keyboard.press("Enter")
    expect(mine.get_by_role("log")).to_contain_text("在看了")
    mine.locator(".chat-slip", has_text="王会计").click()
    expect(mine.locator("#chat-title")).to_contain_text("王会计")
    expect(mine.locator("#reply-body")).to_have_value("没写完")
    mine.locator("#reply-body").fill("")


def hand_on(mine: Page, theirs: Page) -> None:
    """Give it to a colleague, on whose desk it appears with what was whispered."""
    mine.locator("#transfer summary").click()
    mine.get_by_label("交给谁").select_option(label="陈专家")
    mine.get_by_role("button", name="转交").click()
    expect(theirs.locator(".chat-slip")).to_contain_text("王会计")
    theirs.locator(".chat-slip").click()
    expect(theirs.get_by_role("log")).to_contain_text(WHISPERED)


def finish(theirs: Page, customer: Page) -> None:
    """Make a ticket of it, end it, and be rated."""
    theirs.get_by_role("link", name="提交问题").click()
    expect(theirs.locator("#foretold")).to_contain_text("在范围内")
    theirs.get_by_role("button", name="提交为工单").click()
    # What the form answers replaces the page: a menu opened before that would be gone.
    theirs.wait_for_url(re.compile(r"/console/chat/[^/]+/$"))
    expect(customer.get_by_role("log")).to_contain_text("已提交为工单")
    theirs.locator("#end summary").click()
    theirs.get_by_role("button", name="结束会话").click()
    expect(theirs.locator(".chat-closed")).to_contain_text("会话已结束")
    customer.locator(".stars input").last.check()
    customer.get_by_role("button", name="提交评价").click()
    expect(customer.get_by_text("谢谢您的评价。")).to_be_visible()


@pytest.mark.parametrize(("theme", "width", "language"), [("light", 1440, "zh-CN"), ("dark", 390, "en-GB")])
def test_the_desk_is_clean_for_axe_and_fits_its_window(desk, world, theme, width, language):
    User.objects.filter(pk=world.lead.pk).update(language="en" if language == "en-GB" else "zh-hans")
    talks = Talks(world)
    chat = talks.active(who=world.lead)
    talks.customer(chat, "月结报错")
    talks.agent(chat, "只给同事看", who=world.agent, is_whisper=True)
    waiting = talks.waiting(world.kingdee)
    window = desk(world.lead, theme=theme, width=width, language=language)
    paths = ("", f"{chat.code}/", f"{waiting.code}/", f"{chat.code}/ticket/", "all/", "ratings/", "canned/new/")
    for path in paths:
        page = window.open(f"/console/chat/{path}")
        found = findings(page), overflow(page)
        assert found == ([], 0), path
        page.close()
