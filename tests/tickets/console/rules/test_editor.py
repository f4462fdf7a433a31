"""The editor of service hours: every way of typing hours, every refusal in its place, two steps, one new version."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from plans.models import Role
from sla.actions import put_calendars
from sla.calendar import Calendar
from sla.composing import hours_of
from sla.models import CalendarVersion, Milestone, Recompute
from tests.hours import beijing, hours
from tests.tickets.console.rules.forms import EDIT, PAGE, current, text_of, typed
from tests.world import World, person

Send = Callable[..., HttpResponse]
LONG_NIGHT = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "21:00至02:00")


@pytest.fixture
def send(client: Client, db: None) -> Send:
    """Return a function that sends the editor's form, as the manager, with one of its buttons."""
    client.force_login(person("manager", "郑经理", Role.MANAGER))

    def sent(step: str, url: str = EDIT, **said: Any) -> HttpResponse:
        return client.post(url, {**typed(**said), "step": step})

    return sent


def saved(send: Send, **said: Any) -> Calendar:
    """Save the form and return the calendar in force after it."""
    answer = send("save", **said)
    assert answer.status_code == 302, text_of(answer)
    return Calendar.from_spec(current().spec)


def due(calendar: Calendar, start: str, budget: float) -> str:
    """Return a deadline as Beijing's wall time."""
    at = calendar.due_at(beijing(start), hours(budget))
    assert at
    return f"{at.astimezone(calendar.zone):%m-%d %H:%M}"


def test_a_day_a_week_is_a_week__C02(send: Send) -> None:
    week = {**dict.fromkeys(("mon", "wed", "thu", "fri"), ""), "tue": "8-17"}
    assert due(saved(send, **week), "2026-03-11 10:00", 2) == "03-17 10:00"


@pytest.mark.parametrize(
    "way", ["08:30-12:00, 13:00-17:30", "8:30–12:00、13:00～17:30", "8：30至12：00 13：00到17：30"]
)
def test_split_shifts_are_read_however_they_are_typed__C03(send: Send, way: str) -> None:
    calendar = saved(send, mon=way, note="另一种写法")
    assert due(calendar, "2026-03-09 11:00", 4) == "03-09 16:00"
    assert due(calendar, "2026-03-09 12:20", 2) == "03-09 15:00"


def test_a_shift_over_midnight_goes_on_the_next_day__C04(send: Send) -> None:
    preview = send("preview", **LONG_NIGHT)
    assert "班次过零点，零点后的部分已记在第二天" in text_of(preview)
    calendar = saved(send, **LONG_NIGHT)
    assert due(calendar, "2026-03-09 23:30", 3) == "03-10 21:30"
    assert current().rules["weekly"]["mon"] == [["00:00", "02:00"], ["21:00", "24:00"]]


def test_a_date_closes_early__C14(send: Send) -> None:
    row = {"date": "2026-02-13", "hours": "8:30-12, 13-15", "name": "春节前一天", "name_en": "Eve of the break"}
    calendar = saved(send, special=(row,))
    assert due(calendar, "2026-02-13 14:00", 4) == "02-24 11:30"
    kept = current()
    assert kept.reasons["2026-02-13"] == {"name": "春节前一天", "name_en": "Eve of the break", "source": ""}


def test_a_date_without_hours_is_shut_and_a_holiday_with_hours_is_open(send: Send) -> None:
    shut = {"date": "2026-03-09", "hours": "", "name": "盘点", "name_en": "Stocktaking"}
    opened = {"date": "2026-10-01", "hours": "10:00-12:00", "name": "国庆值守", "name_en": "Cover on the day"}
    calendar = saved(send, special=(shut, opened))
    assert due(calendar, "2026-03-09 09:00", 1) == "03-10 09:30"
    assert due(calendar, "2026-09-30 17:00", 1) == "10-01 10:30"


