"""A customer in a real browser: signs in, asks, is told by when, answers; and what every page keeps to."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from config.celery import app
from plans.models import User
from tests.conftest import Mailbox
from tests.e2e.browsing import LOOKS, Visit, answered_question, findings, overflow
from tests.hours import beijing
from tests.world import World
from tickets.actions import ticket as actions
from tickets.models import Status, Ticket

pytestmark = pytest.mark.e2e

Window = Callable[..., Visit]
SECRET = "算盘打得噼啪响"


@pytest.fixture
def customer(world: World) -> User:
    """Return the user of the Kingdee customer's contact, with a password."""
    user = world.kingdee.contact.user
    assert user is not None
    user.set_password(SECRET)
    user.save()
    return user


@pytest.fixture
def workers() -> Iterator[None]:
    """Let what a worker would do happen at once."""
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


def sign_in(page: Page, name: str, secret: str = SECRET) -> None:
    page.get_by_label("用户名或邮箱").fill(name)
    page.get_by_label("密码").fill(secret)
    page.get_by_role("button", name="登录").click()


def fill(page: Page, category: str = "报错、结果不对") -> None:
    page.get_by_text(category).click()
    page.get_by_label("一句话说明").fill("凭证打印模板多一空行")
    page.get_by_label("经过和期望").fill("打印预览里最后一页多一行。")


def test_a_customer_asks_and_is_told_by_when__K02(
    window: Window, world: World, customer: User, server_clock: Any
) -> None:
    server_clock("2026-09-28 09:00")
    page = window().open("/")
    sign_in(page, customer.email)
    expect(page.get_by_role("heading", name="刘主管，您好")).to_be_visible()
    page.get_by_role("link", name="提交问题").first.click()
    fill(page)
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("我们会在 今天 14:00 前回复您")
    expect(page.get_by_text("高级成功服务 §3.1.2(5)")).to_be_visible()
    page.get_by_role("link", name="看这张工单").click()
    expect(page.locator("working-time")).to_contain_text(re.compile(r"还有 3 小时 5\d 分"))
    page.get_by_label("内容").fill("补充：只有纵向纸张这样。")
    page.get_by_role("button", name="发送").click()
    expect(page.get_by_text("补充：只有纵向纸张这样。")).to_be_visible()
    expect(page.get_by_text("收到了，处理人马上能看到。")).to_be_visible()
    expect(page.get_by_label("内容")).to_have_value("")
    assert Ticket.objects.get().messages.count() == 2


def test_a_no_names_the_clause_and_keeps_the_words__K02(window: Window, customer: User, server_clock: Any) -> None:
    server_clock("2026-09-28 09:00")
    visit = window()
    visit.sign_in(customer)
    page = visit.open("/portal/new/")
    questions = page.locator(".asked")
    expect(questions).to_be_hidden()
    fill(page, "自己或伙伴开发的部分")
    expect(questions.get_by_role("group")).to_have_count(6)
    questions.get_by_role("group", name="只是新增字段，或调整显示界面").get_by_label("否").check()
    flows = questions.get_by_role("group", name="是否自定义新增了反写规则、业务流程、工作流或审批流")
    flows.get_by_label("是").check()
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("alert").first).to_contain_text("这件事不在在线工单的服务范围内")
    expect(page.get_by_text("不包含二次开发及第三方产品导致的问题。")).to_be_visible()
    expect(page.get_by_label("一句话说明")).to_have_value("凭证打印模板多一空行")
    expect(flows.get_by_label("是")).to_be_checked()
    page.get_by_text("不会用、想问怎么做").click()
    expect(questions).to_be_hidden()
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("我们会在 今天 14:00 前回复您")


def test_a_lost_session_loses_no_words(window: Window, customer: User, server_clock: Any) -> None:
    server_clock("2026-09-28 09:00")
    visit = window()
    visit.sign_in(customer)
    page = visit.open("/portal/new/")
    fill(page)
    visit.context.clear_cookies(name="shouyue_session")
    page.get_by_role("button", name="提交").click()
    sign_in(page, customer.username)
    expect(page.get_by_label("一句话说明")).to_have_value("凭证打印模板多一空行")
    expect(page.get_by_label("经过和期望")).to_have_value("打印预览里最后一页多一行。")
    fill(page)
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("我们会在")
    page.goto(f"{visit.url}/portal/new/")
    expect(page.get_by_label("一句话说明")).to_have_value("")


