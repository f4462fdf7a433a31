"""Days off in the console: who may see and change them, and an import that is looked at before it is done."""

from datetime import UTC, date, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from plans.models import Role
from sla.actions import put_holidays
from sla.composing import Day
from sla.holidays.package import year_from_package
from sla.models import CalendarVersion, HolidaySet, Recompute
from tests.world import person

AREA = "/console/rules/holidays/"
CSV = "date,kind,name\n2027-01-01,statutory,元旦\n2027-01-04,swapped_off,元旦\n"


@pytest.fixture
def desk(client, world):
    client.force_login(world.manager)
    return client


def asked(**more):
    return {"place": "CN", "year": "2027", "origin": "package", "breaks": "whole", "status": "published",
            "step": "preview", **more}  # fmt: skip


def uploaded(text=CSV, name="days.csv", **more):
    content = text if isinstance(text, bytes) else text.encode()
    return asked(origin="file", file=SimpleUploadedFile(name, content), **more)


def confirming(page, **more):
    """Return what the confirming form of a preview sends."""
    return {"step": "save", "packed": page.context["packed"], "seen": page.context["found"].seen, **more}


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [(Role.AGENT, 403, 403), (Role.LEAD, 200, 403), (Role.MANAGER, 200, 200), (Role.ADMIN, 200, 200)],
)
def test_leads_read_and_managers_write__Y17(client, world, role, reads, writes):
    client.force_login(person(f"b-{role}", "某人", role))
    for path in ("", "CN/2026/", "CN/2026/days.ics", "CN/2026/days.csv", "MY-14/2026/"):
        assert client.get(AREA + path).status_code == reads
    assert client.get(f"{AREA}import/").status_code == writes
    assert client.post(f"{AREA}import/", asked()).status_code == writes


def test_every_place_is_shown_with_every_year_and_what_is_assumed__C13(desk):
    page = desk.get(AREA).content.decode()
    assert "马来西亚 · 吉隆坡" in page
    assert f'href="{AREA}TW/2026/"' in page
    assert "2027 年还没有公布的：" in page
    assert "中国大陆" in page.split("2027 年还没有公布的：")[1].split("。")[0]
    assert "新加坡" not in page.split("2027 年还没有公布的：")[1].split("。")[0]


def test_a_long_list_of_places_takes_few_statements(desk, django_assert_max_num_queries):
    desk.get(AREA)
    with django_assert_max_num_queries(12):
        desk.get(AREA)


def test_a_year_shows_its_dates_and_where_they_come_from(desk):
    page = desk.get(f"{AREA}CN/2026/").content.decode()
    assert "国办发明电〔2025〕7号" in page
    assert "调休上班" in page
    assert "金蝶 5×8" in page
    assert desk.get(f"{AREA}CN/1999/").status_code == 404
    assert desk.get(f"{AREA}ZZ/2026/").status_code == 404


def test_a_year_is_taken_along_as_a_file(desk):
    ics = desk.get(f"{AREA}CN/2026/days.ics")
    assert ics["Content-Type"] == "text/calendar; charset=utf-8"
    assert b"DTSTART;VALUE=DATE:20261001" in ics.content
    assert desk.get(f"{AREA}MY-14/2026/days.csv").content.startswith(b"\xef\xbb\xbfdate,kind,name,name_en,stands_for")


def test_an_import_is_looked_at_and_then_done__C15(desk, world):
    page = desk.post(f"{AREA}import/", uploaded(source="国办 9 号"))
    text = page.content.decode()
    assert page.status_code == 200
    assert "还没有写入。" in text
    assert "2027-01-04" in text
    assert "金蝶 5×8" in text
    assert HolidaySet.objects.get(country="CN", year=2027).status == "assumed"
    done = desk.post(f"{AREA}import/", confirming(page))
    assert (done.status_code, done["Location"]) == (302, f"{AREA}CN/2027/")
    kept = HolidaySet.objects.get(country="CN", year=2027)
    assert (kept.status, kept.source, kept.origin, kept.dates.count()) == ("published", "国办 9 号", "file", 2)
    version = CalendarVersion.objects.current().get(code="kingdee-5x8")
    assert (version.created_by, version.cause) == (str(world.manager), "导入中国大陆 2027 年节假日")
    again = desk.post(f"{AREA}import/", uploaded(source="国办 9 号"))
    assert "没有变化" in again.content.decode()
    assert HolidaySet.objects.filter(country="CN", year=2027).count() == 1


