"""Days off of nine countries, against what their governments announced."""

import re
from datetime import date
from pathlib import Path

import pytest

from plans.loading import FIXTURES, read
from sla.holidays.package import year_from_package
from sla.holidays.places import COUNTRIES, UnknownPlaceError
from sla.holidays.written import written
from sla.models import HolidaySet

ROOT = Path(__file__).resolve().parents[3]


def days_of(country, subdivision, year, **more):
    found = year_from_package(country, subdivision, year, **more)
    return {day.date.isoformat(): day for day in found.dates}


@pytest.mark.parametrize(
    ("country", "subdivision", "day", "name_en"),
    [
        ("CN", "", "2026-02-17", "Spring Festival"),
        ("CN", "", "2026-10-01", "National Day"),
        ("HK", "", "2026-04-03", "Good Friday"),
        ("HK", "", "2026-04-07", "The day following Easter Monday"),
        ("HK", "", "2026-05-25", "The day following the Buddha's Birthday"),
        ("HK", "", "2026-10-19", "The day following Double Ninth Festival"),
        ("HK", "", "2025-12-26", "The first weekday after Christmas Day"),
        ("MO", "", "2026-12-08", "Immaculate Conception"),
        ("MO", "", "2026-12-22", "Winter Solstice"),
        ("TW", "", "2026-02-27", "Peace Memorial Day (in lieu)"),
        ("TW", "", "2026-04-06", "Tomb-Sweeping Day (in lieu)"),
        ("TW", "", "2026-10-26", "Retrocession Day (in lieu)"),
        ("SG", "", "2025-05-03", "Polling Day"),
        ("SG", "", "2026-06-01", "Vesak Day (in lieu)"),
        ("SG", "", "2026-11-09", "Diwali (in lieu)"),
        ("VN", "", "2026-02-17", "Tet"),
        ("VN", "", "2026-08-31", "National Day (off in exchange for 2026-08-22)"),
        ("VN", "", "2026-09-02", "National Day"),
        ("TH", "", "2026-01-02", "Bridge Public Holiday"),
        ("TH", "", "2026-04-13", "Songkran Festival"),
        ("ID", "", "2026-03-20", "Eid al-Fitr joint leave"),
        ("ID", "", "2026-08-17", "Independence Day"),
        ("MY", "14", "2026-02-02", "Federal Territory Day (in lieu); Thaipusam (in lieu)"),
        ("MY", "10", "2026-12-11", "Birthday of the Sultan of Selangor"),
        ("MY", "01", "2026-03-23", "Birthday of the Sultan of Johor"),
        ("MY", "07", "2026-07-07", "George Town Heritage Day"),
        ("MY", "13", "2026-06-01", "Birthday of HM Yang di-Pertuan Agong; Dayak Festival Day"),
    ],
)
def test_offices_close_on_the_announced_day__Y19(country, subdivision, day, name_en):
    assert days_of(country, subdivision, int(day[:4]))[day].name_en == name_en


@pytest.mark.parametrize(
    ("country", "subdivision", "day", "why"),
    [
        ("HK", "", "2026-04-05", "a Sunday: the holiday is the Monday after"),
        ("TH", "", "2026-01-10", "Children's Day closes no office"),
        ("MY", "01", "2026-01-01", "New Year is no holiday in Johor"),
        ("MY", "03", "2026-02-01", "Thaipusam is none in Kelantan"),
        ("MY", "10", "2026-02-02", ""),
        ("CN", "", "2024-06-08", "the notice only calls this weekend adjoining"),
    ],
)
def test_offices_work_where_others_do_not__Y19(country, subdivision, day, why):
    found = days_of(country, subdivision, int(day[:4]))
    assert (day in found) == (why == "")


@pytest.mark.parametrize(
    ("country", "year", "worked"),
    [
        ("CN", 2026, {"2026-01-04": "fri", "2026-02-14": "fri", "2026-02-28": "mon", "2026-05-09": "tue",
                      "2026-09-20": "tue", "2026-10-10": "wed"}),
        ("TW", 2024, {"2024-02-17": "thu"}),
        ("TW", 2025, {"2025-02-08": "mon"}),
        ("TW", 2026, {}),
        ("VN", 2024, {"2024-05-04": "mon"}),
        ("VN", 2026, {"2026-08-22": "mon"}),
        ("SG", 2026, {}),
    ],
)  # fmt: skip
def test_make_up_days_stand_for_the_weekday_that_they_pay_for__C12(country, year, worked):
    found = days_of(country, "", year)
    assert {day: row.stands_for for day, row in found.items() if row.kind == "make_up"} == worked


