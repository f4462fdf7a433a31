"""The widget on other people's pages, with somebody of ours at the other end."""

import base64
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from sla.clock import database_now
from tests.e2e.browsing import Visit, findings, overflow, visit
from tests.e2e.chatting import HOSTILE, embedding
from tests.tickets.chat.browser import signed, site
from tests.world import World
from tickets.actions import chat as acts
from tickets.models import Chat, Site

pytestmark = pytest.mark.e2e

# Two by two red points.
PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg=="
TAG = '<script src="{product}/static/widget/shouyue.js" data-site="erp" data-module="总账" {more} defer></script>'


@pytest.fixture
def hosts(browser: Browser, product: str) -> Iterator[Callable[..., Visit]]:
    """Return a function that opens a window on a host product's page; a fault of any script fails the test."""
    opened: list[Visit] = []
    pages: list[Any] = []

    def opens(more: str = "", sheet: str = "", policy: str | None = None, **wishes: Any) -> Visit:
        said = {} if policy is None else {"policy": policy}
        pages.append(embedding(product, TAG.format(product=product, more=more), sheet=sheet, **said))
        url = pages[-1].__enter__()
        where = Site.objects.filter(code="erp").first() or site(allows_anonymous=True, origins=[])
        Site.objects.filter(pk=where.pk).update(origins=[*where.origins, url])
        opened.append(visit(browser, url, **wishes))
        return opened[-1]

    yield opens
    faults = [fault for each in opened for fault in each.faults if "ERR_INTERNET_DISCONNECTED" not in fault]
    for each in opened:
        each.context.close()
    for page in pages:
        page.__exit__(None, None, None)
    assert faults == []


def known(world: World, **more: Any) -> str:
    """Return the part of the tag by which a host names its user."""
    return f'data-identity="{signed(database_now(), sub=world.yonsuite.contact.email, **more)}"'


def launched(window: Visit) -> Page:
    """Return a page whose chat is open."""
    page = window.open("/")
    page.get_by_role("button", name="打开云客服").click()
    expect(page.get_by_role("log").get_by_text("您好，我是智能客服")).to_be_visible()
    return page


def write(page: Page, words: str) -> None:
    """Say something."""
    page.get_by_label("消息", exact=True).fill(words)
    page.keyboard.press("Enter")


def test_two_people_talk_across_a_strict_page_and_nothing_is_lost_offline__Y05_Y06(
    hosts: Callable[..., Visit], world: World
):
    window = hosts(known(world), sheet=HOSTILE)
    page = launched(window)
    log = page.get_by_role("log")
    assert log.locator(".bubble").first.evaluate("one => getComputedStyle(one).fontSize") == "14px"
    page.get_by_role("button", name="转人工客服").click()
    expect(page.get_by_text("您排在第 1 位")).to_be_visible()
    chat = Chat.objects.get()
    assert (chat.module, chat.contact, chat.state) == ("总账", world.yonsuite.contact, "waiting")
    acts.accept(chat=chat, agent=world.agent, at=database_now())
    acts.say(chat=chat, speaker=world.agent, body="您好，请说。", at=database_now())
    expect(log.get_by_text("您好，请说。")).to_be_visible()
    assert findings(page) == []

    window.context.set_offline(True)
    expect(page.get_by_text("网络断开了")).to_be_visible()
    write(page, "断网时写的第一句")
    write(page, "断网时写的第二句")
    acts.say(chat=chat, speaker=world.agent, body="断网时我们说的", at=database_now())
    window.context.set_offline(False)
    expect(log.get_by_text("断网时我们说的")).to_be_visible()
    expect(log.get_by_text("断网时写的第二句")).to_have_count(1)
    expect(log.locator(".is-pending")).to_have_count(0)
    said = list(chat.messages.filter(author_kind="customer").order_by("number").values_list("body", flat=True))
    assert said == ["断网时写的第一句", "断网时写的第二句"]

    other = window.open("/")
    other.get_by_role("button", name="打开云客服").click()
    expect(other.get_by_role("log").get_by_text("断网时写的第一句")).to_be_visible()
    write(other, "第二个标签页里说的")
    expect(log.get_by_text("第二个标签页里说的")).to_have_count(1)
    other.get_by_role("button", name="提交问题").click()
    expect(other.get_by_text("这样提交：在服务范围内")).to_be_visible()
    expect(other.get_by_text("现在提交，会在")).to_be_visible()


def test_on_a_phone_in_the_dark_in_english_by_keys_alone__Y05_Y19(hosts: Callable[..., Visit], world: World):
    window = hosts('data-language="en"', width=390, theme="dark", language="en-GB")
    page = window.open("/")
    launcher = page.get_by_role("button", name="Open the chat")
    launcher.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("log").get_by_text("I am the bot")).to_be_visible()
    assert page.get_by_role("dialog").get_attribute("aria-modal") == "true"
    assert findings(page) == []
    assert overflow(page) == 0
    # The focus stays inside while nothing else can be seen.
    for _press in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.tagName") == "SHOUYUE-CHAT"
    page.get_by_role("button", name="Send a ticket").click()
    expect(page.get_by_role("alert").get_by_text("By §")).to_be_visible()
    assert findings(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("alert").get_by_text("By §")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(launcher).to_be_focused()
    assert page.evaluate("Object.keys(window).filter(name => /shouyue|preact|htm$/i.test(name))") == ["Shouyue"]

    page.reload()
    page.get_by_role("button", name="Open the chat").click()
    expect(page.get_by_role("log").get_by_text("I am the bot")).to_have_count(1)
    assert Chat.objects.count() == 1


def test_a_picture_arrives_and_is_drawn_where_no_picture_may_be_loaded__Y06(hosts: Callable[..., Visit], world: World):
    page = launched(hosts(known(world)))
    page.locator("input[type=file]").set_input_files(
        {"name": "截图.png", "mimeType": "image/png", "buffer": base64.b64decode(PICTURE)}
    )
    drawn = page.get_by_role("button", name="图片：截图.png")
    expect(drawn).to_be_visible()
    expect(drawn.locator("canvas")).to_have_attribute("width", "2")
    page.locator("input[type=file]").set_input_files({"name": "a.exe", "mimeType": "x/y", "buffer": b"MZ"})
    expect(page.get_by_text("不能发送这种文件")).to_be_visible()
    page.get_by_role("button", name="删除").click()
    expect(page.locator(".is-pending")).to_have_count(0)