@pytest.mark.parametrize(
    ("wrong", "where", "words"),
    [
        ({"mon": "8:30-12:00, 11:00-17:30"}, "mon", "两段时间重叠了：一段 12:00 才结束，另一段 11:00 已经开始。"),
        ({"mon": "17:30-08:30-"}, "mon", "读不懂"),
        ({"mon": "12:00-08:30"}, "mon", "结束 08:30 早于开始 12:00"),
        ({"mon": "08:30-25:00"}, "mon", "没有 25:00 这个时刻"),
        ({"mon": "08:30"}, "mon", "一段写成“开始-结束”"),
        ({"mon": "上午"}, "mon", "读不懂"),
        ({"mon": "21:00-09:00"}, "tue", "周一的班次到这一天 09:00 才结束，和这一天的时段重叠了。"),
        (dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ""), "mon", "一年之内没有任何开放时间"),
        ({"timezone": "Asia/Beijing"}, "timezone", "没有“Asia/Beijing”这个时区"),
        ({"working_day": "八"}, "working_day", "请写小时数，如 8 或 7.5。"),
        ({"working_day": "25"}, "working_day", "24"),
        ({"working_day": "0"}, "working_day", "0.01"),
        ({"name_en": ""}, "name_en", "请填写。"),
        ({"cause": " "}, "cause", "请写明为什么改，以后查得到。"),
        ({"follows": "XX"}, "follows", ""),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_nothing_typed_is_lost__C33(
    send: Send, wrong: dict[str, str], where: str, words: str
) -> None:
    answer = send("save", **wrong, note="打了很多字")
    page = answer.content.decode()
    assert answer.status_code == 422
    told = re.search(rf'id="id_{where}_error">.*?<span>(.*?)</span>', page)
    assert told
    assert words in told[1].replace("&quot;", '"')
    assert "打了很多字" in page
    assert all(f'value="{value}"' in page for value in wrong.values() if value.strip() and where != "follows")
    assert current().version == 1


ROW = {"date": "2026-02-13", "hours": "9-10", "name": "某日", "name_en": "A day"}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (({**ROW, "date": "2026-02-30"},), "请写成 2026-02-13 这样的日期。"),
        (({**ROW, "hours": "21:00-02:00"},), "写到 24:00 为止"),
        (({**ROW, "name_en": ""},), "请填写。"),
        ((ROW, {**ROW, "name": "同一天"}), "这一天已经写过一行了。"),
    ],
)
def test_a_wrong_row_of_dated_hours_is_told_in_its_row(
    send: Send, rows: tuple[dict[str, str], ...], words: str
) -> None:
    answer = send("preview", special=rows)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert all(value in answer.content.decode() for row in rows for value in row.values() if value)


@pytest.mark.parametrize(
    ("on", "words"),
    [("9999-12-31", "太远了"), ("0001-01-01", "改不了"), ("2020-02-03", "改不了"), ("2101-01-01", "太远了")],
)
def test_dates_that_nobody_means_are_refused_in_their_row(send: Send, on: str, words: str) -> None:
    row = {"date": on, "hours": "", "name": "末日", "name_en": "The last day"}
    answer = send("preview", special=(row,))
    assert answer.status_code == 422
    assert words in text_of(answer)


def test_swapped_times_are_told_at_the_day_that_has_them__C04(send: Send) -> None:
    answer = send("preview", mon="18:00-09:00")
    assert answer.status_code == 422
    errors = answer.context["form"].errors
    assert errors["mon"] == ["它过零点到周二 09:00，和周二的时段重叠了。是不是把开始和结束写反了？"]
    assert errors["tue"] == ["周一的班次到这一天 09:00 才结束，和这一天的时段重叠了。"]


def test_a_reason_and_a_remark_may_have_their_english(send: Send, client: Client) -> None:
    said = {"note": "周一晚开", "note_en": "Mondays open late", "cause": "周一例会", "cause_en": "Monday meeting"}
    saved(send, mon="10:00-12:00", **said)
    assert Recompute.objects.latest("pk").cause_en == "Monday meeting"
    client.post("/language/", {"language": "en"})
    page = text_of(client.get(PAGE))
    assert "Monday meeting" in page
    assert "Mondays open late" in page
    assert "周一例会" not in page
    assert "周一晚开" not in page


def test_looking_saves_nothing_and_shows_what_would_move(send: Send, world: World) -> None:
    ticket = world.open_ticket(side=world.kingdee, at="2026-09-28 09:00")
    answer = send("preview", mon="10:00-12:00, 13:00-17:30", cause="周一开会")
    page = text_of(answer)
    assert "还没有保存。" in page
    assert "保存为版本 2" in page
    assert ticket.number in page
    assert "9月28日 周一" in page.replace("2026 ", "")
    assert "08:30–12:00" in page
    assert current().version == 1
    assert not Recompute.objects.exists()


def test_saving_keeps_who_and_why_and_sets_recomputing_going(send: Send, world: World) -> None:
    world.open_ticket(side=world.kingdee, at="2026-09-28 09:00")
    before = current()
    send("save", mon="10:00-12:00", cause="周一开会")
    kept = current()
    assert (kept.version, kept.created_by, kept.cause) == (2, "郑经理", "周一开会")
    work = Recompute.objects.get()
    assert (work.code, work.version, work.cause, work.actor_display) == ("kingdee-5x8", 2, "周一开会", "郑经理")
    before.refresh_from_db()
    assert not before.is_current
    assert Milestone.objects.filter(calendar_version=before).exists()


def test_nothing_changed_needs_no_version(send: Send) -> None:
    kept = current()
    answer = send("preview", name=kept.name, name_en=kept.name_en, note=kept.note, note_en=kept.note_en)
    assert "您没有改动什么，不用保存。" in text_of(answer)
    send("save", name=kept.name, name_en=kept.name_en, note=kept.note, note_en=kept.note_en)
    assert CalendarVersion.objects.filter(code="kingdee-5x8").count() == 1


