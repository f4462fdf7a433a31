"""A service report in a real browser: read by everybody, on every window. Source: K13"""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.browsing import Visit, findings, overflow
from tests.tickets.printing.made_up import kept
from tests.world import World
from tickets.models import ServiceReport

pytestmark = pytest.mark.e2e

Window = Callable[..., Visit]
State = ServiceReport.State


def test_report_can_be_read_by_everybody_on_a_desk_and_on_a_telephone__K13(window: Window, world: World) -> None:
    row = kept(world.kingdee.contract, State.DELIVERED, words="上半年辛苦了。")
    user = world.kingdee.contact.user
    assert user is not None
    for width, theme, shown in ((1440, "light", ".picture-wide"), (390, "dark", ".picture-narrow")):
        visit = window(width=width, theme=theme)
        page = visit.open("/sign-in/")
        visit.sign_in(user)
        page.goto(f"{visit.url}/portal/service/C-K-1/reports/{row.code}/")
        assert [*findings(page), overflow(page)] == [0]
        expect(page.locator(f"{shown} svg").first).to_be_visible()
        expect(page.get_by_role("img", name="各入口的工单")).to_be_visible()
        page.get_by_text("看数字").first.click()
        assert findings(page) == []