def test_the_preview_says_which_deadlines_move__C13(desk, world):
    with_calendar = CalendarVersion.objects.current().get(code="kingdee-5x8")
    ticket = world.open_ticket(side=world.kingdee, at=datetime(2026, 12, 31, 8, 0, tzinfo=UTC))
    page = desk.post(f"{AREA}import/", uploaded())
    moved = page.context["moves"]
    assert ticket.number in {move.thing for move in moved.page}
    assert moved.counts.moved + moved.counts.held == len(moved.page)
    assert page.context["groups"][0].names[0].startswith("金蝶")
    desk.post(f"{AREA}import/", confirming(page))
    assert Recompute.objects.filter(code="kingdee-5x8", version=with_calendar.version + 1).exists()


def test_what_somebody_typed_in_is_overwritten_only_with_their_word(desk):
    by_hand = year_from_package("CN", "", 2027)
    extra = Day(date(2027, 1, 4), "swapped_off", "元旦（调休）", "New Year's Day (swapped)")
    put_holidays(years=[type(by_hand)("CN", 2027, "published", "放假通知", (*by_hand.dates, extra))])
    page = desk.post(f"{AREA}import/", asked())
    assert "覆盖人工录入的这一年" in page.content.decode()
    refused = desk.post(f"{AREA}import/", confirming(page))
    assert refused.status_code == 409
    assert "这一年是人工录入的" in refused.content.decode()
    assert HolidaySet.objects.get(country="CN", year=2027).source == "放假通知"
    assert desk.post(f"{AREA}import/", confirming(page, overwrite="yes")).status_code == 302
    assert HolidaySet.objects.get(country="CN", year=2027).status == "assumed"


def test_who_confirms_what_is_no_longer_so_looks_again(desk):
    page = desk.post(f"{AREA}import/", uploaded())
    put_holidays(years=[year_from_package("CN", "", 2027, breaks="statutory")])
    sent = {**confirming(page), "seen": "0" * 64}
    refused = desk.post(f"{AREA}import/", sent)
    assert refused.status_code == 409
    assert "预览之后有人改过这一年" in refused.content.decode()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (asked(place="XX"), "XX"),
        (asked(year="soon"), "请写四位年份"),
        (asked(year="1066"), "2000"),
        (asked(place="other", origin="file"), "请写是哪里"),
        (asked(place="other", other="JP"), "数据包里没有它"),
        (asked(origin="file"), "请选一个文件"),
    ],
)
def test_what_cannot_be_asked_is_told_and_nothing_chosen_is_lost(desk, said, told):
    page = desk.post(f"{AREA}import/", {**said, "source": "我写的出处", "breaks": "statutory"})
    assert page.status_code == 422
    assert told in page.content.decode()
    assert 'value="我写的出处"' in page.content.decode()
    assert page.context["form"]["breaks"].value() == "statutory"


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        ("date,kind,name\n2027-01-01,statutary,元旦\n", "a.csv", "第 2 行"),
        ("day\n", "a.csv", "缺少这一列"),
        (b"\x00\x01\x02", "a.ics", "iCalendar"),
        ("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n", "a.ics", "缺少 DTSTART"),
        ("hello", "a.pdf", "只认 .ics 和 .csv"),
        ("x" * (1024 * 1024 + 1), "a.csv", "文件超过 1 MB"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_by_line(desk, content, name, told):
    page = desk.post(f"{AREA}import/", uploaded(content, name))
    assert page.status_code == 422
    assert told in page.content.decode()
    assert HolidaySet.objects.get(country="CN", year=2027).status == "assumed"


@pytest.mark.parametrize("packed", ["", "x", "eyJ9:1:abc"])
def test_a_confirmation_that_nobody_was_shown_is_not_taken(desk, packed):
    answer = desk.post(f"{AREA}import/", {"step": "save", "packed": packed, "seen": ""})
    assert (answer.status_code, answer["Location"]) == (302, f"{AREA}import/")
    assert HolidaySet.objects.get(country="CN", year=2027).status == "assumed"


def test_another_country_comes_by_file(desk):
    page = desk.post(
        f"{AREA}import/", uploaded("date,kind,name\n2027-05-03,statutory,宪法纪念日\n", place="other", other="jp")
    )
    assert page.status_code == 200
    assert desk.post(f"{AREA}import/", confirming(page))["Location"] == f"{AREA}JP/2027/"
    assert "宪法纪念日" in desk.get(f"{AREA}JP/2027/").content.decode()


def test_an_english_reader_is_told_in_english(desk, world):
    world.manager.language = "en"
    world.manager.save()
    page = desk.get(f"{AREA}MY-14/2026/").content.decode()
    assert "Federal Territory Day; Thaipusam" in page
