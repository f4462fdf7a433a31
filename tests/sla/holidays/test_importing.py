"""Taking a year in: shown before it is done, done once, and never over what people typed in without their word."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from django.core.management import CommandError, call_command

from plans.loading import load
from sla.actions import put_calendars, put_holidays
from sla.actors import Actor
from sla.composing import Day
from sla.holidays.importing import difference, import_year
from sla.holidays.package import year_from_package
from sla.models import CalendarVersion, HolidaySet, Recompute
from sla.refusals import ActionRefusedError
from sla.timeline import ActorKind

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
WHO = Actor(ActorKind.AGENT, "user:1", "郑经理")
EXTRA = Day(date(2027, 1, 4), "swapped_off", "元旦（调休）", "New Year's Day (swapped)")


def published(**more):
    """Return China's 2027 with one more day off, as a notice might bring it."""
    year = year_from_package("CN", "", 2027)
    dates = tuple(sorted((*year.dates, EXTRA), key=lambda day: day.date))
    return replace(year, status="published", source="国办发明电〔2026〕9号", dates=dates, **more)


def take_in(year, **more):
    return [
        (change.code, str(change.outcome))
        for change in import_year(year=year, actor=WHO, at=AT, **more)
        if change.outcome != "unchanged"
    ]


def kept():
    return HolidaySet.objects.get(country="CN", year=2027)


def test_what_would_change_is_shown_date_by_date():
    year = published()
    changed = replace(year, dates=tuple(
        replace(day, name_en="New Year") if day.date == date(2027, 1, 1) else day
        for day in year.dates if day.date != date(2027, 10, 5)
    ))  # fmt: skip
    found = difference(changed)
    assert [(str(row.date), str(row.sign), row.fields) for row in found.rows] == [
        ("2027-01-01", "changed", ["name_en"]), ("2027-01-04", "added", []), ("2027-10-05", "removed", []),
    ]  # fmt: skip
    assert found.same == kept().dates.count() - 2
    assert not found.is_empty
    assert not any(row.is_by_hand for row in found.rows)


def test_taking_a_year_in_makes_new_versions_and_sends_them_to_open_deadlines__C13_C15():
    before = Recompute.objects.count()
    assert take_in(published()) == [
        ("CN 2027", "changed"), ("kingdee-5x8", "new_version"), ("kingdee-7x8", "new_version"),
    ]  # fmt: skip
    version = CalendarVersion.objects.current().get(code="kingdee-5x8")
    assert "2027-01-04" in version.spec["closed_dates"]
    assert version.cause == "导入中国大陆 2027 年节假日"
    assert version.cause_en == "Holidays of Mainland China 2027 imported"
    assert Recompute.objects.count() == before + 2
    assert take_in(published()) == []
    assert HolidaySet.objects.filter(country="CN", year=2027).count() == 1


def test_a_package_that_says_the_same_changes_nothing__C15():
    for place in (("CN", ""), ("MY", "14"), ("VN", "")):
        for year in (2026, 2027):
            assert difference(year_from_package(*place, year)).is_empty
    assert take_in(year_from_package("MY", "14", 2026)) == []


def test_what_people_typed_in_is_shown_and_not_overwritten_without_their_word():
    put_holidays(years=[published(origin=HolidaySet.Origin.NOTICE)])
    found = difference(year_from_package("CN", "", 2027))
    assert [(str(row.date), row.is_by_hand) for row in found.rows] == [("2027-01-04", True)]
    assert (found.overwrites_by_hand, found.loses_notice) == (True, True)
    with pytest.raises(ActionRefusedError, match="人工录入") as refused:
        take_in(year_from_package("CN", "", 2027))
    assert refused.value.code == "kept_by_hand"
    assert kept().source == "国办发明电〔2026〕9号"
    assert ("CN 2027", "changed") in take_in(year_from_package("CN", "", 2027), overwrite=True)


def test_a_published_year_does_not_become_assumed_by_accident():
    put_holidays(years=[published(origin=HolidaySet.Origin.PACKAGE)])
    with pytest.raises(ActionRefusedError, match="已经公布"):
        take_in(year_from_package("CN", "", 2027))


