"""Which subjects tell the same problem."""

from datetime import UTC, datetime

import pytest

from tickets.reports.figures.repeating import Problem, grouped, pairs_of

AT = datetime(2026, 9, 1, tzinfo=UTC)


def problem(text: str, count: int = 1, product: int = 1) -> Problem:
    return Problem((product, text), count, AT, text, "", [f"T-{text}"])


def groups(*problems: Problem, merged: list[tuple[str, str]] | None = None) -> list[list[str]]:
    keys = [((1, one), (1, other)) for one, other in merged or []]
    return [[one.key[1] for one in group] for group in grouped(problems, keys)]


@pytest.mark.parametrize(("one", "other", "alike"), [
    ("凭证打印报错", "打印凭证报错", True),
    ("月末结账报错", "结账月末报错", True),
    ("月末结账报错", "月末结账报错怎么办", True),
    ("月末结账报错", "报表取数慢", False),
    ("采购订单审批流卡住", "销售订单审批流卡住", True),
    ("接口超时", "接口地址在哪里配置", False),
    ("a", "a", True),
    ("", "x", False),
])  # fmt: skip
def test_subjects_are_alike_by_pairs_of_letters(one: str, other: str, alike: bool):
    found = groups(problem(one, 2), problem(other))
    assert (len(found) == 1) is alike or one == other


def test_groups_do_not_chain_from_one_likeness_to_the_next():
    found = groups(problem("月末结账报错", 3), problem("结账报错", 2), problem("报错结果导出", 1))
    assert found == [["月末结账报错", "结账报错"], ["报错结果导出"]]


def test_the_same_words_about_another_product_are_another_problem():
    assert len(grouped([problem("接口超时"), problem("接口超时", product=2)], [])) == 2


def test_what_was_merged_is_one_problem_however_it_was_called():
    assert groups(
        problem("库存数量不对", 2), problem("出库单无法审核"), merged=[("出库单无法审核", "库存数量不对")]
    ) == [["库存数量不对", "出库单无法审核"]]


def test_a_merge_into_what_is_not_compared_changes_nothing():
    assert groups(problem("库存数量不对"), merged=[("库存数量不对", "没有这个")]) == [["库存数量不对"]]


def test_pairs_of_one_letter_are_that_letter():
    assert pairs_of("慢") == {"慢"}
    assert pairs_of("取数慢") == {"取数", "数慢"}
