"""What we say on the board for the vendor: the official answer alone meets a question's clock. Source: Y04, K02"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from plans.models import User
from sla.refusals import ActionRefusedError
from tickets.actions.board import timing
from tickets.actions.board.journal import follow_as, note, tell_followers
from tickets.actions.board.posting_back import send_to_forum
from tickets.actions.board.standing import Author, author_of, check_moderator, locked, to_write_on
from tickets.actions.board.talking import say
from tickets.actions.ticket.standing import first_touch, heir
from tickets.ledger import Entry, record
from tickets.models import BoardEvent, Comment, Message, Post, TicketEvent

Kind = BoardEvent.Kind


@transaction.atomic
def answer(*, post: Post, body: str, actor: User, at: datetime, parent: Comment | None = None) -> Comment:
    """Answer a post for the vendor, in sight of all, and return the answer."""
    check_moderator(actor, post.vendor)
    post = to_write_on(post, actor)
    said = say(post=post, body=body, who=author_of(actor), parent=parent, at=at)
    make_official(post=post, comment=said, who=author_of(actor), at=at)
    return said


@transaction.atomic
def mark_official(*, comment: Comment, actor: User, at: datetime) -> Comment:
    """Make what one of us said the official answer; the one before stands as a comment again."""
    check_moderator(actor, comment.post.vendor)
    post = to_write_on(comment.post, actor)
    said = post.comments.select_related("author", "contact").get(pk=comment.pk)
    if not said.is_ours or said.hidden_at:
        raise ActionRefusedError(
            "not_ours", _("只有服务人员写的评论可以定为官方答复。"), ways_on=[_("写一条自己的答复，并引用这条评论。")]
        )
    make_official(post=post, comment=said, who=author_of(actor), at=at)
    return said


def make_official(*, post: Post, comment: Comment, who: Author, at: datetime, is_from_ticket: bool = False) -> None:
    """Make a comment the answer, tell the clocks, the followers and the forum. Call inside atomic, post locked.

    `is_from_ticket`: the ticket knows it already.
    """
    if post.official and post.official_id != comment.pk:
        # It was an answer all the same: what it met stays met.
        _unmark(post.official)
    comment.is_official, comment.official_at = True, at
    comment.save(update_fields=["is_official", "official_at"])
    post.official, post.state = comment, Post.State.ANSWERED
    post.save(update_fields=["official", "state"])
    timing.hear_answer(post, comment, who.actor, at)
    if not is_from_ticket:
        _say_in_ticket(post, comment, who, at)
    follow_as(post, who.user, at)
    tell_followers(note(post, Kind.ANSWERED, who.actor, at, comment=comment), but=who.user)
    send_to_forum(post, comment, at)


def _say_in_ticket(post: Post, comment: Comment, who: Author, at: datetime) -> None:
    """Write an official answer into the question's ticket: for its clock too it is the contact that was promised."""
    if post.ticket is None or who.is_bot:
        return
    ticket = heir(post.ticket)
    if ticket.is_ended:
        return
    touch = first_touch(ticket, who.user, at) if who.user else []
    message = Message.objects.create(
        ticket=ticket,
        author_kind=who.actor.kind,
        author=who.user,
        author_display=who.name[:120],
        body=comment.body,
        at=at,
    )
    said = Entry(TicketEvent.Kind.REPLY, who.actor, at, message, {"via": "board", "post": post.code})
    record(ticket, *touch, said)


@transaction.atomic
def withdraw_official(*, post: Post, actor: User, words: str, at: datetime) -> Post:
    """Take the official answer back: the question is open as if nobody had answered; the ticket keeps its line."""
    check_moderator(actor, post.vendor)
    post = locked(post)
    if post.official is None:
        raise ActionRefusedError("no_answer", _("这个帖子还没有官方答复。"))
    comment = post.official
    _unmark(comment)
    for event in post.events.filter(kind=Kind.ANSWERED).select_related("comment"):
        if event.comment:
            timing.forget_answer(post, event.comment, at)
    post.official, post.state = None, Post.State.ANSWERED if post.accepted_id else Post.State.OPEN
    post.save(update_fields=["official", "state"])
    note(post, Kind.UNANSWERED, author_of(actor).actor, at, comment=comment, words=words.strip())
    return post


def _unmark(comment: Comment) -> None:
    comment.is_official, comment.official_at = False, None
    comment.save(update_fields=["is_official", "official_at"])
