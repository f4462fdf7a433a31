"""What somebody wrote on the board, taken back by themselves: gone for others, kept for those who keep order."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from plans.models import User
from sla.refusals import ActionRefusedError
from tickets.actions.board import timing
from tickets.actions.board.journal import index, note, recount
from tickets.actions.board.standing import author_of, to_write_on
from tickets.models import BoardEvent, Comment, Post


@transaction.atomic
def withdraw(*, post: Post, comment: Comment | None, actor: User, at: datetime) -> None:
    """Take one's own post or comment back, as long as nobody has built on it; a question then waits for nobody.

    What a ticket heard of it stays in the ticket. Raises ActionRefusedError for others' words, an official or accepted
    answer, what somebody else replied to, what became a ticket, and what stands in a forum.
    """
    post = to_write_on(post, actor)
    said = _own(post, comment, actor)
    _check_unused(post, said)
    said.hidden_at, said.is_withdrawn = at, True
    said.save(update_fields=["hidden_at", "is_withdrawn"])
    post.flags.filter(comment=comment, settled_at=None).update(settled_at=at)
    if comment is None:
        timing.stop(post, "hidden", at)
    recount(post)
    index(post)
    note(post, BoardEvent.Kind.WITHDRAWN, author_of(actor).actor, at, comment=comment)


def may_withdraw(said: Post | Comment, actor: User) -> bool:
    """Tell whether something is somebody's own, in sight, and nothing that speaks for the vendor."""
    is_official = isinstance(said, Comment) and said.is_official
    return said.author_id == actor.pk and said.hidden_at is None and not is_official


def _own(post: Post, comment: Comment | None, actor: User) -> Post | Comment:
    said = post if comment is None else post.comments.select_for_update(of=("self",)).filter(pk=comment.pk).first()
    if said is None or said.author_id != actor.pk:
        words = _("只能撤回自己写的内容。")
        raise ActionRefusedError("not_yours", words, ways_on=[_("别人的内容不合适，可以举报。")])
    if said.hidden_at:
        raise ActionRefusedError("hidden_already", _("已经隐藏了。"))
    return said


def _check_unused(post: Post, said: Post | Comment) -> None:
    """Refuse where somebody relies on it."""
    if said.external_id:
        words = _("这条内容来自论坛。")
        raise ActionRefusedError("in_the_forum", words, ways_on=[_("请到论坛里删除，这里会跟着隐藏。")])
    if isinstance(said, Post) and post.ticket_id:
        raise ActionRefusedError(
            "is_a_ticket", _("这个提问已转为工单，不能撤回。"), ways_on=[_("请在工单里说明，或关闭工单。")]
        )
    if said.pk in (post.official_id, post.accepted_id) and isinstance(said, Comment):
        raise ActionRefusedError(
            "is_an_answer", _("这条评论是官方答复或已被采纳，不能撤回。"), ways_on=[_("补充一条评论说明。")]
        )
    replies = post.comments if isinstance(said, Post) else said.answers
    if replies.filter(hidden_at=None).exclude(author=said.author_id).exists():
        raise ActionRefusedError(
            "replied_to", _("已经有人回复，不能撤回。"), ways_on=[_("补充一条评论说明，或请版主处理。")]
        )
