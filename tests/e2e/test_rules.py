"""A manager changes service hours and days off in a real browser: typed, looked at, saved."""

import pytest
from playwright.sync_api import expect

from sla.models import CalendarVersion, HolidayNotice, HolidaySet
from tests.e2e.browsing import LOOKS, findings, overflow

pytestmark = pytest.mark.e2e

PAGE = "/console/rules/calendars/kingdee-5x8/"


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
    page.get_by_label("为什么改", exact=True).fill("周一开会")
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


ROWS = "date,kind,name,name_en\n2027-01-01,statutory,元旦,New Year's Day\n2027-01-04,swapped_off,元旦,New Year's Day\n"


def test_a_manager_imports_a_year_from_a_file__C15(window, world, server_clock):
    server_clock("2026-12-31 16:00")
    ticket = world.open_ticket("月结报错", side=world.kingdee, at="2026-12-31 16:00")
    visit = window()
    visit.sign_in(world.manager)
    page = visit.open("/console/rules/holidays/import/?place=CN&year=2027")
    page.get_by_label("文件（.ics 或 .csv）").check()
    page.get_by_role("button", name="看影响").click()
    expect(page.locator("#id_file_error")).to_contain_text("请选一个文件。")
    checked(page)
    file = {"name": "2027.csv", "mimeType": "text/csv", "buffer": ROWS.encode()}
    page.get_by_label("文件", exact=False).last.set_input_files(file)
    page.get_by_label("出处", exact=False).first.fill("国办 9 号")
    page.get_by_role("button", name="看影响").click()
    expect(page.locator("table", has_text=ticket.number)).to_contain_text("推迟")
    checked(page)
    page.get_by_role("button", name="取入").click()
    expect(page.locator("h1")).to_contain_text("中国大陆 2027 已公布")
    assert HolidaySet.objects.get(country="CN", year=2027).source == "国办 9 号"


def test_a_manager_posts_a_notice_looks_and_puts_it_in_force__Y17(window, world, server_clock):
    server_clock("2026-12-31 16:00")
    ticket = world.open_ticket("月结报错", side=world.kingdee, at="2026-12-31 16:00")
    visit = window()
    visit.sign_in(world.manager)
    page = visit.open("/console/rules/notices/new/year/?place=CN&year=2027")
    page.get_by_label("通知的日期").fill("一、元旦：放假。")
    page.get_by_label("标题", exact=True).fill("2027 年放假通知")
    page.get_by_role("button", name="看影响").click()
    expect(page.get_by_role("alert")).to_contain_text("没有看懂哪几天放假")
    checked(page)
    page.get_by_label("通知的日期").fill("一、元旦：1月1日至4日放假调休，共4天。1月9日上班。")
    page.get_by_label("英文标题").fill("Holidays of 2027")
    page.get_by_role("button", name="看影响").click()
    expect(page.locator("table", has_text=ticket.number)).to_contain_text("推迟")
    checked(page)
    page.get_by_role("button", name="使它生效").click()
    expect(page.locator("h1")).to_contain_text("已生效")
    assert HolidayNotice.objects.get().state == "applied"
