"""Days off as people paste them: a published notice word for word, rows of a table, lines of special hours."""

import pytest

from sla.holidays.package import year_from_package
from sla.holidays.pasted import read_pasted, read_special, special_lines
from sla.rules.reading import ReadingError

NOTICE_2026 = """经国务院批准，现将2026年元旦、春节等节日放假调休日期的具体安排通知如下。
一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
二、春节：2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。
三、清明节：4月4日（周六）至6日（周一）放假，共3天。
四、劳动节：5月1日（周五）至5日（周二）放假调休，共5天。5月9日（周六）上班。
五、端午节：6月19日（周五）至21日（周日）放假，共3天。
六、中秋节：9月25日（周五）至27日（周日）放假，共3天。
七、国庆节：10月1日（周四）至7日（周三）放假调休，共7天。9月20日（周日）、10月10日（周六）上班。
节假日期间，各地区、各部门要妥善安排好值班和安全、保卫等工作。
"""


def statutory(year):
    return year_from_package("CN", "", year, breaks="statutory").dates


def pasted(text, year=2027):
    return read_pasted(text, year, statutory(year))


def test_the_words_of_a_published_notice_give_the_published_days__C12_Y17():
    assert read_pasted(NOTICE_2026, 2026, statutory(2026)) == list(year_from_package("CN", "", 2026).dates)


def test_a_notice_for_next_year_is_read_as_soon_as_it_is_out__C13():
    new_year = "1、元旦：2027年1月1日（周五）至3日（周日）放假，共3天。"
    text = f"{new_year}\n2、春节：2月5日至12日放假调休，共8天。2月20日、2月21日上班。"
    found = {str(day.date): (str(day.kind), day.stands_for) for day in pasted(text)}
    assert found["2027-01-01"] == ("statutory", "")
    assert found["2027-01-02"] == ("weekend_in_break", "")
    assert found["2027-02-11"] == ("swapped_off", "")
    assert found["2027-02-20"] == ("make_up", "thu")
    assert found["2027-02-21"] == ("make_up", "fri")
    assert len(found) == 13


def test_rows_without_a_header_are_told_by_their_own_lines():
    with pytest.raises(ReadingError) as refused:
        pasted("2027-01-01,法定节假日,元旦\n2027-01-01,法定节假日,又一次\n2027-01-02,假期,元旦")
    told = [(problem.line, problem.message) for problem in refused.value.problems]
    kinds = "、".join(sorted(("法定节假日", "调休放假", "假期内周末", "调休上班")))
    assert told == [(2, "2027-01-01 在第 1 行已经出现过。"), (3, f"不认识“假期”。可用：{kinds}。")]


def test_a_header_may_be_chinese():
    assert [day.name for day in pasted("日期,类别,名称,英文名称,补哪一天\n2027-01-01,法定节假日,元旦,,")] == ["元旦"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("一、元旦：放假。", "没有看懂哪几天放假"),
        ("一、元旦：2月30日放假。", "没有“2月30日”这一天"),
        ("一、元旦：1月3日至1日放假。", "先后反了"),
        ("一、元旦：1月1日至6日放假调休。1月9日上班。", "数目不等"),
        ("一、元旦：1月1日至4日放假调休。1月9日上班。\n二、再来：1月4日放假调休。1月10日上班。", "已经出现过"),
    ],
)
def test_a_notice_that_cannot_be_understood_is_told_by_line(text, told):
    with pytest.raises(ReadingError) as refused:
        pasted(text)
    assert told in str(refused.value)
    assert refused.value.problems[0].line == (2 if "再来" in text else 1)


def test_two_paragraphs_may_name_the_same_statutory_day():
    found = pasted("一、元旦：1月1日放假。\n二、新年：1月1日至2日放假。")
    assert [(day.date.day, str(day.kind)) for day in found] == [(1, "statutory"), (2, "weekend_in_break")]


@pytest.mark.parametrize("head", ["", "date,kind,name,name_en,stands_for\n"])
def test_rows_are_pasted_with_their_header_or_without(head):
    found = pasted(head + "2027-01-01,statutory,元旦,New Year's Day,\n2027-01-09,make_up,元旦调休上班,,fri")
    assert [(str(day.date), day.stands_for) for day in found] == [("2027-01-01", ""), ("2027-01-09", "fri")]


def test_a_wrong_row_is_told_by_the_line_that_was_pasted():
    with pytest.raises(ReadingError) as refused:
        pasted("2027-01-01,statutory,元旦\n2027-01-02,holiday,错")
    assert [(problem.line, problem.field) for problem in refused.value.problems] == [(2, "kind")]


def test_special_hours_are_written_a_line_each__C14():
    text = "2026-12-31 08:30-12:00,13:00-15:00 元旦前夕 | New Year's Eve\n\n2027-02-05至2027-02-07 休息 春节\n"
    rows = read_special(text)
    assert [(row["date"], row["hours"], row["name"], row["name_en"]) for row in rows] == [
        ("2026-12-31", [["08:30", "12:00"], ["13:00", "15:00"]], "元旦前夕", "New Year's Eve"),
        *[(f"2027-02-0{day}", [], "春节", "Spring Festival") for day in (5, 6, 7)],
    ]
    assert read_special(special_lines(rows)) == rows


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("2026-12-31", "应写作"),
        ("明天 08:30-12:00 元旦前夕", "应写作"),
        ("2026-02-30 休息 无", "没有“2026-02-30”这一天"),
        ("2026-12-31至2026-12-30 休息 倒", "先后反了"),
        ("2026-12-31 25:00-26:00 错", "没有 25:00"),
        ("2026-12-31 12:00 错", "读不懂"),
        ("2026-12-31 21:00-02:00 夜班", "不能过零点"),
    ],
)
def test_special_hours_that_cannot_be_are_told_by_line(line, told):
    with pytest.raises(ReadingError) as refused:
        read_special(f"2026-12-30 休息 好\n{line}")
    assert told in str(refused.value)
    assert refused.value.problems[0].line == 2
