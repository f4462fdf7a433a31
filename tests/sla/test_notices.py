"""Holiday notices: what is refused and why, and that one that is applied is in force at once. Y17"""

from datetime import date

import pytest

from sla.changing.notices import Posting, apply, discard, post, preview
from sla.composing import hours_of
from sla.models import CalendarVersion, HolidayNotice, HolidaySet, Recompute
from sla.refusals import ActionRefusedError
from tests.clocks import AGENT
from tests.hours import beijing
from tests.world import plans

pytestmark = pytest.mark.django_db

NOW = beijing("2026-11-22 10:00")
TITLE = "关于2027年部分节假日安排的通知"
NEW_YEAR = {"date": "2027-01-01", "kind": "statutory", "name": "元旦", "name_en": "New Year's Day"}
MONDAY_OFF = {
    "date": "2027-01-04",
    "kind": "swapped_off",
    "name": "元旦（调休）",
    "name_en": "New Year's Day (swapped)",
}
MAKE_UP = {
    "date": "2027-01-09", "kind": "make_up", "name": "元旦调休上班", "name_en": "Make-up day", "stands_for": "mon",
}  # fmt: skip
SHORT_EVE = {"date": "2026-12-31", "hours": [["08:30", "15:00"]], "name": "年末早闭", "name_en": "Early close"}


@pytest.fixture(autouse=True)
def catalogue():
    plans()


def year_notice(*dates, **more) -> Posting:
    said = {"title": TITLE, "source": "国办发明电〔2026〕9号", "country": "CN", "year": 2027} | more
    return Posting(**said, dates=dates)


def day_notice(*dates, **more) -> Posting:
    said = {"title": "服务时间调整", "source": "友户通公告 12", "calendar": "yonsuite-7x12"} | more
    return Posting(**said, dates=dates)


def current(code: str) -> CalendarVersion:
    return CalendarVersion.objects.current().get(code=code)


def test_a_posted_notice_is_a_draft_and_changes_nothing__Y17():
    before = current("kingdee-5x8").version
    notice = post(posting=year_notice(NEW_YEAR, MONDAY_OFF), actor=AGENT, at=NOW)
    assert (notice.state, notice.posted_by, notice.posted_at) == ("draft", AGENT.display, NOW)
    assert current("kingdee-5x8").version == before
    days = {(day.code, day.date): (day.before, day.after) for day in preview(notice).days(at=NOW)}
    hours = [("08:30", "12:00"), ("13:00", "17:30")]
    assert days["kingdee-5x8", date(2027, 1, 4)] == (hours, [])
    assert ("kingdee-5x8", date(2027, 1, 1)) not in days  # was shut by the assumed rules already
    assert HolidaySet.objects.get(country="CN", year=2027).status == "assumed"


def test_an_applied_notice_is_in_force_in_every_calendar_that_follows_its_country__Y17():
    notice = post(posting=year_notice(NEW_YEAR, MONDAY_OFF, MAKE_UP), actor=AGENT, at=NOW)
    version = current("kingdee-5x8").version
    apply(notice=notice, actor=AGENT, at=NOW)
    notice.refresh_from_db()
    assert (notice.state, notice.applied_by, notice.applied_at) == ("applied", AGENT.display, NOW)
    year = HolidaySet.objects.get(country="CN", year=2027)
    assert (year.status, year.source, year.dates.count()) == ("published", "国办发明电〔2026〕9号", 3)
    saved = current("kingdee-5x8")
    assert saved.version == version + 1
    assert 2027 not in saved.assumed_years
    assert saved.reasons["2027-01-04"]["source"] == "国办发明电〔2026〕9号"
    changed = {row["date"]: row for row in notice.changes if row["calendar"] == "kingdee-5x8"}
    assert (changed["2027-01-04"]["from"], changed["2027-01-04"]["after"]) == (version, [])
    works = Recompute.objects.filter(notice=notice)
    following = [
        row for row in CalendarVersion.objects.current() if (row.rules["holidays"] or {}).get("country") == "CN"
    ]
    assert {work.code for work in works} == {row.code for row in following}
    assert {(work.cause, work.actor_display) for work in works} == {(TITLE, AGENT.display)}


def test_a_notice_of_one_calendar_adds_its_hours_and_touches_no_other__Y17():
    notice = post(posting=day_notice(SHORT_EVE), actor=AGENT, at=NOW)
    assert list(preview(notice).calendars) == ["yonsuite-7x12"]
    apply(notice=notice, actor=AGENT, at=NOW)
    (row,) = hours_of(current("yonsuite-7x12")).rules["special"]
    assert (row["date"], row["hours"], row["source"]) == ("2026-12-31", [["08:30", "15:00"]], "友户通公告 12")
    assert [work.code for work in Recompute.objects.all()] == ["yonsuite-7x12"]


