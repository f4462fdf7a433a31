"""Calendars composed with dated holidays, as versions that never change."""

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from plans.loading import load
from sla.compiled import calendar_named
from sla.models import CalendarVersion, HolidayDate, HolidaySet
from sla.rules.reading import ReadingError
from tests.hours import beijing, local

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parent.parent.parent
VECTORS = json.loads((ROOT / "tests" / "vectors" / "public_seed_promises.json").read_text())["calendars"]
CN_2027 = (ROOT / "fixtures" / "holidays" / "cn-2027.yaml").read_text()
CALENDARS = (ROOT / "fixtures" / "calendars.yaml").read_text()


def current(code: str) -> CalendarVersion:
    return CalendarVersion.objects.current().get(code=code)


def load_text(folder: Path, text: str) -> list[str]:
    """Load one file and return what changed."""
    path = folder / "given.yaml"
    path.write_text(text)
    return sorted(f"{change.code} {change.outcome}" for change in load([path]) if change.outcome != "unchanged")


@pytest.mark.parametrize("code", ["yonsuite-7x12", "yonsuite-7x24", "kingdee-5x8", "kingdee-7x8"])
def test_calendar_equals_the_worked_example_to_the_date__K18_Y17(code):
    spec, example = current(code).spec, VECTORS[code]
    assert spec["weekly"] == example["weekly"]
    assert (spec["timezone"], spec["working_day_seconds"]) == (example["timezone"], example["working_day_seconds"])
    assert [day for day in spec["closed_dates"] if day < "2027"] == example["closed_dates"]
    assert spec["extra_open_dates"] == spec["overrides"] == []


def test_make_up_days_equal_the_worked_example_with_the_weekday_they_stand_for__C12(tmp_path):
    worked = CALENDARS.replace(
        "country: CN, breaks: whole, make_up: false", "country: CN, breaks: whole, make_up: true"
    )
    load_text(tmp_path, worked)
    extra = current("kingdee-5x8").spec["extra_open_dates"]
    assert extra == VECTORS["kingdee-5x8-makeup"]["extra_open_dates"]


@pytest.mark.parametrize(("make_up", "due"), [("true", "2026-02-24 11:30"), ("false", "2026-02-24 13:30")])
def test_make_up_saturday_counts_only_where_the_switch_says_so__C12(tmp_path, make_up, due):
    load_text(tmp_path, CALENDARS.replace("make_up: false", f"make_up: {make_up}"))
    calendar = calendar_named("kingdee-5x8").calendar
    assert calendar.due_at(beijing("2026-02-14 16:30"), timedelta(hours=4)) == beijing(due)


def test_statutory_days_only_leaves_swapped_days_open__D2(tmp_path):
    load_text(tmp_path, CALENDARS.replace("breaks: whole,", "breaks: statutory,"))
    calendar = calendar_named("kingdee-5x8").calendar
    assert not calendar.is_open(beijing("2026-10-02 10:00"))
    assert calendar.is_open(beijing("2026-10-06 10:00"))


def test_assumed_year_is_marked_and_a_notice_makes_a_new_version__C13(tmp_path):
    before = calendar_named("kingdee-5x8")
    start, budget = beijing("2026-12-31 16:00"), timedelta(hours=4)
    due = before.calendar.due_at(start, budget)
    assert due == beijing("2027-01-04 11:00")
    assert before.is_provisional(start, due)
    published = CN_2027.replace("status: assumed", "status: published") + (
        '  - {date: 2027-01-04, kind: swapped_off, name: "元旦", name_en: "New Year"}\n'
    )
    changed = load_text(tmp_path, published)
    assert changed == ["CN 2027 changed", "kingdee-5x8 new_version", "kingdee-7x8 new_version"]
    after = calendar_named("kingdee-5x8")
    assert (after.version, after.calendar.due_at(start, budget)) == (before.version + 1, beijing("2027-01-05 11:00"))
    assert not after.is_provisional(start, beijing("2027-01-05 11:00"))
    assert after.is_provisional(start, beijing("2028-01-05 11:00"))
    kept = CalendarVersion.objects.get(pk=before.pk)
    assert (kept.is_current, "2027-01-04" in kept.spec["closed_dates"]) == (False, False)


def test_each_closed_date_says_why_and_by_which_notice__Y17():
    reasons = current("kingdee-5x8").reasons
    assert reasons["2026-10-01"]["name"] == "国庆节"
    assert reasons["2026-10-01"]["name_en"] == "National Day"
    assert "国办发明电〔2025〕7号" in reasons["2026-10-01"]["source"]
    assert "推算" in reasons["2027-01-01"]["source"]