def test_who_confirms_what_is_no_longer_so_is_told():
    seen = difference(published()).seen
    put_holidays(years=[replace(published(), source="另一份通知")])
    with pytest.raises(ActionRefusedError, match="有人改过") as refused:
        take_in(published(), seen=seen, overwrite=True)
    assert refused.value.code == "changed_meanwhile"


def test_reading_the_shipped_files_again_leaves_alone_what_people_took_in__C15():
    put_holidays(years=[published(origin=HolidaySet.Origin.NOTICE)])
    put_calendars(calendars=())
    changes = {(change.code, str(change.outcome)) for change in load() if change.outcome != "unchanged"}
    assert changes == {("CN 2027", "kept")}
    assert kept().dates.filter(date=EXTRA.date).exists()


def command(*words, **options):
    out = io.StringIO()
    call_command("import_holidays", *words, stdout=out, **options)
    return out.getvalue()


def test_the_command_shows_asks_and_writes__C15(tmp_path, monkeypatch):
    path = tmp_path / "notice.csv"
    path.write_text("date,kind,name\n2027-01-01,statutory,元旦\n2027-01-04,swapped_off,元旦\n")
    words = ("--country", "CN", "--year", "2027", "--from", str(path), "--source", "国办 9 号")
    monkeypatch.setattr("builtins.input", lambda _words: "n")
    shown = command(*words)
    assert "+ 2027-01-04 调休放假 元旦" in shown
    assert "- 2027-02-05 法定节假日 农历除夕" in shown
    assert "kingdee-5x8 2027-01-04: 08:30–12:00 13:00–17:30 → 休息" in shown
    assert shown.endswith("未写入。\n")
    assert kept().status == "assumed"
    assert "new_version calendar kingdee-5x8" in command(*words, "--yes")
    assert (kept().status, kept().source, kept().origin) == ("published", "国办 9 号", "file")
    assert "没有变化。" in command(*words, "--yes")


def test_nobody_at_the_terminal_has_not_confirmed(monkeypatch):
    def nobody(_words):
        raise EOFError

    monkeypatch.setattr("builtins.input", nobody)
    shown = command("--country", "MY", "--subdivision", "14", "--year", "2028")
    assert "未写入" in shown
    assert not HolidaySet.objects.filter(year=2028).exists()


def test_the_command_takes_a_state_in_from_the_package():
    assert "added holidays MY-14 2028" in command("--country", "my", "--subdivision", "14", "--year", "2028", "--yes")
    assert HolidaySet.objects.get(year=2028).status == "assumed"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--country", "XX", "--year", "2027"), "没有 XX 的数据"),
        (("--country", "MY", "--year", "2027"), "要写明下级区域"),
        (("--country", "CN", "--year", "2027", "--from", "/nowhere.csv"), "No such file"),
        (("--country", "CN", "--year", "x"), "年份应为"),
    ],
)
def test_what_the_command_cannot_do_it_says(words, told):
    with pytest.raises(CommandError, match=told):
        command(*words)


def test_the_command_overwrites_by_hand_rows_only_when_told():
    put_holidays(years=[published(origin=HolidaySet.Origin.NOTICE)])
    words = ("--country", "CN", "--year", "2027", "--yes")
    with pytest.raises(CommandError, match="--overwrite"):
        command(*words)
    assert "人工录入，将被覆盖" in command(*words, "--overwrite")
    assert kept().status == "assumed"


def test_a_year_is_written_as_a_shipped_file(tmp_path):
    command("--country", "SG", "--year", "2026", "--to", str(tmp_path / "sg.yaml"))
    assert [change.code for change in load([tmp_path / "sg.yaml"]) if change.outcome != "unchanged"] == []


def test_a_year_that_was_passed_over_is_assumed__C13():
    command("--country", "SG", "--year", "2029", "--yes")
    version = CalendarVersion.objects.current().get(code="yonsuite-sg")
    assert version.assumed_years[:3] == [2028, 2029, 2030]
