"""Files of articles: every mistake with its line and field, and loaded again nothing changes."""

from pathlib import Path

import pytest

from sla.rules.reading import ReadingError
from tests.hours import beijing
from tests.tickets.knowledge.conftest import STOCKED, last
from tests.world import World
from tickets.actions.knowledge.stocking import stock
from tickets.actions.knowledge.writing import Shelf, Words, discard, revise, withdraw
from tickets.demo.library import SHELVES
from tickets.knowledge.loading import read
from tickets.models import Article, ArticleVersion

AT = beijing("2026-09-28 10:00")
WHOLE = """
vendor: yonsuite
directories:
  - {code: finance, name: 财务, name_en: Finance}
articles:
  - {code: first, kind: guide, directory: finance, title: 第一篇, body: 正文}
paths:
  - {code: way, name: 路, name_en: Way, kind: role, what: 说明, what_en: What, steps: [{article: first}]}
"""


@pytest.mark.parametrize(
    ("before", "after", "line", "field"),
    [
        ("kind: guide", "kind: guid", 6, "articles.1.kind"),
        ("directory: finance", "directory: nowhere", 6, "articles.1.directory"),
        (", body: 正文", "", 6, "articles.1.body"),
        (", body: 正文", ", body: 正文, body_en: Text", 6, "articles.1.title_en"),
        ("kind: guide", "kind: video", 6, "articles.1.video"),
        ("kind: guide", "kind: video, video: ../../etc/passwd", 6, "articles.1.video"),
        ("kind: guide", "kind: video, video: none.mp4", 6, "articles.1.video"),
        ("{article: first}", "{article: second}", 8, "paths.1.steps.1.article"),
        ("vendor: yonsuite", "vendor: nobody", 2, "vendor"),
        ("kind: guide,", "kind: guide, colour: red,", 6, "articles.1.colour"),
    ],
)
def test_each_mistake_is_told_with_its_line_and_field(
    world: World, tmp_path: Path, before: str, after: str, line: int, field: str
):
    path = tmp_path / "library.yaml"
    path.write_text(WHOLE.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(ReadingError) as refused:
        read([path])
    assert [(one.line, one.field) for one in refused.value.problems] == [(line, field)]
    assert not Article.objects.exists()


def test_loaded_again_nothing_changes_and_a_changed_text_is_a_new_version__Y02(world: World, tmp_path: Path):
    path = tmp_path / "library.yaml"
    path.write_text(WHOLE, encoding="utf-8")
    assert stock(libraries=read([path]), author="编者", at=AT) == {"added": 1}
    assert stock(libraries=read([path]), author="编者", at=AT) == {"unchanged": 1}
    path.write_text(WHOLE.replace("body: 正文", "body: 新的正文"), encoding="utf-8")
    assert stock(libraries=read([path]), author="编者", at=AT) == {"changed": 1}
    assert list(ArticleVersion.objects.values_list("number", "body")) == [(2, "新的正文"), (1, "正文")]


def test_the_demo_s_articles_have_english_throughout(library: World):
    assert not ArticleVersion.objects.filter(title_en="").exists()
    assert not ArticleVersion.objects.filter(body_en="").exists()
    assert len(SHELVES) == 2


def test_an_article_follows_its_file_to_another_place_and_a_colleague_s_draft_stays__Y02(
    library: World, tmp_path: Path
):
    path = tmp_path / "one.yaml"
    said = "vendor: yonsuite\narticles:\n  - {code: one, kind: %s, title: 题, body: %s}\n"
    path.write_text(said % ("guide", "文"))
    assert stock(libraries=read([path]), author="甲", at=STOCKED) == {"added": 1}
    path.write_text(said % ("fix", "文"))
    assert stock(libraries=read([path]), author="甲", at=STOCKED) == {"changed": 1}
    article = Article.objects.get(code="one")
    assert (article.kind, article.versions.count()) == ("fix", 1)
    shelf = Shelf(vendor="yonsuite", kind="fix")
    revise(
        article=article, shelf=shelf, words=Words("题", "写到一半"), actor=library.agent, seen=last(article), at=STOCKED
    )
    path.write_text(said % ("fix", "文件里的新文"))
    assert stock(libraries=read([path]), author="甲", at=STOCKED) == {"left": 1}
    assert article.versions.get(published_at=None).body == "写到一半"
    discard(article=article, actor=library.agent)
    withdraw(article=article, actor=library.expert, at=STOCKED)
    assert stock(libraries=read([path]), author="甲", at=STOCKED) == {"left": 1}
    article.refresh_from_db()
    assert article.state == "withdrawn"