def test_the_second_of_two_editors_is_told_and_loses_nothing(send: Send) -> None:
    send("save", mon="10:00-12:00", cause="先存的")
    for step in ("preview", "save"):
        answer = send(step, tue="9:00-12:00", cause="后存的")
        page = text_of(answer)
        assert answer.status_code == 409
        assert "您是从版本 1 改起的，而现在生效的是版本 2。" in page
        assert re.search(r"版本 2 · 郑经理 · .* · 先存的", page)
        assert 'value="9:00-12:00"' in answer.content.decode()
    assert current().version == 2
    rebased = send("rebase-2", tue="9:00-12:00", cause="后存的")
    assert "保存为版本 3" in text_of(rebased)
    assert 'name="base" value="2"' in rebased.content.decode()


def test_back_to_the_form_keeps_what_was_typed(send: Send) -> None:
    page = send("edit", mon="7:00-9:00", cause="再想想").content.decode()
    assert 'value="7:00-9:00"' in page
    assert "再想想" in page
    assert "aria-invalid" not in page


def test_rows_come_and_go_without_scripts(send: Send) -> None:
    row = {"date": "2026-02-13", "hours": "9-10", "name": "甲", "name_en": "A"}
    other = {"date": "2026-02-16", "hours": "9-11", "name": "乙", "name_en": "B"}
    more = send("add", special=(row,)).content.decode()
    assert 'name="special-TOTAL_FORMS" value="2"' in more
    assert 'value="甲"' in more
    less = send("remove-0", special=(row, other)).content.decode()
    assert 'name="special-TOTAL_FORMS" value="1"' in less
    assert 'value="甲"' not in less
    assert 'name="special-0-name" value="乙"' in less


def test_blank_rows_are_passed_over(send: Send) -> None:
    blank = {"date": "", "hours": "", "name": "", "name_en": "", "source": ""}
    assert send("save", special=(blank,), cause="空行").status_code == 302


def test_the_working_days_are_made_like_monday(send: Send) -> None:
    page = send("copy", mon="9-18", sat="9-10").content.decode()
    assert page.count('value="9-18"') == 5
    assert page.count('value="9-10"') == 1


def test_a_stored_calendar_opens_as_somebody_would_type_it(client: Client, db: None) -> None:
    client.force_login(person("manager", "郑经理", Role.MANAGER))
    page = client.get(EDIT).content.decode()
    assert page.count('value="08:30–12:00, 13:00–17:30"') == 5
    assert '<option value="CN" selected>' in page
    assert 'name="working_day" value="8"' in page


def test_a_new_calendar_starts_at_version_one(send: Send) -> None:
    url = "/console/rules/new-calendar/"
    said = {"base": 0, "code": "night-desk", "name": "夜班", "name_en": "Night desk", "follows": "", **LONG_NIGHT}
    preview = send("preview", url, **said)
    assert "它是新的，还没有时限按它走。" in text_of(preview)
    assert send("save", url, **said).status_code == 302
    kept = current("night-desk")
    assert (kept.version, kept.rules["holidays"], kept.cause) == (1, None, "春节前改时间")
    assert not Recompute.objects.exists()


@pytest.mark.parametrize(
    ("code", "words"), [("kingdee-5x8", "已经有服务时间在用"), ("Night Desk", "代码只能用小写字母"), ("", "请填写。")]
)
def test_a_code_is_new_and_plain(send: Send, code: str, words: str) -> None:
    answer = send("save", "/console/rules/new-calendar/", base=0, code=code)
    assert answer.status_code == 422
    assert words in text_of(answer)


@pytest.mark.parametrize("role", [Role.LEAD, Role.AGENT, Role.EXPERT])
def test_only_managers_and_administrators_write(client: Client, db: None, role: str) -> None:
    client.force_login(person(f"no-{role}", "某人", role))
    for url in (EDIT, "/console/rules/new-calendar/"):
        assert client.get(url).status_code == 403
        assert client.post(url, {**typed(), "step": "save"}).status_code == 403
    assert client.post("/console/rules/calendars/kingdee-5x8/retire/").status_code == 403
    assert current().version == 1


def test_dated_hours_of_years_ago_are_not_listed_and_stay(send: Send) -> None:
    old = {"date": "2020-02-13", "hours": [["10:00", "12:00"]], "name": "旧", "name_en": "Old", "source": "通知"}
    noted = {**old, "date": "2026-12-24", "notice": 7}
    kept = hours_of(current())
    put_calendars(calendars=[replace(kept, rules={**kept.rules, "special": [old, noted]})])
    page = send("edit", base=2).content.decode()
    assert "另有更早的 1 天不再列出，保存时原样保留。" in page
    row = {"date": "2026-12-24", "hours": "9-10", "name": "新", "name_en": "New", "source": "通知"}
    assert send("save", base=2, special=(row,)).status_code == 302
    assert current().rules["special"] == [old, {**noted, **row, "hours": [["09:00", "10:00"]]}]
