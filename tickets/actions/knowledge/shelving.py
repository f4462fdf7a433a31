"""Where articles stand: directories and topics are laid out, renamed and taken away. Source: K01"""

import re

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from plans.models import User
from sla.refusals import ActionRefusedError
from tickets.actions.knowledge.writing import may_write
from tickets.models.knowledge import Article, Directory, Topic

# As files of articles name them.
CODE = re.compile(r"\A[a-z0-9][a-z0-9-]{0,62}\Z")


@transaction.atomic
def put_directory(*, directory: Directory, actor: User) -> Directory:
    """Keep a directory under its name, at its place; customers see it as soon as an article stands there.

    Raises ActionRefusedError for a place below itself, a third level, another vendor's, and a code that is taken.
    """
    may_write(actor)
    _check_parent(directory)
    _save(directory)
    return directory


@transaction.atomic
def put_topic(*, topic: Topic, actor: User) -> Topic:
    """Keep a topic under its name. Raises ActionRefusedError for a code that is taken."""
    may_write(actor)
    _save(topic)
    return topic


@transaction.atomic
def remove(*, place: Directory | Topic, actor: User) -> None:
    """Take a directory or a topic away. Raises ActionRefusedError while an article or a directory stands in it."""
    may_write(actor)
    # An article that is put here meanwhile waits for this, and is told that the place is gone.
    type(place).objects.select_for_update().filter(pk=place.pk).first()
    held = Article.objects.filter(directory=place) if isinstance(place, Directory) else place.articles.all()
    if count := held.count():
        ways_on = [_("先把文章移到别处：打开文章，改它的目录或专题。")]
        raise ActionRefusedError(
            "holds_articles", ngettext("这里还有 %d 篇文章。", "这里还有 %d 篇文章。", count) % count, ways_on=ways_on
        )
    if isinstance(place, Directory) and place.children.exists():
        ways_on = [_("先移走下级目录，或改它们的上级。")]
        raise ActionRefusedError("holds_directories", _("这个目录下面还有目录。"), ways_on=ways_on)
    place.delete()


def _check_parent(directory: Directory) -> None:
    """Refuse a place that no reader could walk to: the help centre has two levels."""
    parent = directory.parent
    if parent is None:
        return
    if parent.vendor != directory.vendor:
        raise ActionRefusedError("other_vendor", _("上级目录是别的厂商的。"))
    if parent.pk == directory.pk or parent.parent_id:
        ways_on = [_("选一个没有上级的目录。")]
        raise ActionRefusedError("too_deep", _("目录最多两级：“%s”不能作上级。") % parent.name, ways_on=ways_on)
    if directory.pk and directory.children.exists():
        ways_on = [_("先移走它的下级目录，或不选上级。")]
        raise ActionRefusedError("too_deep", _("目录最多两级：这个目录下面还有目录。"), ways_on=ways_on)


def _save(place: Directory | Topic) -> None:
    """Save a place. Raises ActionRefusedError for a code that no file could name, or that is another's."""
    if not CODE.fullmatch(place.code):
        raise ActionRefusedError("bad_code", _("代码只能用小写字母、数字和连字符。"))
    try:
        with transaction.atomic():
            place.save()
    except IntegrityError as error:
        message = _("代码 %s 已经有了。") % place.code
        raise ActionRefusedError("code_taken", message, ways_on=[_("换一个代码。")]) from error
