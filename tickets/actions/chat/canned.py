"""Words that our people send often: kept for one's own use, or by who leads for everybody of a vendor."""

import re
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from plans.models import User
from sla.refusals import ActionRefusedError
from tickets.actions.chat.lines import LEADING, check_staff
from tickets.models import CannedAnswer

SHORTCUT = re.compile(r"[\w-]{1,40}")
TITLE, BODY = 80, 2000
ONCE = "canned_answer_once"


@dataclass(frozen=True, slots=True)
class Words:
    """A canned answer as it is written: what one types after the slash, its title, and what it says."""

    vendor: str
    shortcut: str
    title: str
    body: str
    body_en: str = ""
    # Everybody's of the vendor, else the writer's own.
    is_shared: bool = False


@transaction.atomic
def keep(*, words: Words, actor: User, answer: CannedAnswer | None = None) -> CannedAnswer:
    """Keep a canned answer, a new one unless one is named, and return it. Raises ActionRefusedError."""
    check_staff(actor)
    if answer:
        check_may_edit(answer, actor)
    _check(words, actor)
    row = answer or CannedAnswer()
    row.vendor, row.shortcut, row.title = words.vendor, words.shortcut.strip().lower(), words.title.strip()
    row.body, row.body_en = words.body.strip(), words.body_en.strip()
    row.owner = None if words.is_shared else actor
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if ONCE not in str(error):
            raise
        raise ActionRefusedError(
            "shortcut_taken",
            _("短名 %(name)s 已经有了。") % {"name": row.shortcut},
            ways_on=[_("换一个短名，或修改原来的那条。")],
        ) from None
    return row


def _check(words: Words, actor: User) -> None:
    if not SHORTCUT.fullmatch(words.shortcut.strip()):
        raise ActionRefusedError("bad_shortcut", _("短名只能用字母、汉字、数字和 - _，最多 40 个字。"))
    texts = (words.title, words.body, words.body_en)
    if not words.title.strip() or not words.body.strip() or "\x00" in "".join(texts):
        raise ActionRefusedError("empty_words", _("请写下标题和正文。"))
    if len(words.title) > TITLE or max(len(words.body), len(words.body_en)) > BODY:
        raise ActionRefusedError(
            "too_long", _("标题最多 %(title)d 个字，正文最多 %(body)d 个字。") % {"title": TITLE, "body": BODY}
        )
    if words.is_shared and actor.role not in LEADING:
        raise ActionRefusedError(
            "not_allowed", _("只有组长可以维护大家共用的常用语。"), ways_on=[_("存为自己的常用语。")]
        )  # fmt: skip


def check_may_edit(answer: CannedAnswer, actor: User) -> None:
    """Refuse who may not change a canned answer: one's own is one's own, everybody's is the leads'."""
    if answer.owner_id != actor.pk and (answer.owner_id is not None or actor.role not in LEADING):
        raise ActionRefusedError("not_allowed", _("这条常用语不是您的。"), ways_on=[_("另存一条自己的。")])


@transaction.atomic
def drop(*, answer: CannedAnswer, actor: User) -> None:
    """Delete a canned answer; what was said with it stays said."""
    check_staff(actor)
    check_may_edit(answer, actor)
    answer.delete()
