"""Holiday notices in the console: typed in, looked at, applied or put away; nothing typed is lost on the way."""

from datetime import UTC, date, datetime

import pytest

from plans.models import Role
from sla.actors import Actor
from sla.changing import notices
from sla.changing.notices import Posting
from sla.models import CalendarVersion, HolidayNotice, HolidaySet
from sla.timeline import ActorKind
from tests.clocks import clock_at
from tests.world import person

AREA = "/console/rules/notices/"
NOTICE_2027 = """一、元旦：1月1日（周五）至3日（周日）放假，共3天。
二、春节：2月5日至11日放假调休，共7天。2月13日上班。
三、清明节：4月3日至5日放假，共3天。
四、劳动节：5月1日至5日放假调休，共5天。4月25日上班。
五、端午节：6月9日放假，共1天。
六、中秋节：9月15日放假，共1天。
七、国庆节：10月1日至7日放假调休，共7天。9月26日、10月9日上班。
"""


@pytest.fixture(autouse=True)
def in_november():
    with clock_at("2026-11-23 10:00"):
        yield


@pytest.fixture
def desk(client, world):
    client.force_login(world.manager)
    return client


def year_said(**more):
    return {"title": "2027 年放假通知", "source": "国办发明电〔2026〕9号", "published_on": "2026-11-22", "place": "CN",
            "year": "2027", "dates": NOTICE_2027, **more}  # fmt: skip


def special_said(**more):
    return {"title": "年末盘点", "source": "", "calendar": "yonsuite-7x12",
            "dates": "2026-12-31 08:30-12:00 年末盘点 | Stocktaking", **more}  # fmt: skip


def test_a_place_that_is_none_is_passed_over(desk):
    assert desk.get(f"{AREA}new/year/?place=%00&year=2027").status_code == 200


def draft(desk):
    answer = desk.post(f"{AREA}new/year/", year_said())
    assert answer.status_code == 302, answer.context["problems"] or answer.context["refusal"].message
    return HolidayNotice.objects.get()


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [(Role.EXPERT, 403, 403), (Role.LEAD, 200, 403), (Role.MANAGER, 200, 200), (Role.ADMIN, 200, 200)],
)
def test_leads_read_and_managers_write__Y17(client, world, role, reads, writes):
    posting = Posting("通知", "", ({"date": "2026-12-31", "hours": [], "name": "盘点"},), calendar="yonsuite-7x12")
    at = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
    notice = notices.post(posting=posting, actor=Actor(ActorKind.AGENT, "user:1", "某人"), at=at)
    client.force_login(person(f"n-{role}", "某人", role))
    for path in ("", f"{notice.pk}/"):
        assert client.get(AREA + path).status_code == reads
    for path in ("new/year/", "new/calendar/", f"{notice.pk}/revise/"):
        assert client.get(AREA + path).status_code == writes
    for path in (f"{notice.pk}/apply/", f"{notice.pk}/discard/"):
        assert client.post(AREA + path).status_code == (302 if writes == 200 else 403) or path.endswith("discard/")
    if writes == 403:
        notice.refresh_from_db()
        assert notice.state == "draft"


def test_a_pasted_notice_is_looked_at_and_applied__C13_Y17(desk, world):
    ticket = world.open_ticket(side=world.kingdee, at=datetime(2026, 11, 20, 2, 0, tzinfo=UTC))
    notice = draft(desk)
    page = desk.get(f"{AREA}{notice.pk}/")
    text = page.content.decode()
    assert "还没有生效。" in text
    assert "春节（调休，2027-02-13 上班）" in text
    assert page.context["found"].kept.status == "assumed"
    assert any("金蝶 5×8" in name for group in page.context["groups"] for name in group.names)
    assert HolidaySet.objects.get(country="CN", year=2027).status == "assumed"
    assert desk.post(f"{AREA}{notice.pk}/apply/").status_code == 302
    kept = HolidaySet.objects.get(country="CN", year=2027)
    assert (kept.status, kept.source, kept.origin) == ("published", "国办发明电〔2026〕9号", "notice")
    applied = desk.get(f"{AREA}{notice.pk}/").content.decode()
    assert "已生效" in applied
    assert f"金蝶 5×8（周一至周五 8:30–12:00、13:00–17:30） v{_version()}" in applied.replace("(", "（").replace(
        ")", "）"
    )
    assert "正在重算" in applied
    assert ticket.number not in applied


def _version():
    return CalendarVersion.objects.current().get(code="kingdee-5x8").version


def test_one_calendars_dates_are_changed_by_a_notice__C14_Y17(desk):
    answer = desk.post(f"{AREA}new/calendar/", special_said())
    notice = HolidayNotice.objects.get()
    assert answer["Location"] == f"{AREA}{notice.pk}/"
    page = desk.get(f"{AREA}{notice.pk}/").content.decode()
    assert "08:30–20:30" in page
    assert "08:30–12:00" in page
    desk.post(f"{AREA}{notice.pk}/apply/")
    rules = CalendarVersion.objects.current().get(code="yonsuite-7x12").rules
    said = {"name": "年末盘点", "name_en": "Stocktaking", "source": "年末盘点"}
    assert rules["special"] == [{"date": "2026-12-31", "hours": [["08:30", "12:00"]], **said}]


def test_a_draft_is_typed_in_anew(desk):
    notice = draft(desk)
    form = desk.get(f"{AREA}{notice.pk}/revise/").context["form"]
    assert form["place"].value() == "CN"
    assert form["dates"].value().startswith("2027-01-01,statutory,元旦,New Year's Day,")
    answer = desk.post(f"{AREA}{notice.pk}/revise/", year_said(title="改过的通知", dates=form["dates"].value()))
    new = HolidayNotice.objects.get(state="draft")
    assert answer["Location"] == f"{AREA}{new.pk}/"
    assert (new.title, new.dates) == ("改过的通知", notice.dates)
    notice.refresh_from_db()
    assert notice.state == "discarded"


