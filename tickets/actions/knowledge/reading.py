"""What somebody read, how far they are, and whether it helped them. Source: Y02, Y03, K14"""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from plans.models import User
from sla.refusals import ActionRefusedError
from tickets.models.knowledge import Article, ArticleReading

# Whoever saw so much of a video has seen it.
SEEN = 0.9
LONGEST_WORDS = 400


def open_article(*, article: Article, user: User, at: datetime) -> ArticleReading:
    """Note that somebody opened an article, and return how far they are with it."""
    reading, is_new = ArticleReading.objects.get_or_create(
        article=article, user=user, defaults={"first_at": at, "last_at": at}
    )
    if not is_new:
        ArticleReading.objects.filter(pk=reading.pk).update(times=F("times") + 1, last_at=at)
    return reading


@transaction.atomic
def watch(*, article: Article, user: User, second: int, at: datetime) -> ArticleReading:
    """Note where somebody is in a video; near its end they have seen it."""
    reading = _locked(article, user, at)
    length = article.current.seconds if article.current else 0
    second = max(0, min(second, length or second, 24 * 3600))
    reading.left_at, reading.watched_to = second, max(reading.watched_to, second)
    if length and reading.watched_to >= SEEN * length and reading.finished_at is None:
        reading.finished_at = at
    reading.save(update_fields=["left_at", "watched_to", "finished_at"])
    return reading


@transaction.atomic
def finish(*, article: Article, user: User, at: datetime) -> ArticleReading:
    """Note that somebody has learned an article."""
    reading = _locked(article, user, at)
    reading.finished_at = reading.finished_at or at
    reading.save(update_fields=["finished_at"])
    return reading


@transaction.atomic
def take_up_again(*, article: Article, user: User, at: datetime) -> ArticleReading:
    """Note that somebody wants to learn an article again."""
    reading = _locked(article, user, at)
    reading.finished_at, reading.left_at = None, 0
    reading.save(update_fields=["finished_at", "left_at"])
    return reading


@transaction.atomic
def judge(*, article: Article, user: User, verdict: str, words: str, at: datetime) -> ArticleReading:
    """Keep whether an article helped somebody; said again, the last word counts."""
    if verdict not in ArticleReading.Verdict.values:
        raise ActionRefusedError("no_verdict", _("请选“有帮助”或“没帮助”。"))
    if len(words) > LONGEST_WORDS:
        raise ActionRefusedError("too_long", _("意见最多 %d 个字。") % LONGEST_WORDS)
    reading = _locked(article, user, at)
    reading.verdict, reading.words, reading.verdict_at = verdict, words.replace("\0", "").strip(), at
    reading.verdict_on = article.current
    reading.save(update_fields=["verdict", "words", "verdict_at", "verdict_on"])
    return reading


def _locked(article: Article, user: User, at: datetime) -> ArticleReading:
    open_once = {"first_at": at, "last_at": at}
    ArticleReading.objects.get_or_create(article=article, user=user, defaults=open_once)
    return ArticleReading.objects.select_for_update().get(article=article, user=user)
