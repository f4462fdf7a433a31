"""What tests of the pages do in a browser: sign people in, move the server's clock, look for what axe finds."""

import os
from dataclasses import dataclass, field
from datetime import datetime

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from plans.models import User
from tests.clocks import USUAL, set_offset
from tests.hours import beijing
from tests.world import Side, World
from tickets.actions.board import answering, asking, talking
from tickets.models import Post

# Axe is slow: each theme and each width once. What a theme changes are colours, what a width changes are places.
LOOKS = (("light", 1440), ("dark", 390))
# Milliseconds that a browser on a busy machine may need to show what is expected.
PATIENCE = 20_000
# What a page must keep: the rules of WCAG 2.2, levels A and AA, and axe's own of good practice.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
# An answer of 404 or 422 is told in the console too; it is no fault of the page.
ANSWERS = "Failed to load resource"


@dataclass
class Visit:
    """A browser's window on the product; `faults` gathers script errors, refused resources and dialogs."""

    context: BrowserContext
    url: str
    faults: list[str] = field(default_factory=list)

    def open(self, path: str = "/") -> Page:
        """Return a page that shows `path`."""
        page = self.context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.goto(self.url + path)
        return page

    def sign_in(self, user: User) -> None:
        """Sign `user` in without the form."""
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        name = settings.SESSION_COOKIE_NAME
        self.context.add_cookies([{"name": name, "value": session.session_key or "", "url": self.url}])

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(ANSWERS):
            self.faults.append(message.text)


def visit(
    browser: Browser,
    url: str,
    *,
    width: int = 1440,
    theme: str = "light",
    language: str = "zh-CN",
    has_scripts: bool = True,
) -> Visit:
    """Return a new window, `width` pixels wide, of a reader with this language and theme, with scripts or without."""
    context = browser.new_context(
        viewport={"width": width, "height": 900 if width > 600 else 844},
        locale=language,
        color_scheme="dark" if theme == "dark" else "light",
        timezone_id="Asia/Shanghai",
        java_script_enabled=has_scripts,
    )
    context.set_default_timeout(PATIENCE)
    return Visit(context, url)


def answered_question(world: World, side: Side) -> Post:
    """Return a question of the community that a neighbour and one of us answered."""
    at = beijing("2026-09-28 09:30")
    draft = asking.Draft(
        side.contract.plan.vendor, "question", "期初余额可以重新导入吗", "导错了科目，**能不能**清空重来？"
    )
    post = asking.ask(draft=draft, author=side.contact.user, at=at)
    said = talking.comment(post=post, body="我们当时是逐条改的", author=side.contact.user, at=at)
    answering.answer(post=post, body="可以清空。", actor=world.lead, at=at, parent=said)
    return post


def findings(page: Page) -> list[str]:
    """Return what axe finds wrong with a page, each with the first place where it stands."""
    violations = Axe().run(page, options=RULES).response["violations"]
    return [f"{found['id']}: {found['nodes'][0]['target']} {found['nodes'][0]['html'][:160]}" for found in violations]


def overflow(page: Page) -> int:
    """Return by how many pixels a page is wider than its window."""
    return int(page.evaluate("Math.max(document.documentElement.scrollWidth - innerWidth, 0)"))


def move_server_clock(to: str | datetime) -> None:
    """Move the clock of every database session that begins from now on: each request of the live server is one."""
    at = beijing(to) if isinstance(to, str) else to
    with connection.cursor() as cursor:
        cursor.execute("SELECT (%s - clock_timestamp())::text", [at])
        set_offset(cursor.fetchone()[0])


def reset_server_clock() -> None:
    """Give new database sessions the usual time again."""
    set_offset(USUAL)


def is_required() -> bool:
    """Tell whether a missing browser is a failure here: it is wherever the project is checked for good."""
    return bool(os.environ.get("CI") or os.environ.get("SHOUYUE_REQUIRE_BROWSER"))