def test_a_draft_that_cannot_be_typed_in_anew_stays(desk):
    notice = draft(desk)
    answer = desk.post(f"{AREA}{notice.pk}/revise/", year_said(dates="2027-01-01,nothing,元旦"))
    assert answer.status_code == 422
    notice.refresh_from_db()
    assert notice.state == "draft"


def test_a_draft_is_put_away_and_stays_readable(desk):
    notice = draft(desk)
    assert desk.post(f"{AREA}{notice.pk}/discard/").status_code == 302
    assert "作废" in desk.get(f"{AREA}{notice.pk}/").content.decode()
    assert desk.get(f"{AREA}{notice.pk}/revise/").status_code == 404
    refused = desk.post(f"{AREA}{notice.pk}/apply/")
    assert refused.status_code == 409
    assert "已作废" in refused.content.decode()


def test_a_notice_is_applied_once(desk):
    notice = draft(desk)
    desk.post(f"{AREA}{notice.pk}/apply/")
    before = CalendarVersion.objects.count()
    assert desk.post(f"{AREA}{notice.pk}/apply/").status_code == 409
    assert CalendarVersion.objects.count() == before


@pytest.mark.parametrize(
    ("about", "said", "told", "status"),
    [
        ("year", year_said(title=""), "请填写。", 422),
        ("year", year_said(dates=""), "请粘贴通知的原文", 422),
        ("year", year_said(year="x"), "请写四位年份", 422),
        ("year", year_said(place="XX"), "XX", 422),
        ("year", year_said(published_on="昨天"), "请选一个日期。", 422),
        ("year", year_said(dates="一、元旦：放假。"), "第 1 行", 422),
        ("year", year_said(dates="2027-01-01,statutory,元旦\n2027-13-01,statutory,错"), "第 2 行", 422),
        ("year", year_said(year="2025", dates="2025-01-01,statutory,元旦"), "已经过去", 409),
        ("calendar", special_said(calendar=""), "请填写。", 422),
        ("calendar", special_said(calendar="nothing"), "nothing", 422),
        ("calendar", special_said(dates="2026-12-31 八点半 盘点"), "第 1 行", 422),
        ("calendar", special_said(dates="2026-01-05 休息 早过了"), "已经过去", 409),
        ("calendar", special_said(dates="2026-12-31 休息 甲\n2026-12-31 休息 乙"), "写了两次", 409),
    ],
)
def test_what_cannot_be_a_notice_is_told_and_nothing_typed_is_lost(desk, about, said, told, status):
    page = desk.post(f"{AREA}new/{about}/", {**said, "source": "我写的出处"})
    assert page.status_code == status
    assert told in page.content.decode()
    assert 'value="我写的出处"' in page.content.decode()
    assert page.context["form"]["dates"].value() == said["dates"]
    assert not HolidayNotice.objects.exists()


def test_a_second_draft_for_the_same_year_is_refused_with_the_first(desk):
    draft(desk)
    answer = desk.post(f"{AREA}new/year/", year_said(title="另一份"))
    assert answer.status_code == 409
    assert "另有一份草拟的通知" in answer.content.decode()


def test_the_form_starts_from_what_is_known_of_a_year(desk):
    form = desk.get(f"{AREA}new/year/?place=CN&year=2027").context["form"]
    assert form["dates"].value().count("\n") == HolidaySet.objects.get(country="CN", year=2027).dates.count()


def test_words_that_look_like_markup_stay_words(desk):
    desk.post(f"{AREA}new/calendar/", special_said(title="<b>盘点</b>"))
    page = desk.get(AREA).content.decode()
    assert "&lt;b&gt;盘点" in page
    assert "<b>盘点" not in page


def test_an_applied_notice_lists_the_deadlines_that_it_moved__C13(desk, world):
    with clock_at("2026-12-31 16:00"):
        ticket = world.open_ticket(side=world.kingdee, at="2026-12-31 16:00")
        said = year_said(dates="2027-01-01,statutory,元旦\n2027-01-04,swapped_off,元旦")
        desk.post(f"{AREA}new/year/", said)
        notice = HolidayNotice.objects.get()
        page = desk.get(f"{AREA}{notice.pk}/")
        assert ticket.number in {move.thing for move in page.context["moves"].page}
        assert desk.get(f"{AREA}{notice.pk}/?after=999999999").context["moves"].page == []
        desk.post(f"{AREA}{notice.pk}/apply/")
        assert desk.get(f"{AREA}{notice.pk}/").context["is_running"]
        assert (
            date(2027, 1, 4).isoformat()
            in CalendarVersion.objects.current().get(code="kingdee-5x8").spec["closed_dates"]
        )


def test_an_english_reader_is_told_names_and_words_in_english(desk, world):
    desk.post(f"{AREA}new/calendar/", special_said())
    world.manager.language = "en"
    world.manager.save()
    for path in (AREA, f"{AREA}{HolidayNotice.objects.get().pk}/"):
        page = desk.get(path).content.decode()
        assert "Manager" in page
        assert str(world.manager) not in page


def test_a_long_list_of_notices_takes_few_statements(desk, django_assert_max_num_queries):
    for day in range(1, 9):
        posting = Posting(
            f"通知 {day}", "", ({"date": f"2026-12-0{day}", "hours": [], "name": "盘点"},), calendar="yonsuite-7x12"
        )
        notices.post(posting=posting, actor=Actor(ActorKind.AGENT), at=datetime(2026, 11, 23, 2, 0, tzinfo=UTC))
    with django_assert_max_num_queries(8):
        desk.get(AREA)
