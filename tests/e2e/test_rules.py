"""A manager changes service hours in a real browser: typed, looked at, saved."""

import pytest
from playwright.sync_api import expect

from sla.models import CalendarVersion
from tests.e2e.browsing import findings, overflow

pytestmark = pytest.mark.e2e

PAGE = "/console/rules/calendars/kingdee-5x8/"


LOOKS = (("light", 1440), ("dark", 390))


def checked(page, looks=LOOKS):
    """Look at a page in these themes and widths."""
    for theme, width in looks:
        # A colour on its way from one theme to the other is neither.
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 900})
        assert findings(page) == []
        assert overflow(page) == 0
    page.set_viewport_size({"width": 1440, "height": 900})


def test_a_manager_edits_looks_and_saves_service_hours(window, world, server_clock):
    server_clock("2026-09-28 10:00")
    ticket = world.open_ticket("月结报错", side=world.kingdee, at="2026-09-28 09:00")
    visit = window()
    visit.sign_in(world.manager)
    page = visit.open(f"{PAGE}?year=2026")
    # Twelve months are alike, and axe is slow: two say as much.
    page.evaluate("document.querySelectorAll('.month:nth-of-type(n + 3)').forEach((month) => month.remove())")
    checked(page, (("dark", 1440),))
    page.locator(".date[tabindex='-1']").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".tip")).to_contain_text("1月2日 周五 · 放假")

    page.get_by_role("link", name="修改").click()
    page.get_by_label("周一").fill("09:00-12:00, 11:00-17:30")
    page.get_by_label("为什么改").fill("周一开会")
    page.keyboard.press("Enter")
    expect(page.locator("#id_mon_error")).to_contain_text("两段时间重叠了")
    expect(page.get_by_label("周一")).to_be_focused()

    page.get_by_label("周一").fill("14:00-17:30")
    page.get_by_role("button", name="看影响").last.click()
    expect(page.locator("table", has_text=ticket.number)).to_contain_text("推迟")
    checked(page)
    page.get_by_role("button", name="保存为版本 2").click()
    expect(page.locator(".toast")).to_contain_text("已存为版本 2")
    expect(page.get_by_role("row", name="v2 现行")).to_contain_text("周一开会")
    assert CalendarVersion.objects.current().get(code="kingdee-5x8").version == 2
