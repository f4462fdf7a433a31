"""Files of articles: kept once, known by their bytes and not by what they are called."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from plans.keeping import safe_name, store
from plans.models import User
from sla.refusals import ActionRefusedError
from tickets.actions.knowledge.writing import files_ahead, locked, may_publish, may_write
from tickets.knowledge.files import address_of, kind_of
from tickets.models.knowledge import Article, ArticleFile

# The web server takes no body that is much larger; a longer video is linked to where it lies.
LARGEST = 20 << 20


def add_file(*, article: Article, name: str, content: bytes, by: str, at: datetime) -> ArticleFile:
    """Keep a file with an article and return its row; the same bytes under the same name are the same file."""
    if not content or len(content) > LARGEST:
        ways_on = [_("视频可以压缩，或放在别处，填它的地址。")]
        raise ActionRefusedError("bad_size", _("文件最多 %d MB，且不能是空的。") % (LARGEST >> 20), ways_on=ways_on)
    kept = {"size": len(content), "content_type": kind_of(content), "added_at": at, "added_by": by}
    row, _is_new = ArticleFile.objects.get_or_create(
        article=article, name=safe_name(name), sha256=store(content), defaults=kept
    )
    return row


@transaction.atomic
def drop_file(*, file: ArticleFile, actor: User) -> None:
    """Take a file away from its article; one that customers see is taken away by those who may publish.

    Raises ActionRefusedError also where the words that customers read, or a draft, still show it.
    """
    may_write(actor)
    article = locked(file.article_id)
    if not files_ahead(article).filter(pk=file.pk).exists():
        may_publish(actor)
    if _is_shown(file, article):
        ways_on = [_("先改正文，不再引用它，发布之后再移除。")]
        raise ActionRefusedError("still_shown", _("正文还在引用“%s”。") % file.name, ways_on=ways_on)
    file.delete()


def _is_shown(file: ArticleFile, article: Article) -> bool:
    """Tell whether what is read now, or the draft, shows a file, by its name or its address."""
    standing = article.versions.filter(published_at=None)
    read = [*standing, *([article.current] if article.current else [])]
    signs = (f"(file:{file.name})", address_of(file))
    return any(sign in text for one in read for text in (one.body, one.body_en, one.video) for sign in signs)
