"""What customers looked for in vain is answered by an article, or told why not. Source: Y01"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from plans.models import User
from sla.refusals import ActionRefusedError
from tickets.actions.knowledge.writing import State, may_write
from tickets.models import Article, Gap, Search


@dataclass(frozen=True, slots=True)
class Missed:
    """Words that were looked for in vain, at whose customers."""

    vendor: str
    words: str


@transaction.atomic
def begin_article(*, missed: Missed, article: Article, actor: User) -> Gap:
    """Note that an article is being written on what was looked for; it closes the gap when it is published."""
    may_write(actor)
    return _kept(missed, article=article, why="", closed_at=None, closed_by="")


@transaction.atomic
def close_gap(*, missed: Missed, number: str, why: str, actor: User, at: datetime) -> Gap:
    """Close a gap by the number of an article that answers it, or by the reason why none will.

    Raises ActionRefusedError where nobody looked for it, where neither is said, and for a number that customers of
    that vendor cannot read.
    """
    may_write(actor)
    if not Search.objects.filter(vendor=missed.vendor, words=missed.words, found=0).exists():
        raise ActionRefusedError("no_gap", _("没有人找过这个词而没有找到。"))
    why = " ".join(why.replace("\x00", "").split())[:200]
    if not number.strip() and not why:
        raise ActionRefusedError(
            "gap_unsettled", _("请写下回答它的文章编号，或不写文章的原因。"),
            ways_on=[_("还没有文章，点【写一篇】，发布后缺口自动关闭。")],
        )  # fmt: skip
    article = _answering(missed, number) if number.strip() else None
    return _kept(missed, article=article, why=why, closed_at=at, closed_by=str(actor))


def _answering(missed: Missed, number: str) -> Article:
    named = number.replace("\x00", "").strip().upper()[:20]
    found = Article.objects.filter(number=named, state=State.PUBLISHED).first()
    if found is None or missed.vendor not in ("", found.vendor):
        raise ActionRefusedError(
            "no_such_article", _("该厂商没有编号为 %(number)s 的已发布文章。") % {"number": named},
            ways_on=[_("编号如 KB-000012，写在文章页的标题旁。")],
        )  # fmt: skip
    return found


def _kept(missed: Missed, **how: object) -> Gap:
    return Gap.objects.update_or_create(vendor=missed.vendor, words=missed.words, defaults=how)[0]
