"""Service hours as a manager keeps them: looked at, edited in two steps, kept as versions."""

import re
from dataclasses import replace

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from plans.loading import FIXTURES, load
from plans.models import Branch, Role
from sla import engine
from sla.actions import Change, Outcome, put_calendars
from sla.actors import Actor
from sla.composing import Hours, hours_of
from sla.models import CalendarVersion, HolidaySet, Policy
from sla.timeline import ActorKind
from tests.clocks import heard, policy_row
from tests.tickets.console.rules.forms import EDIT, PAGE, current, text_of, typed
from tests.world import person

WHO = Actor(ActorKind.AGENT, "user:1", "郑经理")


@pytest.fixture
def manager(client: Client, db: None) -> Client:
    """Return a client as whom the manager is signed in."""
    client.force_login(person("manager", "郑经理", Role.MANAGER))
    return client


def test_the_list_tells_the_week_who_goes_by_it_and_what_is_assumed(manager: Client) -> None:
    page = text_of(manager.get("/console/rules/calendars/"))
    assert "kingdee-5x8" in page
    assert "周一至周五 08:30–12:00、13:00–17:30" in page
    assert re.search(r"\d+ 个时限", page)
    assert "2027 年推定" in page


def test_a_year_shows_each_date_with_its_reason(manager: Client) -> None:
    page = manager.get(PAGE, {"year": "2026"}).content.decode()
    assert page.count('class="date date--') == 365 + 7
    assert 'data-name="10月1日 周四 · 放假 国庆节 · 全天不开放"' in page
    assert 'data-name="10月9日 周五 · 平日 · 08:30–12:00、13:00–17:30"' in page


def test_the_year_comes_to_the_hours_that_its_dates_open(manager: Client) -> None:
    dates = manager.get(PAGE, {"year": "2026"})
    assert dates.context["total"].open_dates == 242
    assert dates.context["open_hours"] == "1,936"


def test_an_assumed_year_says_so(manager: Client) -> None:
    assert "是推定的，可能变动" in text_of(manager.get(PAGE, {"year": "2027"}))
    assert "是推定的，可能变动" not in text_of(manager.get(PAGE, {"year": "2026"}))


def test_a_date_is_explained__Y17(manager: Client) -> None:
    page = text_of(manager.get(PAGE, {"date": "2026-10-03"}))
    assert "10月3日 周六 · 放假 国庆节" in page
    assert "10月8日 周四 · 平日" in page


@pytest.mark.parametrize("asked", [{"year": "abc"}, {"year": "99999"}, {"date": "2026-02-30"}, {"version": "x"}])
def test_nonsense_in_the_address_is_passed_over(manager: Client, asked: dict[str, str]) -> None:
    assert manager.get(PAGE, asked).status_code == 200


def test_an_unknown_calendar_is_not_found(manager: Client) -> None:
    assert manager.get("/console/rules/calendars/none/").status_code == 404
    assert manager.get(PAGE, {"version": "77"}).status_code == 404


def test_make_up_days_are_listed_from_the_holidays_and_a_switch_opens_them__C12(manager: Client) -> None:
    assert "02-14 补周五" in text_of(manager.get(PAGE, {"year": "2026"}))
    assert "当地调休上班，这份服务时间不跟着上班" in text_of(manager.get(PAGE, {"date": "2026-02-14"}))
    manager.post(EDIT, {**typed(make_up="on"), "step": "save"})
    assert {"date": "2026-02-14", "as": "fri"} in current().spec["extra_open_dates"]
    assert "这几天照常上班" in text_of(manager.get(PAGE, {"year": "2026"}))
    assert "2月14日 周六 · 调休上班 春节调休上班" in text_of(manager.get(PAGE, {"date": "2026-02-14"}))


def change(cause: str = "周一开会", **rules: object) -> CalendarVersion:
    """Save kingdee-5x8 with other rules and return the version in force."""
    kept = hours_of(current())
    put_calendars(calendars=[replace(kept, rules={**kept.rules, **rules})], cause=cause, actor=WHO)
    return current()


def test_every_version_stays_readable_with_who_and_why(manager: Client) -> None:
    change(weekly={"mon": [["10:00", "12:00"]]})
    page = text_of(manager.get(PAGE))
    assert "郑经理" in page
    assert "周一开会" in page
    old = text_of(manager.get(PAGE, {"version": "1"}))
    assert "这是旧版本 1，按它算过的承诺仍以它为准。" in old
    assert "周一至周五 08:30–12:00、13:00–17:30" in old


def test_two_versions_are_laid_side_by_side(manager: Client) -> None:
    change(special=[{"date": "2026-11-02", "hours": [], "name": "盘点", "name_en": "Stocktaking", "source": ""}])
    change("再改", timezone="Asia/Hong_Kong")
    days = text_of(manager.get(f"{PAGE}changes/1/2/"))
    assert "11月2日 周一 08:30–12:00、13:00–17:30 全天不开放 盘点" in days
    assert "日期之外没有改变。" in days
    said = text_of(manager.get(f"{PAGE}changes/2/3/"))
    assert "时区 Asia/Shanghai Asia/Hong_Kong" in said
    assert "没有哪一天的时段改变。" in said


def test_dates_out_of_the_ordinary_can_be_taken_along(manager: Client) -> None:
    answer = manager.get(f"{PAGE}days.ics")
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert 'filename="kingdee-5x8-v1.ics"' in answer["Content-Disposition"]
    assert answer.content.startswith(b"BEGIN:VCALENDAR")
    assert b"DTSTART;VALUE=DATE:20261001" in answer.content