def test_dated_hours_of_a_notice_beat_the_week__Y17_C14(tmp_path):
    notice = """
    special:
      - {date: 2026-10-01, hours: [], name: 国庆节, name_en: National Day, source: 友户通 2026-09-20 放假通知}
      - {date: 2026-10-02, hours: [["09:00", "18:00"]], name: 国庆节, name_en: National Day, source: 友户通放假通知}
"""
    text = CALENDARS.replace("\n    special: []\n", notice, 1)
    assert load_text(tmp_path, text) == ["yonsuite-7x12 new_version"]
    found = calendar_named("yonsuite-7x12")
    assert found.calendar.due_at(beijing("2026-09-30 19:30"), timedelta(hours=2)) == beijing("2026-10-02 10:00")
    assert "友户通" in found.reasons["2026-10-01"]["source"]


@pytest.mark.parametrize(
    ("code", "zone", "start", "due"),
    [
        ("yonsuite-th", "Asia/Bangkok", "2026-03-02 17:30", "2026-03-04 10:30"),
        ("yonsuite-7x12", "Asia/Bangkok", "2026-03-02 17:30", "2026-03-02 19:30"),
        ("yonsuite-my", "Asia/Kuala_Lumpur", "2026-02-16 17:00", "2026-02-19 10:00"),
        ("yonsuite-th", "Asia/Bangkok", "2026-04-10 17:00", "2026-04-16 10:00"),
    ],
)
def test_two_hours_at_a_branch_follow_its_own_hours_and_holidays__Y19_C43(code, zone, start, due):
    """The third of March is Makha Bucha; Chinese New Year and Songkran close the other two."""
    calendar = calendar_named(code).calendar
    assert calendar.due_at(local(start, zone), timedelta(hours=2)) == local(due, zone)


def test_china_has_four_years_and_only_the_last_is_assumed():
    sets = HolidaySet.objects.filter(country="CN").values_list("year", "status")
    assert sorted(sets) == [(2024, "published"), (2025, "published"), (2026, "published"), (2027, "assumed")]
    assert set(HolidayDate.objects.filter(set__country="CN", set__year=2027).values_list("kind", flat=True)) == {
        "statutory"
    }


def test_half_a_working_day_is_four_hours_on_every_branch_and_kingdee_calendar__K02():
    for code in ("kingdee-5x8", "kingdee-7x8", "yonsuite-my", "yonsuite-th"):
        calendar = calendar_named(code).calendar
        start = beijing("2026-03-02 10:00")
        due = calendar.due_after_working_days(start, Decimal("0.5"), "duration")
        assert calendar.elapsed(start, due) == timedelta(hours=4)


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ('mon: [["08:30", "20:30"]]', 'mon: [["20:30", "08:30"]]', "calendars.1"),
        ('mon: [["08:30", "20:30"]]', 'mon: [["08:30", "20:30"], ["09:00", "10:00"]]', "calendars.1"),
        ('mon: [["08:30", "20:30"]]', 'moon: [["08:30", "20:30"]]', "moon: 不认识这个键。是否要写“mon”？"),
        ("timezone: Asia/Shanghai", "timezone: Asia/Shangri-La", "calendars.1"),
        ("country: CN", "country: XX", "calendars.3.holidays: 没有 XX 的节假日"),
        ("breaks: whole,", "breaks: half,", "breaks: 不认识“half”"),
        ("working_day_seconds: 43200", "working_day_seconds: 0", "应为 1 到 90000 之间的整数"),
    ],
)
def test_calendar_that_cannot_be_kept_is_refused_where_it_stands(tmp_path, right, wrong, told):
    path = tmp_path / "calendars.yaml"
    path.write_text(CALENDARS.replace(right, wrong, 1))
    with pytest.raises(ReadingError) as refused:
        load([path])
    assert told in str(refused.value)


def test_week_that_never_opens_is_refused__C33(tmp_path):
    path = tmp_path / "calendars.yaml"
    path.write_text(
        "calendars:\n"
        "  - {code: shut, name: 关, name_en: Shut, timezone: UTC, weekly: {mon: []}, working_day_seconds: 60}\n"
    )
    with pytest.raises(ReadingError, match="任何开放时间"):
        load([path])


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('  - {date: 2026-01-01, kind: statutory, name: "元旦", name_en: "x"}\n', "这一天不在 2027 年"),
        ('  - {date: 2027-01-01, kind: statutory, name: "元旦", name_en: "x"}\n', "重复"),
        ('  - {date: 2027-01-09, kind: make_up, name: "班", name_en: "x"}\n', "代替星期几"),
        ('  - {date: 2027-02-30, kind: statutory, name: "无", name_en: "x"}\n', "应为日期"),
    ],
)
def test_date_that_cannot_be_is_refused_at_its_line(tmp_path, line, told):
    path = tmp_path / "cn-2027.yaml"
    path.write_text(CN_2027 + line)
    with pytest.raises(ReadingError, match=told) as refused:
        load([path])
    assert refused.value.problems[0].line == CN_2027.count("\n") + 1
