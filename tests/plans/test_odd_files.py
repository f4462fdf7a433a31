"""Plan files that nobody meant to write: each is told in plain words of the reader's language, and none does harm."""

from pathlib import Path

import pytest
from django.utils import translation

from plans.loading import load
from sla.rules.reading import ReadingError

LANHAI = (Path(__file__).parents[1] / "payloads" / "plans" / "lanhai.yaml").read_text()

pytestmark = pytest.mark.django_db


def told(path: Path, written: str | bytes) -> list[str]:
    """Return what loading a file is refused with, line by line, without its name."""
    path = path / "odd.yaml"
    path.write_bytes(written if isinstance(written, bytes) else written.encode())
    with pytest.raises(ReadingError) as refused:
        load([path])
    return [str(problem).removeprefix(f"{path}:") for problem in refused.value.problems]


@pytest.mark.parametrize(
    "written",
    ["plans: " + "[" * 100_000 + "]" * 100_000, "{a: " * 100_000 + "1" + "}" * 100_000, "- " * 100_000 + "1"],
    ids=["lists", "mappings", "dashes"],
)
def test_a_file_nested_beyond_reason_is_refused_before_it_can_end_the_process(tmp_path, written):
    assert told(tmp_path, written) == ["1: 套得太深：最多 50 层。"]


@pytest.mark.parametrize(
    ("written", "said", "english"),
    [
        (LANHAI.encode("gbk", "replace"), "文件不是 UTF-8 编码", "not UTF-8"),
        (LANHAI.replace("    rank:", "\trank:", 1), "缩进里有制表符", "a tab"),
        (LANHAI.replace("seal: ", 'seal: "', 1), "引号没有合上", "quotation mark"),
        (LANHAI.replace("vendor_name: 蓝海软件", "vendor_name: *nothing", 1), "没有这个锚点", "anchor"),
        (LANHAI.replace("vendor_name:", "vendor_name: a:", 1), "冒号", "colon"),
        (LANHAI.replace("    rank:", "   rank:", 1), "缩进", "indented"),
    ],
    ids=["gbk", "tab", "quote", "alias", "colon", "indent"],
)
def test_what_is_wrong_with_the_writing_is_told_in_the_reader_s_language(tmp_path, written, said, english):
    assert said in told(tmp_path, written)[0]
    with translation.override("en"):
        message = told(tmp_path, written)[0]
    assert english in message
    assert message.isascii()


def test_the_line_where_the_encoding_breaks_is_told(tmp_path):
    assert told(tmp_path, b"vendor: a\nvendor_name: \xff\n")[0].startswith("2: ")


@pytest.mark.parametrize("span", ["L9-L1", "L09-L01", "01-09"])
def test_a_wrong_span_of_promises_is_one_mistake_not_one_an_item(tmp_path, span):
    found = told(tmp_path, LANHAI.replace("promises: L01-L", f"promises: {span} # L01-L", 1))
    assert len(found) == 1
    assert "promises: 应写作首尾两个承诺编号" in found[0]


def test_a_mistyped_vendor_is_not_told_again_for_each_of_its_products(tmp_path):
    found = told(tmp_path, LANHAI.replace("vendor: lanhai\n", "vendors: lanhai\n", 1))
    assert [line for line in found if "已是" in line or ": products" in line] == []
    assert "是否要写“vendor”？" in found[0]


def test_missing_value_is_told_once(tmp_path):
    found = told(tmp_path, LANHAI.replace("vendor_name: 蓝海", "vendor_name: # 蓝海", 1))
    assert [line.partition(": ")[2] for line in found] == ["vendor_name: 应为单个值。"]


def test_each_stage_has_a_code_or_none_has(tmp_path):
    stages = "stages: [报名, 参加]\n        stages_en: [Enrol, Attend]\n        stage_codes: [enrol]\n        section:"
    found = told(tmp_path, LANHAI.replace("section:", stages, 1))
    assert ["与 stages 的条数不同：1 和 2。" in line for line in found] == [True]


def test_what_is_counted_in_whole_things_is_granted_in_whole_things(tmp_path):
    found = told(tmp_path, LANHAI.replace("section:", "quota: {amount: 4.5, unit: times}\n        section:", 1))
    assert ["quota.amount: 应为整数；只有 person_days 可以有小数。" in line for line in found] == [True]


def test_what_is_owed_is_followed_by_a_policy_of_delivery(tmp_path):
    owed = "frequency: [{times: 1, period: year, what: 报告, what_en: Report, policy: lanhai-ticket}]\n        section:"
    found = told(tmp_path, LANHAI.replace("section:", owed, 1))
    assert ["frequency.1.policy: 按期交付的响应标准须有 delivery 时限" in line for line in found] == [True]


def test_words_are_joined_by_commas_in_english(tmp_path):
    with translation.override("en"):
        found = told(tmp_path, LANHAI.replace("    rank:", "    ranks:", 1))
    assert 'Did you mean "rank"? Use one of: ' in found[0]
    assert "、" not in "".join(found)


def test_wrong_hours_are_told_in_one_language(tmp_path):
    found = told(tmp_path, LANHAI.replace("Asia/Shanghai", "Asia/Peking", 1))
    assert "没有这个时区" in found[0]
    assert "No such" not in found[0]
