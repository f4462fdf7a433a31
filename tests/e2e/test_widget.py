"""The widget on other people's pages, with somebody of ours at the other end."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from sla.clock import database_now
from tests.e2e.browsing import Visit, findings, move_server_clock, reset_server_clock, visit
from tests.e2e.chatting import HOSTILE, embedding, served
from tests.tickets.chat.browser import signed, site
from tests.world import World
from tickets.actions import chat as acts
from tickets.models import Chat, Site

pytestmark = pytest.mark.e2e

NOON = "2026-09-28 10:00"
TAG = '<script src="{product}/static/widget/shouyue.js" data-site="erp" data-module="总账" {more} defer></script>'


@pytest.fixture
def product(world: World) -> Iterator[str]:
    """Return where the product answers; its clock says that people are there."""
    move_server_clock(NOON)
    with served() as url:
        yield url
    reset_server_clock()


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
