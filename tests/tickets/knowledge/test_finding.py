"""One search over everything to look up: what is found, in which order, and by whom."""

import pytest

from tests.hours import beijing
from tests.tickets.knowledge.conftest import last
from tests.world import World
from tickets.actions.knowledge.writing import Shelf, Words, publish, revise, withdraw
from tickets.knowledge.finding import pieces, search
from tickets.models import Article

AT = beijing("2026-09-28 10:00")


def codes(world: World, words: str, *, side: str = "yonsuite") -> list[str]:
    user = getattr(world, side).contact.user
    return [one.article.code for one in search(Article.objects.visible_to(user), words)]


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("未审核凭证", "unapproved-voucher"),
        ("凭证 查不到", "unapproved-voucher"),
        ("unapproved voucher", "unapproved-voucher"),
        ("printed vouchers", "voucher-template"),
        ("401", "open-api-401"),
        ("库存不足", "stock-negative"),
        ("盘", "stock-count"),
        ("点", "stock-count"),
        ("提示存在未审核凭证怎么处理", "unapproved-voucher"),
    ],
)
def test_what_is_asked_in_plain_words_is_found__Y01_Y02(library: World, words: str, first: str):
    assert first in codes(library, words)[:2]


@pytest.mark.parametrize("words", ["税申报", "申报表", "报表的数", "存货核算后成本"])
def test_words_are_found_however_a_sentence_is_cut__Y01(library: World, words: str):
    assert codes(library, words, side="kingdee")[0] in ("tax-report", "cost-zero")


@pytest.mark.parametrize("words", ["", "  ", "，。", "龘龘龘", "' | 'x", "a & !b", "\x00", "结" * 500])
def test_odd_questions_are_answered_with_nothing_and_no_error__Y01(library: World, words: str):
    assert isinstance(codes(library, words), list)


def test_a_title_weighs_more_than_a_mention__Y01(library: World):
    assert codes(library, "年结")[0] == "year-end-carry"


def test_what_is_nearly_it_comes_after_what_is__Y01(library: World):
    found = search(Article.objects.visible_to(library.yonsuite.contact.user), "月末结账提示存在未审核的凭证")
    assert [one.is_exact for one in found] == sorted((one.is_exact for one in found), reverse=True)
    assert {"unapproved-voucher", "closing-steps"} <= {one.article.code for one in found[:3]}


def test_nobody_finds_another_vendor_s_articles__Y01_K01(library: World):
    assert not codes(library, "存货核算", side="yonsuite") or "cost-zero" not in codes(library, "存货核算")
    assert codes(library, "存货核算后成本为零", side="kingdee") == ["cost-zero"]


def test_drafts_and_withdrawn_articles_are_found_by_nobody_outside__Y02(library: World):
    article = Article.objects.get(code="stock-count")
    shelf = Shelf(vendor="yonsuite", kind="courseware")
    revise(
        article=article,
        shelf=shelf,
        words=Words("新标题 蓝莓", "正文"),
        actor=library.expert,
        seen=last(article),
        at=AT,
    )
    assert codes(library, "蓝莓") == []
    assert codes(library, "盘点的五步") == ["stock-count"]
    publish(article=article, actor=library.expert, at=AT)
    assert codes(library, "蓝莓") == ["stock-count"]
    withdraw(article=article, actor=library.expert, at=AT)
    assert codes(library, "蓝莓") == []


def test_what_was_looked_for_is_marked_and_nothing_else():
    assert [(one.text, one.is_hit) for one in pieces("月末结账与年末结账", ["结账"])] == [
        ("月末", False), ("结账", True), ("与年末", False), ("结账", True),
    ]  # fmt: skip
    assert pieces("", ["结账"]) == []
    assert "".join(one.text for one in pieces("İstanbul", ["i"])) == "İstanbul"
