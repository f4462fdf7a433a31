"""Articles are written, published, changed and withdrawn; what cannot be kept is told why."""

from datetime import timedelta
from typing import Any

import pytest

from config.body_limit import LIMIT
from sla.refusals import ActionRefusedError
from tests.hours import beijing
from tests.tickets.knowledge.conftest import last
from tests.world import World
from tickets.actions.knowledge.filing import LARGEST, add_file, drop_file
from tickets.actions.knowledge.writing import Shelf, Words, create, discard, publish, revise, withdraw
from tickets.knowledge.writing import html_of, text_of_markdown
from tickets.models import Article, ArticleFile
from tickets.uploads import most_of

AT = beijing("2026-09-28 10:00")
VIDEO = "https://v.example/a"
RUNS = (
    "<script", 'href="javascript', "<iframe", "<style", "<svg", "<img src", 'href="vbscript', 'href="data',
)  # fmt: skip
SHELF = Shelf(vendor="yonsuite", kind="guide")


def written(world: World, title: str = "怎样反结账", **more: Any) -> Article:
    return create(shelf=SHELF, words=Words(title, "先反结总账。", **more), actor=world.agent, at=AT)


def test_a_published_version_never_changes_and_the_last_one_is_read__Y02(world: World):
    article = publish(article=written(world), actor=world.expert, at=AT)
    revise(
        article=article, shelf=SHELF, words=Words("怎样反结账", "新写法"), actor=world.agent, seen=last(article), at=AT
    )
    article.refresh_from_db()
    assert (article.current and article.current.body) == "先反结总账。"
    article = publish(article=article, actor=world.lead, at=AT)
    assert (article.current and article.current.body) == "新写法"
    assert list(article.versions.values_list("number", "body")) == [(2, "新写法"), (1, "先反结总账。")]


def test_a_draft_is_written_over_and_only_one_is_there__Y02(world: World):
    article = written(world)
    revise(
        article=article, shelf=SHELF, words=Words("怎样反结账", "二稿"), actor=world.expert, seen=last(article), at=AT
    )
    assert list(article.versions.values_list("number", "body", "author")) == [(1, "二稿", "陈专家")]


def test_two_authors_at_once_do_not_write_over_each_other__Y02(world: World):
    article = publish(article=written(world), actor=world.expert, at=AT)
    seen = last(article)
    revise(article=article, shelf=SHELF, words=Words("甲", "甲的改动"), actor=world.agent, seen=seen, at=AT)
    with pytest.raises(ActionRefusedError, match="李坐席 刚才改过"):
        revise(article=article, shelf=SHELF, words=Words("乙", "乙的改动"), actor=world.lead, seen=seen, at=AT)
    assert article.versions.get(number=2).body == "甲的改动"


def test_nobody_writes_over_publishes_or_throws_away_a_draft_they_have_not_seen__Y02(world: World):
    article, later = written(world), AT + timedelta(minutes=1)
    seen = last(article)
    revise(article=article, shelf=SHELF, words=Words("甲", "甲的改动"), actor=world.agent, seen=seen, at=later)
    for deed in (
        lambda: revise(article=article, shelf=SHELF, words=Words("乙", "乙"), actor=world.lead, seen=seen, at=later),
        lambda: publish(article=article, actor=world.expert, at=later, seen=seen),
        lambda: discard(article=article, actor=world.expert, seen=seen),
    ):
        with pytest.raises(ActionRefusedError, match="刚才改过"):
            deed()
    assert publish(article=article, actor=world.expert, at=later, seen=last(article)).current.body == "甲的改动"


def test_what_customers_see_at_once_is_changed_by_who_may_publish__Y02(world: World):
    article = publish(article=written(world), actor=world.expert, at=AT)
    fix = Shelf(vendor="yonsuite", kind="fix")
    said = {"article": article, "words": Words("标题", "正文"), "at": AT}
    with pytest.raises(ActionRefusedError, match="客户马上看到"):
        revise(**said, shelf=fix, actor=world.agent, seen=last(article))
    for shelf in (Shelf(vendor="kingdee", kind="guide"), Shelf(vendor="yonsuite", kind="video")):
        with pytest.raises(ActionRefusedError, match="不换厂商"):
            revise(
                **said | {"words": Words("标题", "正文", video=VIDEO)},
                shelf=shelf,
                actor=world.expert,
                seen=last(article),
            )
    revise(**said, shelf=fix, actor=world.expert, seen=last(article))
    article.refresh_from_db()
    assert (article.kind, article.vendor, article.versions.count()) == ("fix", "yonsuite", 2)


def test_a_file_is_seen_by_customers_with_the_version_that_comes_after_it__Y02(world: World):
    article = publish(article=written(world), actor=world.expert, at=AT)
    later = AT + timedelta(hours=1)
    row = add_file(article=article, name="对照表.xlsx", content=b"PK", by="李坐席", at=later)
    customer = world.yonsuite.contact.user
    assert customer
    assert not ArticleFile.objects.visible_to(customer).exists()
    assert ArticleFile.objects.visible_to(world.agent).exists()
    article = publish(article=article, actor=world.expert, at=later)
    assert (article.current.number, article.current.body, article.current.change) == (2, "先反结总账。", "附件有变化")
    assert ArticleFile.objects.visible_to(customer).get() == row