def test_a_forgotten_password_is_set_by_a_mail_that_really_came(
    window: Window, customer: User, mailbox: Mailbox, settings: Any, workers: None
) -> None:
    visit = window()
    settings.PUBLIC_URL = visit.url
    page = visit.open("/")
    page.get_by_role("link", name="忘记密码").click()
    page.get_by_label("邮箱").fill(customer.email)
    page.get_by_role("button", name="发送链接").click()
    expect(page.get_by_role("heading", name="请查收邮件")).to_be_visible()
    [letter] = mailbox.messages
    link = re.search(r"http\S+", letter.get_content())
    assert link is not None
    page.goto(link.group())
    for field in page.locator("input[type=password]").all():
        field.fill("新密码也一定要够长才行")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("heading", name="密码已更新")).to_be_visible()
    page.goto(f"{visit.url}/sign-in/")
    sign_in(page, customer.email, "新密码也一定要够长才行")
    expect(page.get_by_role("heading", name="刘主管，您好")).to_be_visible()


def test_a_solved_ticket_is_confirmed(window: Window, world: World, customer: User, server_clock: Any) -> None:
    ticket = world.open_ticket(side=world.kingdee)
    actions.resolve(ticket=ticket, body="好了", actor=world.agent, at=beijing("2026-09-28 09:30"))
    server_clock("2026-09-28 10:00")
    visit = window(width=390)
    visit.sign_in(customer)
    page = visit.open("/portal/")
    page.get_by_role("link", name="确认解决").click()
    page.get_by_role("button", name="解决了，关闭工单").click()
    expect(page.get_by_text("谢谢确认，工单已关闭。")).to_be_visible()
    ticket.refresh_from_db()
    assert ticket.status == Status.CLOSED


def test_everything_works_without_a_script(window: Window, customer: User, server_clock: Any) -> None:
    server_clock("2026-09-28 09:00")
    visit = window(has_scripts=False)
    visit.sign_in(customer)
    page = visit.open("/portal/new/")
    fill(page)
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("我们会在 今天 14:00 前回复您")
    page.get_by_role("link", name="看这张工单").click()
    page.get_by_label("内容").fill("补充一句")
    page.get_by_role("button", name="发送").click()
    expect(page.get_by_text("补充一句")).to_be_visible()


def test_the_theme_and_the_language_stay(window: Window, customer: User) -> None:
    visit = window()
    visit.sign_in(customer)
    page = visit.open("/portal/")
    page.get_by_role("button", name="随系统").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Hello")
    page.goto(f"{visit.url}/portal/tickets/")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("html")).to_have_attribute("lang", "en")


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_pages_are_open_to_everybody(
    window: Window, world: World, customer: User, server_clock: Any, theme: str, width: int
) -> None:
    solved = world.open_ticket("解决了的", side=world.kingdee)
    actions.resolve(ticket=solved, body="好了", actor=world.agent, at=beijing("2026-09-28 09:30"))
    ticket = world.open_ticket("正在办的", side=world.kingdee)
    post = answered_question(world, world.kingdee)
    server_clock("2026-09-28 10:00")
    visit = window(theme=theme, width=width)
    page = visit.open("/sign-in/")
    found = {"sign in": judged(page)}
    visit.sign_in(customer)
    board = f"board/{post.code}/" if theme == "dark" else "board/ask/"
    for path in ("", "tickets/", "service/", "rights/", "new/", board, f"tickets/{ticket.number}/",
                 f"tickets/{ticket.number}/sent/", f"tickets/{solved.number}/"):  # fmt: skip
        page.goto(f"{visit.url}/portal/{path}")
        found[path] = judged(page)
    page.get_by_role("link", name="怎么算的").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("是怎么算出来的")
    found["proof"] = judged(page)
    assert sheets(page) == 1
    page.goto(f"{visit.url}/portal/new/")
    page.get_by_role("button", name="提交").click()
    expect(page.locator(".wrong").first).to_be_visible()
    found["wrong"] = judged(page)
    fill(page, "第三方产品")
    page.get_by_role("button", name="提交").click()
    expect(page.locator(".letter--no")).to_be_visible()
    found["refused"] = judged(page)
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def sheets(page: Page) -> int:
    """Return on how many sheets of A4 a page is printed."""
    return len(re.findall(rb"/Type /Page\b", page.pdf(prefer_css_page_size=True)))


def judged(page: Page) -> list[str]:
    """Return what axe finds, and whether the page is wider than its window."""
    wide = overflow(page)
    return [*findings(page), *([f"{wide} px too wide"] if wide else [])]
