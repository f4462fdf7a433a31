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
from tickets.models.knowledge import (
    PUBLISHERS,
    WRITERS,
    Article,
    ArticleFileQuerySet,
    ArticleVersion,
    Directory,
    Topic,
)

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
    """Where an article stands: whose it is, of which kind, about what. Of a published one it is seen at once."""

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
    put_on(article=article, shelf=shelf)
    _draft(article, words, author, at)


@transaction.atomic
def revise(*, article: Article, shelf: Shelf, words: Words, actor: User, seen: str, at: datetime) -> Article:
    """Keep what was written as the article's draft; `seen` is the stamp of the version that it was written over.

    Raises ActionRefusedError where somebody else wrote meanwhile, for words that cannot be kept, and for another place
    of a published article by somebody who may not publish.
    """
    may_write(actor)
    article = locked(article.pk)
    _check_seen(article.versions.order_by("-number").first(), seen)
    if article.current_id:
        _check_place(article, shelf, actor)
    write_over(article=article, shelf=shelf, words=words, author=str(actor), at=at)
    return article


def _check_seen(last: ArticleVersion | None, seen: str) -> None:
    """Raise ActionRefusedError where the last version is not the one that somebody had before them."""
    if last and last.stamp != seen:
        raise ActionRefusedError(
            "written_meanwhile",
            _("%(who)s 刚才改过这篇文章（v%(number)d）。") % {"who": last.author, "number": last.number},
            ways_on=[_("打开新的版本，把您的改动写进去。")],
        )


def _check_place(article: Article, shelf: Shelf, actor: User) -> None:
    """Raise ActionRefusedError for a place that an article which customers read, or read once, cannot be given."""
    if shelf.vendor != article.vendor or (shelf.kind == Kind.VIDEO) != (article.kind == Kind.VIDEO):
        ways_on = [_("另写一篇，再把这一篇下架。")]
        raise ActionRefusedError("other_article", _("发布过的文章不换厂商，也不在文章和视频之间换。"), ways_on=ways_on)
    if actor.role not in PUBLISHERS and not stands_on(article, shelf):
        ways_on = [_("正文照常存成草稿；类型、目录、产品和专题请专家或组长改。")]
        raise ActionRefusedError("not_a_publisher", _("发布过的文章换位置，客户马上看到。"), ways_on=ways_on)


@transaction.atomic
def publish(*, article: Article, actor: User, at: datetime, seen: str | None = None) -> Article:
    """Show the draft to customers from now on; the version before stays readable to us.

    `seen` is the stamp of the version that was looked at; None where nobody looks. Files that were added since the
    last version come out with it, or with the same words again where there is no draft. Raises ActionRefusedError
    where the draft is not the one that was seen, and where there is nothing new.
    """
    may_publish(actor)
    article = locked(article.pk)
    last = article.versions.order_by("-number").first()
    if seen is not None:
        _check_seen(last, seen)
    if last and last.published_at and article.state == State.PUBLISHED and files_ahead(article).exists():
        said = {name: getattr(last, name) for name in Words.__dataclass_fields__}
        _draft(article, Words(**said | {"change": _("附件有变化")}), str(actor), at)
    return put_out(article=article, by=str(actor), at=at)


def files_ahead(article: Article) -> ArticleFileQuerySet:
    """Return the files that customers see with the next version only."""
    published_at = article.current.published_at if article.current else None
    return article.files.filter(added_at__gt=published_at) if published_at else article.files.all()


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
    article.gaps.filter(closed_at=None).update(closed_at=at, closed_by=by[:120])
    index(article)
    return article


@transaction.atomic
def withdraw(*, article: Article, actor: User, at: datetime) -> Article:
    """Hide an article from customers; what was read of it stays on the record."""
    may_publish(actor)
    article = locked(article.pk)
    if article.state != State.PUBLISHED:
        raise ActionRefusedError("not_published", _("这篇文章现在没有发布。"))
    article.state, article.updated_at = State.WITHDRAWN, at
    article.save(update_fields=["state", "updated_at"])
    return article


@transaction.atomic
def discard(*, article: Article, actor: User, seen: str | None = None) -> Article:
    """Throw a draft away; an article that never had more than a draft goes with it, and is returned without a key.

    Raises ActionRefusedError where there is none, and where somebody wrote on it since it was `seen`.
    """
    may_write(actor)
    article = locked(article.pk)
    if seen is not None:
        _check_seen(article.versions.order_by("-number").first(), seen)
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


def locked(key: int) -> Article:
    """Return an article that nobody else changes meanwhile. Call inside atomic."""
    return Article.objects.select_for_update(of=("self",)).select_related("current").get(pk=key)


def stands_on(article: Article, shelf: Shelf) -> bool:
    """Tell whether an article stands there already."""
    if any(getattr(article, name) != getattr(shelf, name) for name in ("vendor", "kind", "module", "directory")):
        return False
    held = {"products": shelf.products, "topics": shelf.topics}
    return all(
        {one.pk for one in getattr(article, name).all()} == {one.pk for one in rows} for name, rows in held.items()
    )


def put_on(*, article: Article, shelf: Shelf) -> None:
    """Move an article to another place, where it is found at once. Call inside atomic."""
    for name in ("vendor", "kind", "module", "directory"):
        setattr(article, name, getattr(shelf, name))
    article.save(update_fields=["vendor", "kind", "module", "directory"])
    article.products.set(shelf.products)
    article.topics.set(shelf.topics)
    index(article)


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
