"""Calendar files with days off: what is read, what is refused, and that what is written reads back."""

import time
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from sla.compiled import calendar_named
from sla.holidays.ics import Asked, export_calendar, read_ics, write_ics
from sla.models import CalendarVersion, HolidaySet
from sla.rules.reading import ReadingError

pytestmark = pytest.mark.django_db
ASKED = Asked("feed.ics", 2026, ZoneInfo("Asia/Shanghai"))


def file_of(*events: str, head: str = "") -> bytes:
    body = "\r\n".join(
        f"BEGIN:VEVENT\r\n{event.strip().replace(chr(10), chr(13) + chr(10))}\r\nEND:VEVENT" for event in events
    )
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{head}{body}\r\nEND:VCALENDAR\r\n".encode()


def read(*events: str, **more: str) -> list[tuple[str, str, str]]:
    return [(str(day.date), str(day.kind), day.name) for day in read_ics(file_of(*events, **more), ASKED).days]


def refusal(content: bytes) -> str:
    with pytest.raises(ReadingError) as refused:
        read_ics(content, ASKED)
    return str(refused.value)


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "UTC", "Asia/Shanghai"])
def test_an_all_day_event_is_one_row_wherever_the_server_stands__C15(zone, monkeypatch, settings):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    settings.TIME_ZONE = zone
    try:
        assert read("DTSTART;VALUE=DATE:20261001\nDTEND;VALUE=DATE:20261002\nSUMMARY:国庆节") == [
            ("2026-10-01", "statutory", "国庆节")
        ]
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("event", "days"),
    [
        ("DTSTART;VALUE=DATE:20261001\nDTEND;VALUE=DATE:20261008", [f"2026-10-0{day}" for day in range(1, 8)]),
        ("DTSTART;VALUE=DATE:20261001", ["2026-10-01"]),
        ("DTSTART;VALUE=DATE:20261001\nDTEND;VALUE=DATE:20261001", ["2026-10-01"]),
        ("DTSTART;VALUE=DATE:20261001\nDURATION:P2D", ["2026-10-01", "2026-10-02"]),
        ("DTSTART;VALUE=DATE:20251230\nDTEND;VALUE=DATE:20260103", ["2026-01-01", "2026-01-02"]),
        ("DTSTART;VALUE=DATE:20261230\nDTEND;VALUE=DATE:20270103", ["2026-12-30", "2026-12-31"]),
        ("DTSTART:20260930T160000Z\nDTEND:20261001T160000Z", ["2026-10-01"]),
        ("DTSTART;TZID=Asia/Shanghai:20261001T000000\nDTEND;TZID=Asia/Shanghai:20261001T235900", ["2026-10-01"]),
        ("DTSTART:20261001T000000\nDTEND:20261002T000000", ["2026-10-01"]),
        ("DTSTART;VALUE=DATE:20200501\nRRULE:FREQ=YEARLY", ["2026-05-01"]),
        ("DTSTART;VALUE=DATE:20240229\nRRULE:FREQ=YEARLY\nRDATE;VALUE=DATE:20260228", ["2026-02-28"]),
        ("DTSTART;VALUE=DATE:20200501\nRRULE:FREQ=YEARLY;UNTIL=20301231T000000Z\nRDATE;VALUE=DATE:20260505\n"
         "EXDATE;VALUE=DATE:20260501", ["2026-05-05"]),
        ("DTSTART;VALUE=DATE:20221124\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", ["2026-11-26"]),
        ("DTSTART;VALUE=DATE:20251231\nDTEND;VALUE=DATE:20260102\nRRULE:FREQ=YEARLY;COUNT=3",
         ["2026-01-01", "2026-12-31"]),
    ],
)  # fmt: skip
def test_an_event_gives_the_dates_that_it_covers_in_the_year__C15(event, days):
    assert [row[0] for row in read(f"{event}\nSUMMARY:假")] == days


def test_one_time_of_a_repeated_event_may_be_moved():
    whole = "UID:1\nDTSTART;VALUE=DATE:20200501\nRRULE:FREQ=YEARLY\nSUMMARY:劳动节"
    moved = "UID:1\nRECURRENCE-ID;VALUE=DATE:20260501\nDTSTART;VALUE=DATE:20260504\nSUMMARY:劳动节"
    assert [row[0] for row in read(whole, moved)] == ["2026-05-04"]


def test_a_byte_order_mark_folded_lines_and_escapes_are_read():
    event = "DTSTART;VALUE=DATE:20261001\nSUMMARY:国庆\n 节\\, 中秋节"
    taken = read_ics(b"\xef\xbb\xbf" + file_of(event, head="X-WR-CALNAME:2026 年放假安排\r\n"), ASKED)
    assert [day.name for day in taken.days] == ["国庆节, 中秋节"]
    assert taken.title == "2026 年放假安排"


def test_a_date_told_twice_is_one_row__C15():
    rows = read(
        "DTSTART;VALUE=DATE:20260925\nSUMMARY:中秋节",
        "DTSTART;VALUE=DATE:20260925\nSUMMARY:中秋节",
        "DTSTART;VALUE=DATE:20260925\nSUMMARY:周五",
    )
    assert rows == [("2026-09-25", "statutory", "中秋节、周五")]


