"""A post as its readers see it, whichever side they stand on: what was said to it, and what they may do with it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString

from plans.models import User
from tickets.actions.board.asking import may_edit
from tickets.actions.board.standing import is_moderator
from tickets.actions.board.withdrawing import may_withdraw
from tickets.knowledge.writing import html_of
from tickets.models import BoardEvent, Comment, Post
from tickets.showing.wording import name_of


@dataclass(frozen=True, slots=True)
class ShownComment:
    """A comment with the answers below it, and what this reader may do with it."""

    row: Comment
    name: str
    body: SafeString
    is_mine: bool
    may_edit: bool
    is_accepted: bool
    may_withdraw: bool
    answers: list["ShownComment"] = field(default_factory=list)


def author_name(row: Post | Comment) -> str:
    """Return who wrote something, by name alone: nobody reads here what company or address they have."""
    if row.contact:
        return name_of(row.contact)
    return name_of(row.author) if row.author else row.author_display


def comments_of(post: Post, user: User, at: datetime) -> list[ShownComment]:
    """Return what was said to a post, as far as this reader may read it, answers under what they answer."""
    rows = list(post.comments.readable_by(user).select_related("author", "contact"))
    shown = {row.pk: _comment(row, post, user, at) for row in rows}
    for row in rows:
        if row.parent_id in shown:
            shown[row.parent_id].answers.append(shown[row.pk])
    return [shown[row.pk] for row in rows if row.parent_id not in shown]


def _comment(row: Comment, post: Post, user: User, at: datetime) -> ShownComment:
    return ShownComment(
        row=row, name=author_name(row), body=html_of(row.body), is_mine=row.author_id == user.pk,
        may_edit=may_edit(row, post.vendor, user, at), is_accepted=post.accepted_id == row.pk,
        may_withdraw=post.accepted_id != row.pk and may_withdraw(row, user),
    )  # fmt: skip


def told(post: Post, user: User, at: datetime) -> dict[str, Any]:
    """Return what the page of a post needs, whoever reads it."""
    comments = comments_of(post, user, at)
    return {
        "post": post,
        "name": author_name(post),
        "body": html_of(post.body),
        "comments": comments,
        "official": next((one for one in _all(comments) if one.row.pk == post.official_id), None),
        "is_mine": post.author_id == user.pk,
        "is_open": post.state != Post.State.CLOSED and not post.merged_into_id and not post.hidden_at,
        "may_edit": may_edit(post, post.vendor, user, at),
        "may_withdraw": post.ticket_id is None and may_withdraw(post, user),
        "may_moderate": is_moderator(user, post.vendor),
        "has_voted": post.votes.filter(user=user).exists(),
        "follows": post.follows.filter(user=user).exists(),
        "closed_why": _closed_why(post),
        "now": at,
    }


def _closed_why(post: Post) -> str:
    """Return the reason that was given for closing a post, nothing where it is open or was joined into another."""
    if post.state != Post.State.CLOSED or post.merged_into_id:
        return ""
    last = post.events.filter(kind=BoardEvent.Kind.CLOSED).order_by("-pk").first()
    return last.words if last else ""


def _all(comments: Iterable[ShownComment]) -> Iterable[ShownComment]:
    for one in comments:
        yield one
        yield from one.answers