@pytest.mark.parametrize(
    ("posting", "code"),
    [
        (year_notice(), "notice_empty"),
        (year_notice(NEW_YEAR, title="  "), "title_missing"),
        (year_notice(NEW_YEAR, NEW_YEAR), "date_twice"),
        (year_notice({**NEW_YEAR, "date": "2027-02-30"}), "bad_date"),
        (year_notice({**NEW_YEAR, "date": "2026-12-31"}), "other_year"),
        (year_notice({**NEW_YEAR, "kind": "holiday"}), "bad_kind"),
        (year_notice({**NEW_YEAR, "name": ""}), "name_missing"),
        (year_notice({**MAKE_UP, "stands_for": ""}), "stands_for"),
        (year_notice({**NEW_YEAR, "date": "2025-01-01"}, year=2025), "past"),
        # The National Day of this year is over: it cannot become a working day now.
        (year_notice({**NEW_YEAR, "date": "2026-12-31"}, year=2026), "past"),
        (day_notice(SHORT_EVE, calendar="nowhere"), "unknown_calendar"),
        (day_notice({**SHORT_EVE, "date": "2026-11-21"}), "past"),
        (day_notice({**SHORT_EVE, "hours": [["08:30", "15:00"], ["14:00", "16:00"]]}), "bad_hours"),
        (day_notice({**SHORT_EVE, "hours": [["15:00", "08:30"]]}), "bad_hours"),
        (day_notice({**SHORT_EVE, "hours": [["08:30", "20:30"]]}), None),
    ],
)
def test_what_a_notice_may_not_say_is_refused_with_a_way_on(posting, code):
    if code is None:
        assert post(posting=posting, actor=AGENT, at=NOW).pk
        return
    with pytest.raises(ActionRefusedError) as caught:
        post(posting=posting, actor=AGENT, at=NOW)
    assert caught.value.code == code
    assert caught.value.message
    assert caught.value.ways_on
    assert not HolidayNotice.objects.exists()


def test_a_notice_is_applied_once():
    notice = post(posting=day_notice(SHORT_EVE), actor=AGENT, at=NOW)
    apply(notice=notice, actor=AGENT, at=NOW)
    for again in (apply, discard):
        with pytest.raises(ActionRefusedError) as caught:
            again(notice=notice, actor=AGENT, at=NOW)
        assert caught.value.code == "notice_done"
    assert Recompute.objects.count() == 1


def test_the_same_notice_posted_again_has_nothing_to_change():
    apply(notice=post(posting=year_notice(NEW_YEAR, MONDAY_OFF), actor=AGENT, at=NOW), actor=AGENT, at=NOW)
    with pytest.raises(ActionRefusedError) as caught:
        post(posting=year_notice(NEW_YEAR, MONDAY_OFF), actor=AGENT, at=NOW)
    assert caught.value.code == "nothing_changes"


def test_a_date_with_hours_of_its_own_is_not_overwritten():
    apply(notice=post(posting=day_notice(SHORT_EVE), actor=AGENT, at=NOW), actor=AGENT, at=NOW)
    with pytest.raises(ActionRefusedError) as caught:
        post(posting=day_notice({**SHORT_EVE, "hours": []}), actor=AGENT, at=NOW)
    assert caught.value.code == "date_taken"


def test_two_drafts_do_not_speak_of_the_same_date():
    first = post(posting=day_notice(SHORT_EVE), actor=AGENT, at=NOW)
    with pytest.raises(ActionRefusedError) as caught:
        post(posting=day_notice(SHORT_EVE, title="另一份"), actor=AGENT, at=NOW)
    assert caught.value.code == "drafted_twice"
    discard(notice=first, actor=AGENT, at=NOW)
    assert post(posting=day_notice(SHORT_EVE, title="另一份"), actor=AGENT, at=NOW).pk


def test_a_draft_that_lay_until_its_dates_were_past_is_not_applied():
    notice = post(posting=day_notice(SHORT_EVE), actor=AGENT, at=NOW)
    with pytest.raises(ActionRefusedError) as caught:
        apply(notice=notice, actor=AGENT, at=beijing("2027-01-02 09:00"))
    assert caught.value.code == "past"


def test_an_amendment_of_the_running_year_changes_only_days_to_come():
    known = HolidaySet.objects.get(country="CN", year=2026)
    rows = [
        {
            "date": str(day.date),
            "kind": day.kind,
            "name": day.name,
            "name_en": day.name_en,
            "stands_for": day.stands_for,
        }
        for day in known.dates.all()
    ]
    extra = {"date": "2026-12-31", "kind": "swapped_off", "name": "元旦（调休）", "name_en": "New Year (swapped)"}
    notice = post(posting=year_notice(*rows, extra, year=2026), actor=AGENT, at=NOW)
    assert {day.date for day in preview(notice).days(at=NOW)} == {date(2026, 12, 31)}


@pytest.mark.parametrize(
    ("posting", "words"),
    [
        (day_notice({**SHORT_EVE, "date": "9999-12-31"}), "9999-12-31 太远了"),
        (year_notice(NEW_YEAR, published_on=date(2027, 3, 1)), "发布日期 2027-03-01 还没有到"),
    ],
)
def test_slips_of_the_pen_are_refused(posting, words):
    with pytest.raises(ActionRefusedError, match=words):
        post(posting=posting, actor=AGENT, at=NOW)


def test_dates_keep_the_source_in_both_languages__Y17():
    posting = day_notice(SHORT_EVE, title_en="New hours", source_en="Bulletin 12")
    apply(notice=post(posting=posting, actor=AGENT, at=NOW), actor=AGENT, at=NOW)
    version = current("yonsuite-7x12")
    assert version.reasons["2026-12-31"]["source_en"] == "Bulletin 12"
    assert (version.cause, version.cause_en) == ("服务时间调整", "New hours")
