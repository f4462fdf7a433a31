"""Days off as a table of rows: what is read, and every mistake by its line and column."""

import pytest

from sla.composing import Day
from sla.holidays.package import year_from_package
from sla.holidays.rows import read_rows, write_rows
from sla.rules.reading import ReadingError

HEADER = "date,kind,name,name_en,stands_for\n"


def rows(text: str, encoding: str = "utf-8") -> list[tuple[str, str, str, str, str]]:
    found = read_rows(text.encode(encoding), "days.csv", 2027)
    return [(str(day.date), str(day.kind), day.name, day.name_en, day.stands_for) for day in found]


def test_a_table_is_read_in_the_order_of_its_dates():
    text = HEADER + "2027-10-09,make_up,国庆节调休上班,,fri\n\n2027-10-01,statutory,国庆节,National Day,\n"
    assert rows(text) == [
        ("2027-10-01", "statutory", "国庆节", "National Day", ""),
        ("2027-10-09", "make_up", "国庆节调休上班", "国庆节调休上班", "fri"),
    ]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("\ufeffdate,kind,name\r\n2027/1/1,法定节假日,元旦\r\n", "utf-8"),
        ("date;kind;name\n2027.1.1;放假;元旦\n", "utf-8"),
        ("Date\tKind\tName\n2027-01-01\tstatutory\t元旦\n", "utf-8"),
        ("date,kind,name\n2027/1/1,休,元旦\n", "gb18030"),
    ],
)
def test_tables_as_spreadsheets_save_them_are_read(text, encoding):
    assert rows(text, encoding) == [("2027-01-01", "statutory", "元旦", "New Year's Day", "")]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("2026-10-01,statutory,国庆节,,", "days.csv:3: date: 这一天不在 2027 年"),
        ("2027-02-30,statutory,无,,", "days.csv:3: date: 应为日期"),
        ("明天,statutory,无,,", "days.csv:3: date: 应为日期"),
        (f"{9:0<30}-1-1,statutory,无,,", "days.csv:3: date: 应为日期"),
        ("2027-01-01,statutory,又一次,,", "days.csv:3: date: 2027-01-01 在第 2 行已经出现过"),
        ("2027-01-02,statutery,错,,", "days.csv:3: kind: 不认识“statutery”。是否要写“statutory”？"),
        ("2027-01-02,make_up,班,,", "days.csv:3: stands_for: 调休上班日"),
        ("2027-01-02,statutory,a\x00b,,", "days.csv:3: name: 含有不能保存的字符"),
        ("2027-01-02,statutory,休,,fri", "days.csv:3: stands_for: 调休上班日"),
        ("2027-01-02,make_up,班,,holiday", "days.csv:3: stands_for: 不认识“holiday”"),
        ("2027-01-02,statutory,,,", "days.csv:3: name: 不能为空"),
        ("2027-01-02,statutory," + "长" * 121 + ",,", "days.csv:3: name: 最长 120 个字符"),
        ("2027-01-02,statutory,多,,,,多", "days.csv:3: 这一行的格子比表头多"),
    ],
)
def test_a_mistake_is_told_by_line_and_column(line, told):
    with pytest.raises(ReadingError) as refused:
        rows(f"{HEADER}2027-01-01,statutory,元旦,,\n{line}\n")
    assert told in str(refused.value)
    assert len(refused.value.problems) == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "缺少这一列"),
        ("day,what\n1,2\n", "缺少这一列"),
        (HEADER, "没有任何日期"),
        (HEADER + "x,y,,,\nx,y,,,\n", "应为日期"),
    ],
)
def test_a_table_that_is_none_is_told_so(text, told):
    with pytest.raises(ReadingError, match=told):
        rows(text)


def test_all_mistakes_are_told_at_once():
    with pytest.raises(ReadingError) as refused:
        rows(HEADER + "x,y,,,z\n2026-01-01,statutory,早,,\n")
    assert [(problem.line, problem.field) for problem in refused.value.problems] == [
        (2, "date"), (2, "kind"), (2, "stands_for"), (2, "name"), (3, "date"),
    ]  # fmt: skip


def test_what_is_written_reads_back():
    days = list(year_from_package("CN", "", 2026).dates)
    assert read_rows(write_rows(days), "days.csv", 2026) == days


def test_a_name_that_a_spreadsheet_would_run_is_made_harmless():
    table = write_rows(
        [Day(days.date, days.kind, "=1+1", "@x") for days in year_from_package("SG", "", 2026).dates[:1]]
    )
    assert b"'=1+1,'@x" in table
