"""What happened to a post, as a line of its journal, and those who hear of it by mail."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models.expressions import RawSQL

from plans.accounts import contact_of
from plans.actions.news import tell
from plans.models import AccountNotice, Contact, Contract, User
from sla.actors import Actor
from tickets.knowledge.grams import vector
from tickets.knowledge.writing import text_of_markdown
from tickets.models import BoardEvent, Comment, Follow, Post

# So long a letter about a comment waits for others that it tells of too; what comes just before it goes is the next's.
GATHERING, JUST_BEFORE = timedelta(minutes=5), timedelta(seconds=30)
NEXT = "SELECT nextval(pg_get_serial_sequence('tickets_post', 'id'))"
# Characters of what others said that are searched along with a post.
SEARCHED = 20_000


def next_post() -> tuple[int, str]:
    """Return the key and the code of a post to be made."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT)
        [key] = cursor.fetchone()
    return key, f"B-{key:06d}"


def note(
    post: Post, kind: BoardEvent.Kind, actor: Actor, at: datetime, *, comment: Comment | None = None, words: str = "",
    **fields: Any,
) -> BoardEvent:  # fmt: skip
    """Write a line into a post's journal and return it. Call inside atomic."""
    return BoardEvent.objects.create(
        post=post, comment=comment, kind=kind, at=at, actor_kind=actor.kind, actor_ref=actor.ref,
        actor_display=actor.display, words=words[:600], fields=fields,
    )  # fmt: skip


def tell_followers(event: BoardEvent, *, but: User | None = None, post: Post | None = None) -> None:
    """Have everyone hear of it who follows the post, or another one, but for who did it."""
    follows = Follow.objects.filter(post=post or event.post, user__is_active=True).select_related("user__contact")
    _tell(event, (follow.user for follow in follows if follow.user != but))


def tell_author(event: BoardEvent, user: User | None) -> None:
    """Have the author of a post or comment hear what was done with it."""
    if user and user.is_active and event.actor_ref not in (f"user:{user.pk}", f"contact:{_contact_key(user)}"):
        _tell(event, [user])


def tell_team(event: BoardEvent) -> None:
    """Have whoever answers for the post's contract on our side hear of it."""
    if event.post.contract:
        tell(
            kind=f"board_{event.kind}", contract=event.post.contract, about={"event": event.pk}, to=["team_lead"],
            at=event.at, key=f"board:{event.pk}:team",
        )  # fmt: skip


def _tell(event: BoardEvent, users: Iterable[User]) -> None:
    for user in users:
        contact = contact_of(user) if user.is_customer else None
        contract = _contract_of(contact, event.post) if user.is_customer else event.post.contract
        if contract is None or (user.is_customer and contact is None):
            continue
        reader = f"contact:{contact.pk}" if contact else f"user:{user.pk}"
        is_comment = event.kind == BoardEvent.Kind.COMMENTED
        if is_comment and _is_told_along(event, reader):
            continue
        tell(
            kind=f"board_{event.kind}", contract=contract, about={"event": event.pk, "post": event.post_id},
            to=[reader], at=event.at, key=f"board:{event.pk}:{reader}",
            not_before=event.at + GATHERING if is_comment else None,
        )  # fmt: skip


def _is_told_along(event: BoardEvent, reader: str) -> bool:
    """Tell whether a letter about an earlier comment still waits that will tell its reader of this one too."""
    waiting = AccountNotice.objects.filter(
        kind=f"board_{event.kind}", finished_at=None, not_before__gt=event.at + JUST_BEFORE
    )
    return waiting.filter(about__post=event.post_id, to=[reader]).exists()


def _contact_key(user: User) -> int:
    contact = contact_of(user)
    return contact.pk if contact else 0


def _contract_of(contact: Contact | None, post: Post) -> Contract | None:
    """Return the reader's own contract with the vendor of the board; who has none reads there no more."""
    if contact is None:
        return None
    theirs = Contract.objects.filter(customer=contact.customer_id, plan__vendor=post.vendor)
    return theirs.order_by("-ends_on", "pk").first()


def follow_as(post: Post, user: User | None, at: datetime) -> None:
    """Make somebody a follower of a post, once."""
    if user:
        Follow.objects.get_or_create(post=post, user=user, defaults={"at": at})


def index(post: Post) -> None:
    """Write a post's search tokens anew: its title, its words, and what was said to it in sight."""
    said = post.comments.filter(hidden_at=None).values_list("body", flat=True)
    answers = text_of_markdown("\n\n".join(said)[:SEARCHED])
    tokens = vector(("A", f"{post.title} {post.code}"), ("B", text_of_markdown(post.body)), ("D", answers))
    Post.objects.filter(pk=post.pk).update(tokens=RawSQL("%s::tsvector", [tokens]))


def recount(post: Post, at: datetime | None = None) -> None:
    """Count a post's comments in sight and its votes anew; `at` is when something new was said."""
    post.comment_count = post.comments.filter(hidden_at=None).count()
    post.vote_count = post.votes.count()
    post.last_at = max(post.last_at, at) if at else post.last_at
    post.save(update_fields=["comment_count", "vote_count", "last_at"])
