"""Files of articles: kept once, known by their bytes and not by what they are called."""

from datetime import datetime

from django.utils.translation import gettext as _

from plans.keeping import safe_name, store
from sla.refusals import ActionRefusedError
from tickets.knowledge.files import kind_of
from tickets.models.knowledge import Article, ArticleFile

LARGEST = 60 << 20


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
