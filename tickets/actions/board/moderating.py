"""How one of us keeps a board in order; whoever wrote hears what was done with it, and why."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from plans.models import User
from sla.refusals import ActionRefusedError
from tickets.actions.board import timing
from tickets.actions.board.journal import index, note, recount, tell_author, tell_followers
from tickets.actions.board.standing import LONGEST_WORDS, author_of, clean, reason_of, to_moderate
from tickets.models import BoardEvent, Comment, Flag, Follow, Post, Topic, Vote

Kind, State = BoardEvent.Kind, Post.State


@transaction.atomic
def hide(*, post: Post, comment: Comment | None, why: str, actor: User, at: datetime) -> None:
    """Take a post or a comment out of sight; reports of it are settled, and its author hears why."""
    post = to_moderate(post, actor)
    said = _said(post, comment)
    if said.hidden_at:
        raise ActionRefusedError("hidden_already", _("已经隐藏了。"))
    said.hidden_at, said.hidden_why = at, reason_of(why)
    said.save(update_fields=["hidden_at", "hidden_why"])
    post.flags.filter(comment=comment, settled_at=None).update(settled_at=at, settled_by=actor, is_upheld=True)
    if comment is None:
        timing.stop(post, "hidden", at)
    _seen_anew(post)
    who = author_of(actor).actor
    tell_author(note(post, Kind.HIDDEN, who, at, comment=comment, words=said.hidden_why), said.author)


@transaction.atomic
def restore(*, post: Post, comment: Comment | None, actor: User, at: datetime) -> None:
    """Put a post or a comment back in sight, and tell its author; a question's clock goes on as if nothing had been."""
    post = to_moderate(post, actor)
    said = _said(post, comment)
    if said.hidden_at is None:
        raise ActionRefusedError("not_hidden", _("现在没有隐藏。"))
    if said.is_withdrawn:
        raise ActionRefusedError("withdrawn", _("这是作者自己撤回的，不能恢复显示。"))
    said.hidden_at, said.hidden_why = None, ""
    said.save(update_fields=["hidden_at", "hidden_why"])
    if comment is None:
        timing.go_on(post, "hidden", at)
    _seen_anew(post)
    tell_author(note(post, Kind.RESTORED, author_of(actor).actor, at, comment=comment), said.author)


def _said(post: Post, comment: Comment | None) -> Post | Comment:
    """Return what is to be moderated: the locked post, or the comment as it is now."""
    return post.comments.select_related("author").get(pk=comment.pk) if comment else post


def _seen_anew(post: Post) -> None:
    recount(post)
    index(post)


@transaction.atomic
def dismiss(*, flag: Flag, actor: User, at: datetime) -> None:
    """Settle the reports of a post or comment as unfounded."""
    post = to_moderate(flag.post, actor)
    post.flags.filter(comment=flag.comment_id, settled_at=None).update(settled_at=at, settled_by=actor)


@transaction.atomic
def pin(*, post: Post, is_pinned: bool, actor: User, at: datetime) -> None:
    """Have a post stand on top of its board, or no longer."""
    post = to_moderate(post, actor)
    post.is_pinned = is_pinned
    post.save(update_fields=["is_pinned"])
    note(post, Kind.PINNED if is_pinned else Kind.UNPINNED, author_of(actor).actor, at)


@transaction.atomic
def close(*, post: Post, words: str, actor: User, at: datetime) -> None:
    """End a post: nobody can add to it any more, and nobody waits for an answer."""
    post = to_moderate(post, actor)
    if post.state == State.CLOSED:
        raise ActionRefusedError("post_closed", _("这个帖子已关闭。"))
    why = reason_of(words)
    post.state = State.CLOSED
    post.save(update_fields=["state"])
    timing.stop(post, "closed", at)
    tell_followers(note(post, Kind.CLOSED, author_of(actor).actor, at, words=why), but=actor)


@transaction.atomic
def reopen(*, post: Post, actor: User, at: datetime) -> None:
    """Take up a closed post again; a question's clock goes on as if it had never been closed."""
    post = to_moderate(post, actor)
    if post.state != State.CLOSED or post.merged_into_id:
        raise ActionRefusedError("not_closed", _("这个帖子没有关闭，或已并入别的帖子。"))
    post.state = State.ANSWERED if post.official_id or post.accepted_id else State.OPEN
    post.save(update_fields=["state"])
    timing.go_on(post, "closed", at)
    note(post, Kind.REOPENED, author_of(actor).actor, at)


@transaction.atomic
def move(*, post: Post, topic: Topic | None, actor: User, at: datetime) -> None:
    """Put a post under another topic of its board."""
    post = to_moderate(post, actor)
    if topic and topic.vendor != post.vendor:
        raise ActionRefusedError("unknown_place", _("所选的专题或产品不在这个社区里。"))
    post.topic = topic
    post.save(update_fields=["topic"])
    note(post, Kind.MOVED, author_of(actor).actor, at, topic=topic.code if topic else "")


@transaction.atomic
def merge(*, post: Post, into: Post, actor: User, at: datetime) -> Post:
    """Join a post into another that says the same, with its votes and followers; what was said to it stays readable."""
    first, second = sorted((post, into), key=lambda one: one.pk)
    found = {one.pk: to_moderate(one, actor) for one in (first, second)}
    child, parent = found[post.pk], found[into.pk]
    _check_mergeable(child, parent)
    child.state, child.merged_into = State.CLOSED, parent
    child.save(update_fields=["state", "merged_into"])
    timing.stop(child, "merged", at)
    votes = [Vote(post=parent, user_id=row.user_id, at=row.at) for row in child.votes.all()]
    follows = [Follow(post=parent, user_id=row.user_id, at=row.at) for row in child.follows.all()]
    Vote.objects.bulk_create(votes, ignore_conflicts=True)
    Follow.objects.bulk_create(follows, ignore_conflicts=True)
    recount(parent)
    who = author_of(actor).actor
    note(parent, Kind.MERGED, who, at, merged_from=child.code)
    tell_followers(note(child, Kind.MERGED, who, at, into=parent.code), but=actor)
    return child


def _check_mergeable(child: Post, parent: Post) -> None:
    if child.pk == parent.pk:
        raise ActionRefusedError("merge_into_itself", _("帖子不能并入自身。"))
    if child.vendor != parent.vendor or child.kind != parent.kind:
        raise ActionRefusedError("merge_across", _("只能合并同一社区里同一类型的帖子。"))
    if child.merged_into_id or parent.merged_into_id or parent.hidden_at:
        raise ActionRefusedError("merged_already", _("已并入或已隐藏的帖子不能再合并。"))


@transaction.atomic
def set_idea_state(*, post: Post, state: str, words: str, actor: User, at: datetime) -> None:
    """Say how far an idea is, in words where it is not taken up; everyone who follows it hears of it."""
    post = to_moderate(post, actor)
    if post.kind != Post.Kind.IDEA or state not in Post.Idea.values:
        raise ActionRefusedError("not_an_idea", _("只有创意有进度。"))
    needed = state == Post.Idea.DECLINED
    said = (
        clean(words, LONGEST_WORDS, code="no_reason", asked=_("请写明为什么不采纳。"))
        if needed or words.strip()
        else ""
    )
    post.idea_state, post.idea_words = Post.Idea(state), said
    post.save(update_fields=["idea_state", "idea_words"])
    tell_followers(note(post, Kind.IDEA, author_of(actor).actor, at, words=said, state=state), but=actor)
