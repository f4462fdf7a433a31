"""What readers do with a post: comment, vote, follow, report."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from plans.models import User
from sla.refusals import ActionRefusedError
from tickets.actions.board.asking import check_may_edit
from tickets.actions.board.journal import follow_as, index, note, recount, tell_followers
from tickets.actions.board.standing import (
    COMMENTS,
    FLAGS,
    Author,
    author_of,
    body_of,
    check_moderator,
    check_rate,
    reason_of,
    seen_by,
    to_write_on,
)
from tickets.actions.ticket import customer_message
from tickets.actions.ticket.standing import heir
from tickets.models import BoardEvent, Channel, Comment, Flag, Follow, Post, Revision, Status, Vote

Kind = BoardEvent.Kind
# The same words again within this are the same form sent twice.
TWICE = timedelta(minutes=2)


@transaction.atomic
def comment(*, post: Post, body: str, author: User, at: datetime, parent: Comment | None = None) -> Comment:
    """Say something to a post, or to a comment of it, and return it.

    What the asker adds to a question that became a ticket is said in the ticket too. Raises ActionRefusedError for a
    post that is closed, and for too many comments.
    """
    post = to_write_on(post, author)
    who = author_of(author)
    if who.is_ours:
        check_moderator(author, post.vendor)
    twin = Comment.objects.filter(post=post, author=author, body=body_of(body), at__gt=at - TWICE)
    if found := twin.first():
        return found
    check_rate(Comment, who, COMMENTS, at)
    said = say(post=post, body=body, who=who, parent=_first_level(post, parent), at=at)
    follow_as(post, author, at)
    tell_followers(note(post, Kind.COMMENTED, who.actor, at, comment=said), but=author)
    add_to_ticket(post, said, at)
    return said


def say(*, post: Post, body: str, who: Author, parent: Comment | None, at: datetime) -> Comment:
    """Return a new comment of whoever wrote it, counted and searched. Call inside atomic with the post locked."""
    said = Comment.objects.create(
        post=post, parent=parent, author=who.user, contact=who.contact, author_display=who.name[:120],
        is_ours=who.is_ours, body=body_of(body), at=at,
    )  # fmt: skip
    recount(post, at)
    index(post)
    return said


def _first_level(post: Post, parent: Comment | None) -> Comment | None:
    """Return the comment that an answer stands under: of this post, and no answer itself."""
    if parent is None:
        return None
    if parent.post_id != post.pk or parent.hidden_at:
        raise ActionRefusedError("unknown_comment", _("没有这条评论。"))
    return parent.parent or parent


def add_to_ticket(post: Post, said: Comment, at: datetime) -> None:
    """Say in the ticket too what whoever asked adds; one that is closed hears no more."""
    if post.ticket is None or said.contact is None or said.contact_id != post.contact_id:
        return
    ticket = heir(post.ticket)
    if ticket.status != Status.CLOSED:
        customer_message(ticket=ticket, contact=said.contact, body=said.body, at=at, channel=Channel.COMMUNITY)


@transaction.atomic
def edit_comment(*, comment: Comment, body: str, actor: User, at: datetime) -> Comment:
    """Write a comment anew; what it said before is kept. Its author may for half an hour, who moderates always."""
    post = to_write_on(comment.post, actor)
    said = post.comments.readable_by(actor).select_for_update(of=("self",)).filter(pk=comment.pk).first()
    if said is None:
        raise ActionRefusedError("unknown_comment", _("没有这条评论。"))
    check_may_edit(said, post.vendor, actor, at)
    Revision.objects.create(post=post, comment=said, body=said.body, by=str(actor), at=at)
    said.body, said.edited_at = body_of(body), at
    said.save(update_fields=["body", "edited_at"])
    index(post)
    note(post, Kind.EDITED, author_of(actor).actor, at, comment=said)
    return said


@transaction.atomic
def vote(*, post: Post, user: User, at: datetime) -> Post:
    """Count somebody's vote for a post, once."""
    post = to_write_on(post, user)
    author_of(user)
    Vote.objects.get_or_create(post=post, user=user, defaults={"at": at})
    recount(post)
    return post


@transaction.atomic
def unvote(*, post: Post, user: User) -> Post:
    """Take somebody's vote back."""
    post = to_write_on(post, user)
    Vote.objects.filter(post=post, user=user).delete()
    recount(post)
    return post


@transaction.atomic
def follow(*, post: Post, user: User, at: datetime) -> None:
    """Have somebody hear what becomes of a post."""
    follow_as(seen_by(post, user), user, at)


def unfollow(*, post: Post, user: User) -> None:
    """Tell somebody no more of a post."""
    Follow.objects.filter(post=post, user=user).delete()


@transaction.atomic
def flag(*, post: Post, comment: Comment | None, why: str, user: User, at: datetime) -> Flag:
    """Report that a post or a comment does not belong here, and return the report; the same one twice is one."""
    post = seen_by(post, user)
    if comment and (comment.post_id != post.pk or comment.hidden_at):
        raise ActionRefusedError("unknown_comment", _("没有这条评论。"))
    if (comment or post).author_id == user.pk:
        raise ActionRefusedError("own_words", _("不能举报自己写的内容。"))
    if Flag.objects.filter(user=user, at__gt=at - FLAGS.within).count() >= FLAGS.most:
        raise ActionRefusedError("too_many", _("举报太多，请稍后再试。"))
    said = {"why": reason_of(why), "at": at}
    found, _is_new = Flag.objects.get_or_create(post=post, comment=comment, user=user, settled_at=None, defaults=said)
    return found


def note_view(*, post: Post) -> None:
    """Count that a post was opened."""
    Post.objects.filter(pk=post.pk).update(view_count=F("view_count") + 1)