def test_a_feed_that_marks_days_off_brings_only_those__C15():
    taken = read_ics(
        file_of(
            "DTSTART;VALUE=DATE:20261001\nSUMMARY:国庆节（休）",
            "DTSTART;VALUE=DATE:20261010\nSUMMARY:国庆节（班）",
            "DTSTART;VALUE=DATE:20260920\nSUMMARY:National Day (make-up working day)",
            "DTSTART;VALUE=DATE:20260501\nSUMMARY:劳动节 休",
            "DTSTART;VALUE=DATE:20260510\nSUMMARY:母亲节",
            "DTSTART;VALUE=DATE:20260312\nSUMMARY:植树节\nDESCRIPTION:Observance",
            "DTSTART;VALUE=DATE:20260405\nSUMMARY:清明节（休）\nSTATUS:CANCELLED",
        ),
        ASKED,
    )
    found = [(f"{day.date:%m-%d}", str(day.kind), day.name, day.stands_for) for day in taken.days]
    assert found == [
        ("05-01", "statutory", "劳动节", ""),
        ("09-20", "make_up", "National Day (make-up working day)", "mon"),
        ("10-01", "statutory", "国庆节", ""),
        ("10-10", "make_up", "国庆节", "fri"),
    ]
    assert [note for note in taken.notes if "母亲节" in note]
    assert len([note for note in taken.notes if "没有写明补哪一天" in note]) == 2


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ("SUMMARY:无", "缺少 DTSTART"),
        ("DTSTART:2026banana\nSUMMARY:错", "DTSTART 写法有误"),
        ("DTSTART;VALUE=DATE:20261002\nDTEND;VALUE=DATE:20261001\nSUMMARY:倒", "DTEND 早于 DTSTART"),
        ("DTSTART;VALUE=DATE:20260101\nDTEND;VALUE=DATE:20280101\nSUMMARY:长", "超过一年"),
        (
            "DTSTART;TZID=Asia/Shanghai:20261001T090000\nDTEND;TZID=Asia/Shanghai:20261001T120000\nSUMMARY:半天",
            "一天中的一段",
        ),
        ("DTSTART:20261001T000000Z\nDTEND:20261002T000000Z\nSUMMARY:伦敦的一天", "一天中的一段"),
        ("DTSTART;VALUE=DATE:20261001\nRRULE:FREQ=WEEKLY\nSUMMARY:每周", "只认每年重复"),
        ("DTSTART;VALUE=DATE:20261001\nRRULE:FREQ=YEARLY;BYHOUR=1\nSUMMARY:怪", "只认每年重复"),
        ("DTSTART;VALUE=DATE:20270101\nSUMMARY:明年", "没有 2026 年的放假日期"),
    ],
)
def test_an_event_that_says_no_day_off_is_told_where_it_stands__C15(event, told):
    message = refusal(file_of("DTSTART;VALUE=DATE:20270101\nSUMMARY:好的", event))
    assert told in message
    if "没有 2026" not in told:
        assert "feed.ics:7" in message


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"<html></html>",
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n",
        b"\xff\xfe\x00b",
        b"BEGIN:VCARD\r\nEND:VCARD\r\n",
    ],
)
def test_what_is_no_calendar_file_is_told_so(content):
    assert "iCalendar" in refusal(content) or "没有 2026" in refusal(content)


def test_a_date_that_is_off_and_worked_at_once_is_refused():
    assert "既放假又上班" in refusal(
        file_of("DTSTART;VALUE=DATE:20261010\nSUMMARY:国庆（休）", "DTSTART;VALUE=DATE:20261010\nSUMMARY:国庆（班）")
    )


@pytest.mark.parametrize("english", [False, True])
def test_what_is_written_reads_back_as_the_same_days__C15(english):
    holidays = HolidaySet.objects.get(country="CN", year=2026)
    taken = read_ics(write_ics(holidays, title="中国大陆 2026", english=english), ASKED)
    kept = [(row.date, row.kind, row.name, row.name_en, row.stands_for) for row in holidays.dates.all()]
    assert [(day.date, day.kind, day.name, day.name_en, day.stands_for) for day in taken.days] == kept
    assert taken.notes == []


def test_a_calendar_is_written_with_the_dates_that_are_not_as_usual():
    version = CalendarVersion.objects.current().get(code="kingdee-5x8")
    text = export_calendar(version).decode().replace("\r\n ", "")
    assert text.count("BEGIN:VEVENT") == len(version.spec["closed_dates"])
    assert "DTSTART;VALUE=DATE:20261001\r\nDTEND;VALUE=DATE:20261002" in text
    assert "SUMMARY:国庆节 休息" in text
    assert calendar_named("kingdee-5x8").reasons["2026-10-01"]["source"].split("《")[0] in text
    assert "SUMMARY:National Day" in export_calendar(version, english=True).decode()
    assert date(2026, 10, 1).isoformat() in version.spec["closed_dates"]
