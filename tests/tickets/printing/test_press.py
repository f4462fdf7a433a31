"""Print: right Chinese type on a bare machine, nothing read as markup, nothing without a limit."""

import io
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from tickets.printing import press
from tickets.printing.press import PrintingError, own_characters, print_pdf

WORDS = "正文，“引号”，（括号）。Latin 混排 2026 年 11 月。\n\n第二段《系统运营报告》；喆堃珺玥镕，臺灣繁體。"
CONTENT: dict[str, Any] = {
    "title": "服务报告",
    "made_on": "2026-11-22",
    "heading": "系统运营",
    "words": WORDS,
    "heads": ["名称", "件数"],
    "rows": [["总账", "1,234"]],
}
LATE = "#for a in range(9999) { for b in range(9999) { for c in range(9999) {} } }"


@pytest.fixture(autouse=True)
def with_sample(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Let the press find a template that uses every part of the frame once."""
    shutil.copytree(press.TEMPLATES, tmp_path, dirs_exist_ok=True)
    shutil.copy(Path(__file__).parent / "sample.typ", tmp_path)
    monkeypatch.setattr(press, "TEMPLATES", tmp_path)
    return tmp_path


def pages(pdf: bytes) -> list[str]:
    return [re.sub(r"\s+", "", page.extract_text()) for page in PdfReader(io.BytesIO(pdf)).pages]


def printed(language: str = "zh", **more: Any) -> bytes:
    return print_pdf("sample", CONTENT | more, language=language)


def fonts(pdf: bytes) -> dict[str, bool]:
    """Return the fonts of a document, and whether each is inside it."""
    found = {}
    for page in PdfReader(io.BytesIO(pdf)).pages:
        for font in page["/Resources"]["/Font"].values():
            inner = font["/DescendantFonts"][0]["/FontDescriptor"]
            found[font["/BaseFont"].split("+")[-1]] = any(f"/FontFile{kind}" in inner for kind in ("", "2", "3"))
    return found


def test_chinese_words_can_be_read_out_of_the_document__K13() -> None:
    (text,) = pages(printed())
    assert "正文，“引号”，（括号）。Latin混排2026年11月。" in text
    assert "第二段《系统运营报告》；喆堃珺玥镕，臺灣繁體。" in text
    assert "第1页，共1页" in text


def test_english_pages_are_numbered_in_english__K13() -> None:
    (text,) = pages(printed("en"))
    assert "Page1of1" in text
    assert "第" not in text.replace("第二段", "")


def test_type_is_inside_the_document_and_is_ours() -> None:
    own = {"ShouyueSansSC-Regular-Identity-H": True, "ShouyueSansSC-Bold-Identity-H": True}
    assert fonts(printed()) == own


def test_document_is_tagged_dated_and_in_its_language() -> None:
    document = PdfReader(io.BytesIO(printed()))
    assert document.trailer["/Root"]["/Lang"].startswith("zh")
    assert document.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert document.metadata is not None
    assert document.metadata.title == "服务报告"
    assert str(document.metadata.creation_date)[:10] == "2026-11-22"
    assert [entry.title for entry in document.outline] == ["系统运营"]


def test_same_content_gives_the_same_bytes() -> None:
    assert printed() == printed()


def test_markup_in_content_is_shown_as_it_is() -> None:
    markup = ["#panic()", "$x^2$", "*粗*_斜_", "=题", '#read("/etc/passwd")', "<label>@see", "\\u{41}", "//注/**/"]
    rows = [[one, one] for one in markup]
    (text,) = pages(printed(title="".join(markup), heading="".join(markup), words="\n".join(markup), rows=rows))
    text = text.replace("\u200b", "")  # where a long word may break
    assert [text.count(one) for one in markup] == [5] * len(markup)


def test_long_table_repeats_its_head_on_each_page() -> None:
    texts = pages(printed(rows=[[f"第{place}行", str(place)] for place in range(120)]))
    assert len(texts) > 2
    assert all("名称件数" in text for text in texts)


def test_characters_that_our_type_lacks_never_stop_a_document() -> None:
    assert len(pages(printed(words="𠮷野家 㐀 龘 한글 😀 \u200b零宽 \ue000"))) == 1


def test_what_is_no_character_is_left_out() -> None:
    (text,) = pages(printed(words="前\x00\x07\ud800\u202e\ufffe后"))
    assert "前后" in text


def test_picture_carries_chinese_labels() -> None:
    picture = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 20"><text x="5" y="15">达成率</text></svg>'
    pdf = print_pdf("sample", CONTENT | {"pictures": ["kept.svg"]}, language="zh", files={"kept.svg": picture.encode()})
    assert "达成率" in "".join(pages(pdf))


def test_content_beyond_the_limit_is_refused() -> None:
    with pytest.raises(PrintingError, match="bytes of content"):
        printed(words="长" * 2_000_000)


@pytest.mark.parametrize("name", ["../secret.svg", "/etc/passwd", "a.typ", "a.svg\n", ".svg"])
def test_picture_cannot_be_put_elsewhere(name: str) -> None:
    with pytest.raises(PrintingError, match="no name for a picture"):
        print_pdf("sample", CONTENT, language="zh", files={name: b""})


@pytest.mark.parametrize("name", ["missing", "../press", "_frame.typ", ""])
def test_template_that_is_not_ours_is_refused(name: str) -> None:
    with pytest.raises(PrintingError, match="No template"):
        print_pdf(name, CONTENT, language="zh")


def test_document_that_takes_too_long_is_ended(with_sample: Path) -> None:
    (with_sample / "late.typ").write_text(LATE)
    with pytest.raises(PrintingError, match="not set within"):
        print_pdf("late", CONTENT, language="zh", patience=0.5)


def test_document_that_takes_too_much_is_ended(with_sample: Path) -> None:
    (with_sample / "large.typ").write_text('#("长" * 600000000).len()')
    with pytest.raises(PrintingError, match="large"):
        print_pdf("large", CONTENT, language="zh")


def test_template_reads_nothing_outside_of_its_folder(with_sample: Path) -> None:
    (with_sample / "curious.typ").write_text('#read("/../../etc/passwd")')
    with pytest.raises(PrintingError, match="curious"):
        print_pdf("curious", CONTENT, language="zh")


def test_what_does_not_fit_is_said_in_words() -> None:
    with pytest.raises(PrintingError, match=r"sample: dictionary does not contain key .heading."):
        print_pdf("sample", {"title": "一", "made_on": "2026-11-22"}, language="zh")


def test_names_of_people_need_no_fonts_of_the_machine() -> None:
    assert own_characters().issuperset("镕喆堃珺玥昇臺灣邨 €№√“”‘’—…·×≤≥")
    assert not own_characters().issuperset("𠮷")