def test_an_announced_break_holds_its_weekends__C12():
    kinds = {day: row.kind for day, row in days_of("CN", "", 2026).items() if "2026-02-14" <= day <= "2026-02-28"}
    closed = [day for day, kind in kinds.items() if kind != "make_up"]
    assert closed == [f"2026-02-{day}" for day in range(15, 24)]
    assert kinds["2026-02-15"] == kinds["2026-02-21"] == "weekend_in_break"
    tet = days_of("VN", "", 2026)
    assert {f"2026-02-{day}" for day in range(14, 23)} <= tet.keys()


def test_statutory_days_only_are_neither_swapped_nor_made_up__D2():
    found = days_of("CN", "", 2026, breaks="statutory")
    assert {row.kind for row in found.values()} == {"statutory"}
    assert "2026-10-06" not in found
    assert "2026-04-03" not in days_of("HK", "", 2026, breaks="statutory")
    assert "2026-03-20" not in days_of("ID", "", 2026, breaks="statutory")


@pytest.mark.parametrize(
    ("country", "subdivision", "year", "status"),
    [
        ("CN", "", 2026, "published"),
        ("CN", "", 2027, "assumed"),
        ("MY", "14", 2027, "published"),
        ("MY", "14", 2028, "assumed"),
        ("SG", "", 2027, "published"),
        ("SG", "", 2028, "assumed"),
        ("HK", "", 2027, "assumed"),
        ("TH", "", 2027, "assumed"),
        ("VN", "", 2027, "assumed"),
        ("ID", "", 2027, "assumed"),
    ],
)
def test_a_year_past_what_was_published_is_assumed__C13(country, subdivision, year, status):
    found = year_from_package(country, subdivision, year)
    assert found.status == status
    assert not [day for day in found.dates if "estimated" in day.name_en]
    if country == "CN" and status == "assumed":
        assert {day.kind for day in found.dates} == {"statutory"}


def test_names_do_not_follow_the_locale_of_the_process(monkeypatch):
    before = year_from_package("CN", "", 2026)
    for variable in ("LANG", "LANGUAGE", "LC_ALL"):
        monkeypatch.setenv(variable, "th_TH.UTF-8")
    assert year_from_package("CN", "", 2026) == before


@pytest.mark.django_db
@pytest.mark.parametrize("country", sorted(COUNTRIES))
def test_the_shipped_file_is_what_the_package_says_and_reads_back(country, tmp_path):
    years = [year_from_package(country, part, 2026) for part in COUNTRIES[country].parts()]
    path = tmp_path / "written.yaml"
    path.write_text(written(years))
    shipped = read([FIXTURES / "holidays" / f"{country.lower()}-2026.yaml"]).years
    assert read([path]).years == shipped
    assert [year.dates for year in shipped] == [year.dates for year in years]
    assert {year.origin for year in shipped} == {HolidaySet.Origin.SHIPPED}


def test_every_name_is_chinese_here_and_english_there():
    for country in COUNTRIES.values():
        for part in country.parts():
            for day in year_from_package(country.country, part, 2026).dates:
                assert any("一" <= sign <= "鿿" for sign in day.name), day
                assert day.name_en.isascii(), day


@pytest.mark.parametrize(
    ("country", "subdivision", "told"),
    [
        ("XX", "", "没有 XX 的数据"),
        ("MY", "", "要写明下级区域"),
        ("MY", "99", "要写明下级区域"),
        ("SG", "1", "不分下级区域"),
    ],
)
def test_a_place_that_nobody_knows_is_told_with_those_that_are(country, subdivision, told):
    with pytest.raises(UnknownPlaceError, match=told):
        year_from_package(country, subdivision, 2026)


def test_weekends_differ_by_state_and_year__Y19():
    """Johor rested on Friday and Saturday until 2024: a Saturday holiday was made good on the Sunday."""
    assert "2024-02-11" in days_of("MY", "01", 2024)
    assert date(2026, 11, 9).isoformat() in days_of("MY", "01", 2026)


def test_only_one_module_asks_the_package():
    """An upgrade of the package changes nothing until somebody imports."""
    asks = re.compile(r"""^\s*(?:import|from) holidays\b|import_module\("holidays""", re.MULTILINE)
    sources = (path for app in ("config", "plans", "sla", "tickets") for path in (ROOT / app).rglob("*.py"))
    found = [str(path.relative_to(ROOT)) for path in sources if asks.search(path.read_text())]
    assert found == ["sla/holidays/package.py"]
