"""A service report on paper: whole, in both languages, long or empty. Source: K13, Y15"""

import io
import re
from dataclasses import replace

import pytest
from django.utils import translation
from pypdf import PdfReader

from tests.tickets.printing.made_up import TITLES, empty, made_up
from tickets.reports.shape import Report, Words, from_json, to_json
from tickets.showing.report.paper import report_pdf
from tickets.showing.report.reading import SHEETS, read

HAN = re.compile("[\u4e00-\u9fff]+")


def text_of(report: Report, language: str = "zh-hans", words: str = "尊敬的客户") -> str:
    pdf = report_pdf(report, reference="R-2026-000012", words=words, language=language)
    return "".join(re.sub(r"\s+", "", page.extract_text()) for page in PdfReader(io.BytesIO(pdf)).pages)


def test_report_says_on_paper_what_it_holds__K13():
    text = text_of(made_up())
    for title in TITLES.values():
        assert title.zh in text
    for said in (
        "97.6%",
        "上期95.1%",
        "132",
        "四海重工集团股份有限公司",
        "尊敬的客户",
        "3.1.2工单首次处理动作",
        "T-2026-000101",
    ):
        assert said in text
    assert "既不算守约也不算超时" in text, "what was resolved in silence is said"
    assert "月结时凭证断号#panic()<b>粗</b>" in text, "what customers wrote is text"


def test_english_report_has_no_chinese_but_the_customers_own__K13():
    text = text_of(made_up(), "en", words="Dear customer")
    own = {"守约", "月结时凭证断号", "粗", "月末结账", "月结专题", "旗舰版", "模块", "人天"}
    assert set(HAN.findall(text)) <= own
    assert "Page1of" in text
    assert "Howpromiseswerekept" in text


def test_report_on_nothing_says_so_and_claims_nothing__K13():
    text = text_of(empty())
    assert "期内没有工单" in text
    assert "100%" not in text
    assert "—" in text


def test_sixty_modules_and_three_years_of_months_fit__K13():
    months = [f"{year}-{month:02}" for year in (2024, 2025, 2026) for month in range(1, 13)]
    long_name = Words("很长的公司名称" * 12, "A very long name of a company " * 6)
    full = made_up(months, 60)
    text = text_of(replace(full, head=replace(full.head, customer=long_name)))
    assert "模块59" in text
    assert "2024-01" in text
    assert long_name.zh in text


def test_word_without_end_breaks_instead_of_running_over_the_next_column__K13():
    full, token = made_up(), "https://erp.example/" + "0123456789abcdef" * 12
    report = replace(full, repeated=(replace(full.repeated[0], subject=token),), sections=full.sections[6:7])
    pdf = PdfReader(io.BytesIO(report_pdf(report, reference="R-2026-000012", words="", language="zh-hans")))
    pages = "".join(page.extract_text() for page in pdf.pages).replace("\u200b", "")
    assert token not in pages
    assert token in re.sub(r"\s+", "", pages)


def test_every_section_can_be_shown_alone_and_one_month_draws__K13():
    with translation.override("zh-hans"):
        for report in (made_up(), made_up(["2026-03"], 1), empty()):
            for section in report.sections:
                [sheet] = read(replace(report, sections=(section,), notes=())).sheets
                assert sheet.blocks, section.code
    assert set(SHEETS) == set(TITLES)


def test_report_that_was_kept_reads_the_same__K13():
    assert from_json(to_json(made_up())) == made_up()


@pytest.mark.parametrize(("share", "words"), [(None, "—"), (1.0, "100%"), (0.0, "0%"), (0.99999, "99.9%")])
def test_share_of_nothing_is_a_dash_and_almost_all_is_not_all__K13(share: float | None, words: str):
    full = made_up()
    report = replace(full, headlines=(replace(full.headlines[1], value=share, previous=None),))
    with translation.override("zh-hans"):
        assert read(report).figures[0].value == words