def test_a_file_added_by_mistake_is_taken_away_unless_the_words_show_it__Y02(world: World):
    article = publish(article=written(world, body_en="![](file:a.png)", title_en="Title"), actor=world.expert, at=AT)
    later = AT + timedelta(hours=1)
    shown, mistaken = (
        add_file(article=article, name=name, content=name.encode(), by="李坐席", at=later)
        for name in ("a.png", "b.png")
    )
    with pytest.raises(ActionRefusedError, match="还在引用"):
        drop_file(file=shown, actor=world.expert)
    publish(article=article, actor=world.expert, at=later)
    with pytest.raises(ActionRefusedError, match="由专家"):
        drop_file(file=mistaken, actor=world.agent)
    drop_file(file=mistaken, actor=world.expert)
    assert list(article.files.all()) == [shown]


def test_an_agent_writes_and_an_expert_decides_what_customers_read__Y02(world: World):
    article = written(world)
    with pytest.raises(ActionRefusedError) as refused:
        publish(article=article, actor=world.agent, at=AT)
    assert refused.value.ways_on == ["请专家或组长看过后发布。"]
    customer = world.yonsuite.contact.user
    assert customer
    with pytest.raises(ActionRefusedError):
        create(shelf=SHELF, words=Words("标题", "正文"), actor=customer, at=AT)
    assert not Article.objects.visible_to(customer).filter(pk=article.pk).exists()
    publish(article=article, actor=world.expert, at=AT)
    assert Article.objects.visible_to(customer).filter(pk=article.pk).exists()
    withdraw(article=article, actor=world.expert, at=AT)
    assert not Article.objects.visible_to(customer).filter(pk=article.pk).exists()


def test_throwing_a_first_draft_away_leaves_nothing_and_a_later_one_leaves_the_article__Y02(world: World):
    assert discard(article=written(world), actor=world.agent).pk is None
    assert not Article.objects.exists()
    article = publish(article=written(world), actor=world.expert, at=AT)
    with pytest.raises(ActionRefusedError, match="没有草稿"):
        discard(article=article, actor=world.agent)
    with pytest.raises(ActionRefusedError, match="没有新的草稿"):
        publish(article=article, actor=world.expert, at=AT)


@pytest.mark.parametrize(
    ("shelf", "words", "code"),
    [
        ({}, {"title": " "}, "no_title"),
        ({}, {"title": "标" * 121}, "no_title"),
        ({}, {"body": " "}, "no_body"),
        ({}, {"body": "长" * 60_001}, "too_long"),
        ({}, {"body_en": "English"}, "no_english_title"),
        ({"kind": "video"}, {}, "no_video"),
        ({"kind": "video"}, {"video": "http://plain.example/a.mp4"}, "no_video"),
        ({"kind": "video"}, {"video": "javascript:alert(1)"}, "no_video"),
        ({"kind": "video"}, {"video": VIDEO, "chapters": [{"at": 9}, {"at": 9}]}, "chapters_out_of_order"),
        ({"kind": "video"}, {"video": VIDEO, "seconds": 60, "chapters": [{"at": 60}]}, "chapter_past_the_end"),
    ],
)  # fmt: skip
def test_words_that_cannot_be_kept_are_refused_with_their_reason__Y02_Y03(
    world: World, shelf: dict[str, Any], words: dict[str, Any], code: str
):
    said = Words(**{"title": "标题", "body": "正文", **words})
    with pytest.raises(ActionRefusedError) as refused:
        create(shelf=Shelf(**{"vendor": "yonsuite", "kind": "guide", **shelf}), words=said, actor=world.agent, at=AT)
    assert refused.value.code == code
    assert not Article.objects.exists()


@pytest.mark.parametrize(
    "written_by_somebody",
    [
        "<script>alert(1)</script>", "[go](javascript:alert(1))", "![x](https://tracker.example/p.png)",
        "<img src=x onerror=alert(1)>", "[x](data:text/html,<b>)", "<iframe src=//x></iframe>",
        "**a**<style>*{}</style>", "![x](/console/)", "<svg/onload=alert(1)>", "[a](vbscript:x)",
    ],
)  # fmt: skip
def test_nothing_an_author_writes_can_run_or_fetch(written_by_somebody: str):
    html = html_of(written_by_somebody)
    assert not [sign for sign in RUNS if sign in html]


def test_an_article_shows_its_own_pictures_by_name_and_speaks_of_them_in_no_search(world: World):
    article = written(world)
    picture = b"\x89PNG\r\n\x1a\n" + b"0" * 40
    row = add_file(article=article, name="一步.png", content=picture, by="李坐席", at=AT)
    same = add_file(article=article, name="一步.png", content=picture, by="李坐席", at=AT)
    assert row.pk == same.pk
    assert row.content_type == "image/png"
    html = html_of("![第一步](file:一步.png)", {"一步.png": f"/portal/help/files/{row.pk}/"})
    assert f'src="/portal/help/files/{row.pk}/"' in html
    assert (
        text_of_markdown("## 头\n\n- 甲\n- 乙 & 丙\n\n| a | b |\n|---|---|\n| 1 | 2 |") == "头\n甲\n乙 & 丙\na\nb\n1\n2"
    )


def test_the_web_takes_as_large_a_file_as_an_article_may_have():
    assert LARGEST < most_of("/console/knowledge/articles/KB-000001/files/") < LIMIT
