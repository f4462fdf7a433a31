"""Articles are written as drafts, published as versions that never change, and withdrawn without being lost."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.db import connection, transaction
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from plans.models import Product, User
from sla.refusals import ActionRefusedError
from tickets.knowledge.grams import vector
from tickets.knowledge.writing import OURS, text_of_markdown
from tickets.models.knowledge import PUBLISHERS, WRITERS, Article, ArticleVersion, Directory, Topic

State, Kind = Article.State, Article.Kind
LONGEST_TITLE, LONGEST_BODY = 120, 60_000
NEXT = "SELECT nextval(pg_get_serial_sequence('tickets_article', 'id'))"
ADDRESS = re.compile(r"https://[^\s/]+(/\S*)?")


@dataclass(frozen=True, slots=True)
class Words:
    """What a version says: Markdown in both languages, and of a video where it is and its chapters."""

    title: str
    body: str
    title_en: str = ""
    body_en: str = ""
    video: str = ""
    seconds: int = 0
    chapters: Sequence[Mapping[str, Any]] = ()
    change: str = ""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where an article stands: whose it is, of which kind, about what."""

    vendor: str
    kind: str
    module: str = ""
    directory: Directory | None = None
    products: Collection[Product] = ()
    topics: Collection[Topic] = field(default_factory=tuple)


@transaction.atomic
def create(*, shelf: Shelf, words: Words, actor: User, at: datetime) -> Article:
    """Return a new article with its first draft; nobody but us sees it yet."""
    may_write(actor)
    article = begin(shelf=shelf, at=at)
    write_over(article=article, shelf=shelf, words=words, author=str(actor), at=at)
    return article


def begin(*, shelf: Shelf, at: datetime, code: str = "") -> Article:
    """Return a new article that says nothing yet. Call inside atomic, and write its draft there."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT)
        [key] = cursor.fetchone()
    return Article.objects.create(
        pk=key, number=f"KB-{key:06d}", code=code, vendor=shelf.vendor, kind=shelf.kind, created_at=at, updated_at=at
    )


def write_over(*, article: Article, shelf: Shelf, words: Words, author: str, at: datetime) -> None:
    """Make words the article's draft, whoever wrote the one before.

    Raises ActionRefusedError for words that no version may say.
    """
    _check(words, shelf)
    article.vendor, article.kind = shelf.vendor, shelf.kind
    _put_on(article, shelf)
    _draft(article, words, author, at)


@transaction.atomic
def revise(*, article: Article, shelf: Shelf, words: Words, actor: User, seen: int, at: datetime) -> Article:
    """Keep what was written as the article's draft; `seen` is the number of the version that it was written over.

    Raises ActionRefusedError where somebody else wrote a later one meanwhile, and for words that cannot be kept.
    """
    may_write(actor)
    article = _locked(article)
    last = article.versions.order_by("-number").first()
    if last and last.number != seen:
        raise ActionRefusedError(
            "written_meanwhile",
            _("%(who)s 刚才改过这篇文章（v%(number)d）。") % {"who": last.author, "number": last.number},
            ways_on=[_("打开新的版本，把您的改动写进去。")],
        )
    write_over(article=article, shelf=shelf, words=words, author=str(actor), at=at)
    return article


@transaction.atomic
def publish(*, article: Article, actor: User, at: datetime) -> Article:
    """Show the draft to customers from now on; the version before stays readable to us."""
    may_publish(actor)
    return put_out(article=_locked(article), by=str(actor), at=at)


def put_out(*, article: Article, by: str, at: datetime) -> Article:
    """Publish an article's draft in a name; whoever calls has checked whether it may be."""
    draft = article.versions.filter(published_at=None).first()
    if draft is None and article.state == State.PUBLISHED:
        raise ActionRefusedError("nothing_to_publish", _("没有新的草稿可以发布。"), ways_on=[_("先修改文章。")])
    if draft is not None:
        draft.published_at, draft.published_by = at, by
        draft.save(update_fields=["published_at", "published_by"])
        article.current = draft
    article.state, article.updated_at = State.PUBLISHED, at
    article.save(update_fields=["state", "updated_at", "current"])
    index(article)
    return article


