"""Learning paths: what they are called, and their articles in order. Source: K14"""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from plans.models import User
from sla.refusals import ActionRefusedError
from tickets.actions.knowledge.writing import may_publish
from tickets.models.knowledge import Article, LearningPath, LearningStep

# An article of a path, and whether it has to be learned.
Step = tuple[Article, bool]


@transaction.atomic
def put_path(*, path: LearningPath, steps: Sequence[Step], actor: User) -> LearningPath:
    """Keep a path with its steps in order.

    Raises ActionRefusedError for one that leads nowhere or twice to a place, or whose code is another's.
    """
    may_publish(actor)
    articles = [article for article, _is_required in steps]
    if not any(is_required for _article, is_required in steps):
        raise ActionRefusedError("no_steps", _("路径里至少要有一篇必学的文章。"))
    if len({one.pk for one in articles}) < len(articles):
        raise ActionRefusedError("twice", _("同一篇文章在路径里出现了两次。"))
    if any(one.vendor != path.vendor for one in articles):
        raise ActionRefusedError("other_vendor", _("有文章是别的厂商的。"))
    taken = LearningPath.objects.filter(vendor=path.vendor, code=path.code).exclude(pk=path.pk)
    if taken.exists():
        raise ActionRefusedError("code_taken", _("代码 %s 已经用在另一条路径上。") % path.code)
    path.save()
    keep_steps(path=path, steps=steps)
    return path


def keep_steps(*, path: LearningPath, steps: Sequence[Step]) -> None:
    """Make these the steps of a path. Call inside atomic."""
    LearningStep.objects.filter(path=path).delete()
    LearningStep.objects.bulk_create(
        LearningStep(path=path, article=article, position=place, is_required=is_required)
        for place, (article, is_required) in enumerate(steps, start=1)
    )