def test_a_lead_reads_and_sees_no_button(client: Client, db: None) -> None:
    client.force_login(person("lead", "周组长", Role.LEAD))
    for url in ("/console/rules/calendars/", PAGE, f"{PAGE}days.ics"):
        assert client.get(url).status_code == 200
    assert "/edit/" not in client.get(PAGE).content.decode()
    assert "new-calendar" not in client.get("/console/rules/calendars/").content.decode()


@pytest.mark.parametrize("url", ["/console/rules/calendars/", PAGE, f"{PAGE}days.ics"])
def test_agents_do_not_see_the_rules(client: Client, db: None, url: str) -> None:
    client.force_login(person("agent", "李坐席"))
    assert client.get(url).status_code == 403


def test_what_is_used_is_not_taken_out_of_use_and_it_is_said_by_whom(manager: Client) -> None:
    Branch.objects.create(
        code="hq-x", name="总部某处", name_en="HQ", vendor="kingdee", kind="hq", calendar="kingdee-5x8"
    )
    person("agent", "李坐席", alert_calendar="kingdee-5x8")
    page = text_of(manager.post(f"{PAGE}retire/", follow=True))
    assert "还在用，不能停用" in page
    for who in ("kingdee-advanced-ticket", "总部某处", "李坐席", "服务项"):
        assert who in page
    assert current().is_current


def test_hours_that_a_clock_was_once_timed_by_stay_though_its_terms_have_changed(manager: Client) -> None:
    rules = hours_of(current()).rules
    put_calendars(calendars=[Hours(code, code, code, rules) for code in ("spare", "other")], actor=WHO)
    clock, _rows = engine.start(policy=policy_row("first", {"calendar": "spare"}), priority="",
                                heard=heard("customer open", "2026-09-28 09:00"))  # fmt: skip
    other = policy_row("then", {"calendar": "other"})
    engine.replan(clock, policy=other, priority="", heard=heard("replan", "2026-09-28 09:30"))
    Policy.objects.filter(code="first").update(is_current=False)
    assert "已有工单按它计过时" in text_of(manager.post("/console/rules/calendars/spare/retire/", follow=True))
    assert current("spare").is_current
    engine.refold(clock)


def test_what_nobody_uses_can_go_and_stays_readable(manager: Client) -> None:
    rules = hours_of(current()).rules
    put_calendars(calendars=[Hours("spare", "备用", "Spare", rules)], cause="备用", actor=WHO)
    page = text_of(manager.post("/console/rules/calendars/spare/retire/", follow=True))
    assert "服务时间 spare 已停用。" in page
    assert "已停用 1 份" in page
    assert not CalendarVersion.objects.current().filter(code="spare").exists()
    old = manager.get("/console/rules/calendars/spare/")
    assert "停用，只供查阅。" in text_of(old)
    assert "/edit/" not in old.content.decode()


def test_the_list_costs_the_same_however_long_it_is(
    manager: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    rules = hours_of(current()).rules
    put_calendars(calendars=[Hours(f"spare-{n}", "备用", "Spare", rules) for n in range(20)], actor=WHO)
    with django_assert_max_num_queries(14):
        manager.get("/console/rules/calendars/")
    with django_assert_max_num_queries(20):
        manager.get(PAGE)


def test_what_people_wrote_is_not_undone_by_reading_the_shipped_files_again(db: None) -> None:
    put_calendars(calendars=[replace(hours_of(current()), note="人改的")], actor=WHO)
    HolidaySet.objects.filter(country="CN", year=2027).delete()
    put_calendars(calendars=[])
    assert (current().version, current().created_by) == (3, "")
    assert Change("calendar", "kingdee-5x8", Outcome.KEPT, 2) in load()
    assert current().note == "人改的"
    load([FIXTURES / "calendars.yaml"])
    assert current().note != "人改的"


# What a notice or a remark says stays in the language that it was written in; what is typed comes back as typed.
AS_WRITTEN = re.compile(
    r'<dd class="quiet" lang="zh-hans">.*?</dd>|<span class="small quiet">.*?</span>'
    r"|<textarea.*?</textarea>|<input[^>]*>",
    re.DOTALL,
)


def test_an_english_reader_reads_english(client: Client, db: None) -> None:
    client.force_login(person("boss", "总监", Role.MANAGER, language="en"))
    person("manager", "郑经理", Role.MANAGER)
    change("Meeting", weekly={"mon": [["10:00", "12:00"]]})
    urls = ["calendars/", "calendars/kingdee-5x8/?date=2026-10-10", "calendars/kingdee-5x8/changes/1/2/"]
    urls += ["calendars/kingdee-5x8/edit/", "new-calendar/"]
    answers = [client.get(f"/console/rules/{url}") for url in urls]
    same = {"cause": "Meeting", "name": current().name, "note": current().note}
    for said in ({"base": 2}, {"mon": "?"}, {}):
        answers.append(client.post(EDIT, {**typed(**same, **said), "step": "preview"}))
    assert [answer.status_code for answer in answers] == [200] * 6 + [422, 409]
    for answer in answers:
        page = answer.content.decode().partition('<div class="rules-page">')[2].partition("</main>")[0]
        assert re.findall(r"[\u4e00-\u9fff].*", AS_WRITTEN.sub("", page)) == []
