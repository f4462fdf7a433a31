"""Something new on the board, and what its author does with it afterwards: edits it, says that it is solved."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from plans.models import Customer, Product, User
from sla.refusals import ActionRefusedError
from tickets.actions.board import timing
from tickets.actions.board.journal import follow_as, index, next_post, note, tell_followers
from tickets.actions.board.standing import (
    POSTS,
    Author,
    author_of,
    body_of,
    check_moderator,
    check_rate,
    is_moderator,
    title_of,
    to_write_on,
)
from tickets.models import BoardEvent, Comment, Post, Revision, Topic

Kind = BoardEvent.Kind
# So long an author may put right what they wrote.
OWN_EDITS = timedelta(minutes=30)
# The same words again within this are the same form sent twice.
TWICE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wants to post."""

    vendor: str
    kind: str
    title: str
    body: str
    topic: Topic | None = None
    product: Product | None = None
    allows_post_back: bool = True


@transaction.atomic
def ask(*, draft: Draft, author: User, at: datetime) -> Post:
    """Put a question, an idea or a talk on a vendor's board and return it; a question's clock starts. Source: Y04, K01

    The same form sent twice gives the same post. Raises ActionRefusedError for who has nothing to do with the vendor,
    for empty words, and for too many posts.
    """
    who = author_of(author)
    _check_place(draft, who)
    twin = Post.objects.filter(author=author, title=title_of(draft.title), body=body_of(draft.body), at__gt=at - TWICE)
    if found := twin.first():
        return found
    check_rate(Post, who, POSTS, at)
    post = stand(draft=draft, who=who, customer=who.contact.customer if who.contact else None, at=at)
    follow_as(post, author, at)
    return post


def stand(*, draft: Draft, who: Author, customer: Customer | None, at: datetime) -> Post:
    """Return a new post of whoever wrote it, with its clock and its first line. Call inside atomic."""
    key, code = next_post()
    is_idea = draft.kind == Post.Kind.IDEA
    post = Post.objects.create(
        pk=key, code=code, vendor=draft.vendor, kind=Post.Kind(draft.kind), topic=draft.topic, product=draft.product,
        title=title_of(draft.title), body=body_of(draft.body), author=who.user, contact=who.contact,
        author_display=who.name[:120], is_ours=who.is_ours, at=at, last_at=at, customer=customer,
        allows_post_back=draft.allows_post_back, idea_state=Post.Idea.NEW if is_idea else "",
    )  # fmt: skip
    timing.start(post, who.actor)
    index(post)
    note(post, Kind.ASKED, who.actor, at)
    return post


def _check_place(draft: Draft, who: Author) -> None:
    """Refuse a board, a topic or a product that is not there for this author."""
    if who.contact is None and who.user:
        check_moderator(who.user, draft.vendor)
    elif who.contact and not who.contact.customer.contracts.filter(plan__vendor=draft.vendor).exists():
        raise ActionRefusedError("unknown_board", _("您单位没有这个厂商的合同，不能在它的社区发帖。"))
    if draft.kind not in Post.Kind.values:
        raise ActionRefusedError("unknown_kind", _("请选择提问、创意或讨论。"))
    for place in (draft.topic, draft.product):
        if place and place.vendor != draft.vendor:
            raise ActionRefusedError("unknown_place", _("所选的专题或产品不在这个社区里。"))


@transaction.atomic
def edit(*, post: Post, title: str, body: str, actor: User, at: datetime) -> Post:
    """Write a post anew; what it said before is kept. Its author may for half an hour, who moderates always."""
    post = to_write_on(post, actor)
    check_may_edit(post, post.vendor, actor, at)
    Revision.objects.create(post=post, title=post.title, body=post.body, by=str(actor), at=at)
    post.title, post.body, post.edited_at = title_of(title), body_of(body), at
    post.save(update_fields=["title", "body", "edited_at"])
    index(post)
    note(post, Kind.EDITED, author_of(actor).actor, at)
    return post


def may_edit(said: Post | Comment, vendor: str, actor: User, at: datetime) -> bool:
    """Tell whether somebody may still write over something."""
    return is_moderator(actor, vendor) or (said.author_id == actor.pk and at < said.at + OWN_EDITS)


def check_may_edit(said: Post | Comment, vendor: str, actor: User, at: datetime) -> None:
    """Refuse to write over others' words, or over one's own after half an hour."""
    if not may_edit(said, vendor, actor, at):
        raise ActionRefusedError(
            "not_editable", _("只有作者在 30 分钟内可以修改，之后由版主修改。"), ways_on=[_("补充一条评论。")]
        )


@transaction.atomic
def accept_answer(*, post: Post, comment: Comment, actor: User, at: datetime) -> Post:
    """Keep that a comment solved it for whoever asked; where nobody answered officially nobody need any more."""
    post = to_write_on(post, actor)
    if post.author_id != actor.pk or post.kind != Post.Kind.QUESTION:
        raise ActionRefusedError("not_the_asker", _("只有提问人可以说问题解决了。"))
    if comment.post_id != post.pk or comment.hidden_at:
        raise ActionRefusedError("unknown_comment", _("没有这条评论。"))
    if post.official_id is None and post.accepted_id is None:
        timing.stop(post, "accepted", at)
    post.accepted, post.state = comment, Post.State.ANSWERED
    post.save(update_fields=["accepted", "state"])
    event = note(post, Kind.ACCEPTED, author_of(actor).actor, at, comment=comment)
    tell_followers(event, but=actor)
    return post