@transaction.atomic
def withdraw(*, article: Article, actor: User, at: datetime) -> Article:
    """Hide an article from customers; what was read of it stays on the record."""
    may_publish(actor)
    article = _locked(article)
    if article.state != State.PUBLISHED:
        raise ActionRefusedError("not_published", _("这篇文章现在没有发布。"))
    article.state, article.updated_at = State.WITHDRAWN, at
    article.save(update_fields=["state", "updated_at"])
    return article


@transaction.atomic
def discard(*, article: Article, actor: User) -> Article:
    """Throw a draft away; an article that never had more than a draft goes with it, and is returned without a key."""
    may_write(actor)
    article = _locked(article)
    if not article.versions.filter(published_at=None).delete()[0]:
        raise ActionRefusedError("no_draft", _("没有草稿可以丢弃。"))
    if article.current_id is None:
        article.delete()
    return article


def index(article: Article) -> None:
    """Write an article's search tokens anew from what is published."""
    said = article.current
    if said is None:
        return
    titles = f"{said.title} {said.title_en} {article.module}"
    chapters = " ".join(f"{one['title']} {one.get('title_en', '')}" for one in said.chapters)
    bodies = f"{text_of_markdown(said.body)}\n{text_of_markdown(said.body_en)}"
    tokens = vector(("A", titles), ("B", chapters), ("D", bodies))
    Article.objects.filter(pk=article.pk).update(tokens=RawSQL("%s::tsvector", [tokens]))


def may_write(actor: User) -> None:
    """Raise ActionRefusedError for somebody who may not write articles."""
    if actor.role not in WRITERS:
        raise ActionRefusedError("not_a_writer", _("只有坐席、专家、组长、经理和系统管理员可以写文章。"))


def may_publish(actor: User) -> None:
    """Raise ActionRefusedError for somebody who may not decide what customers read."""
    if actor.role not in PUBLISHERS:
        ways_on = [_("请专家或组长看过后发布。")]
        raise ActionRefusedError(
            "not_a_publisher", _("发布和下架由专家、组长、经理或系统管理员决定。"), ways_on=ways_on
        )


def _locked(article: Article) -> Article:
    return Article.objects.select_for_update(of=("self",)).select_related("current").get(pk=article.pk)


def _put_on(article: Article, shelf: Shelf) -> None:
    article.module, article.directory = shelf.module, shelf.directory
    article.save(update_fields=["vendor", "kind", "module", "directory"])
    article.products.set(shelf.products)
    article.topics.set(shelf.topics)


def _draft(article: Article, words: Words, author: str, at: datetime) -> None:
    """Write over the draft that there is, or begin one after the last version."""
    said = {**asdict(words), "chapters": list(words.chapters)}
    last = article.versions.order_by("-number").first()
    if last and last.published_at is None:
        article.versions.filter(pk=last.pk).update(**said, author=author, made_at=at)
        return
    ArticleVersion.objects.create(
        article=article, number=last.number + 1 if last else 1, author=author, made_at=at, **said
    )


def _check(words: Words, shelf: Shelf) -> None:
    """Raise ActionRefusedError for words that no version may say."""
    if not words.title.strip() or len(words.title) > LONGEST_TITLE:
        raise ActionRefusedError("no_title", _("请写标题，最多 %d 个字。") % LONGEST_TITLE)
    if max(len(words.body), len(words.body_en)) > LONGEST_BODY:
        raise ActionRefusedError("too_long", _("正文最多 %d 个字，请分成几篇。") % LONGEST_BODY)
    if shelf.kind == Kind.VIDEO:
        _check_video(words)
    elif not words.body.strip():
        raise ActionRefusedError("no_body", _("请写正文。"))
    if words.body_en.strip() and not words.title_en.strip():
        raise ActionRefusedError("no_english_title", _("写了英文正文，就要有英文标题。"))


def _check_video(words: Words) -> None:
    if not (ADDRESS.fullmatch(words.video) or OURS.match(words.video)):
        ways_on = [_("上传视频文件，或填以 https:// 开头的地址。")]
        raise ActionRefusedError("no_video", _("请给出视频的地址。"), ways_on=ways_on)
    starts = [int(one["at"]) for one in words.chapters]
    if any(later <= earlier for earlier, later in pairwise(starts)) or any(one < 0 for one in starts):
        raise ActionRefusedError("chapters_out_of_order", _("章节要按开始时间从前到后写，时间不能重复。"))
    if words.seconds and starts and starts[-1] >= words.seconds:
        raise ActionRefusedError("chapter_past_the_end", _("有章节在视频结束之后才开始。"))
