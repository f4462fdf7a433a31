"""What a Discourse forum tells of becomes posts and comments, in any order, each once. Source: Y04"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from plans.models import ApiKey, Contact
from sla.refusals import ActionRefusedError
from tickets.actions.board import timing
from tickets.actions.board.answering import make_official
from tickets.actions.board.journal import follow_as, index, next_post, note, recount, tell_followers
from tickets.actions.board.posting_back import sent
from tickets.actions.board.standing import LONGEST_TITLE, Author, locked
from tickets.actions.board.talking import add_to_ticket
from tickets.channels.hook import Happening, Outcome, Verdict
from tickets.models import BoardEvent, Comment, InboundEvent, Post, PostBack, Revision, Topic

Kind, State = BoardEvent.Kind, Post.State
DISCOURSE = Post.Source.DISCOURSE


@dataclass(frozen=True, slots=True)
class Told:
    """One happening of a forum, with the key it came by and when it was."""

    happening: Happening
    key: ApiKey
    vendor: str
    received_at: datetime

    @property
    def said(self) -> Mapping[str, Any]:
        """Return what the forum says of it."""
        return self.happening.fields

    @property
    def at(self) -> datetime:
        """Return when it happened, never later than we heard of it."""
        return min(self.happening.at or self.received_at, self.received_at)


def take(event: InboundEvent, happenings: list[Happening], at: datetime) -> Outcome:
    """Do what a forum tells of, and return which post it is about. Call inside atomic."""
    key = event.api_key
    if key is None:
        raise ActionRefusedError("bad_key", _("密钥无效、已停用或已过期。"))
    posts = [_taken(Told(one, key, _vendor(key), event.received_at)) for one in happenings]
    event.external_id = happenings[0].external_id[:128]
    return Outcome(Verdict.TAKEN, fields={"post": posts[0].code})


def _vendor(key: ApiKey) -> str:
    """Return on whose board a key's posts stand. Raises ActionRefusedError where the key does not say."""
    vendor = key.product.vendor if key.product else str(key.options.get("vendor", ""))
    if not vendor:
        raise ActionRefusedError("no_vendor", _("密钥要限定产品，或在来源选项里写明 vendor。"))
    return vendor


def _taken(told: Told) -> Post:
    post = _post_of(told)
    DEEDS[told.happening.kind](post, told)
    return post


def _post_of(told: Told) -> Post:
    """Lock the post of a topic and return it; one that nobody told of yet is begun."""
    named = {
        "source": DISCOURSE,
        "external_scope": str(told.key.series),
        "external_id": told.happening.external_id[:128],
    }
    found = Post.objects.filter(**named).first()
    if found is None:
        try:
            with transaction.atomic():
                found = _begun(told, named)
        except IntegrityError:
            # Another call about the same topic was faster.
            found = Post.objects.get(**named)
    return locked(found)


def _begun(told: Told, named: Mapping[str, Any]) -> Post:
    key, code = next_post()
    said, url = told.said, str(told.key.options.get("url", "")).rstrip("/")
    address = f"{url}/t/{said['slug'] or '-'}/{told.happening.external_id}" if url.startswith("https://") else ""
    kind = Post.Kind.IDEA if said["is_idea"] else Post.Kind.QUESTION
    return Post.objects.create(
        pk=key, code=code, vendor=told.vendor, kind=kind, title=_title(said), at=told.at, last_at=told.at,
        idea_state=Post.Idea.NEW if said["is_idea"] else "", product=told.key.product, customer=told.key.customer,
        topic=Topic.objects.filter(vendor=told.vendor, code=said["topic"]).first() if said["topic"] else None,
        url=address[:400], api_key=told.key, **named,
    )  # fmt: skip


def _title(said: Mapping[str, Any]) -> str:
    return " ".join(str(said["title"]).split())[:LONGEST_TITLE] or _("（无标题）")


def _topic(post: Post, told: Told) -> None:
    """Know a topic by its title, where it stands, and who began it."""
    _retitle(post, told)
    _move(post, told)
    _introduce(post, told)


def _move(post: Post, told: Told) -> None:
    """Follow a topic into another category, where that is one of our topics."""
    code = told.said["topic"] if told.happening.kind == "topic_edited" else ""
    topic = Topic.objects.filter(vendor=post.vendor, code=code).first() if code else None
    if topic and topic != post.topic:
        post.topic = topic
        post.save(update_fields=["topic"])
        note(post, Kind.MOVED, _author(told).actor, told.received_at, topic=topic.code)


def _words(post: Post, told: Told) -> None:
    """Know a post of a topic: its first is the question itself."""
    if told.said["number"] == 1:
        _first(post, told)
    else:
        _reply(post, told)


def _first(post: Post, told: Told) -> None:
    said = told.said
    if post.body != said["body"] and (not post.body or _is_newer(post, said)):
        if post.body:
            Revision.objects.create(post=post, title=post.title, body=post.body, by=said["author"]["name"], at=told.at)
        post.body, post.edited_at = said["body"], said["edited_at"] if post.body else None
        post.save(update_fields=["body", "edited_at"])
    _retitle(post, told)
    _introduce(post, told)
    index(post)


def _is_newer(thing: Post | Comment, said: Mapping[str, Any]) -> bool:
    return bool(said["edited_at"]) and (thing.edited_at is None or said["edited_at"] > thing.edited_at)


def _retitle(post: Post, told: Told) -> None:
    title = _title(told.said)
    if told.happening.kind in ("topic_edited", "post_edited") and title != post.title and told.said["title"]:
        post.title = title
        post.save(update_fields=["title"])
        index(post)


def _introduce(post: Post, told: Told) -> None:
    """Learn who asked, once: from then on a question's clock runs, and hears what was answered before."""
    if post.author_display:
        return
    who = _author(told)
    post.author_display, post.contact, post.author, post.is_ours = who.name[:120], who.contact, who.user, who.is_ours
    post.customer = who.contact.customer if who.contact else post.customer
    post.at = min(post.at, told.at)
    if (who.is_ours or who.is_bot) and post.kind == Post.Kind.QUESTION:
        post.kind = Post.Kind.DISCUSSION
    post.save()
    timing.start(post, who.actor)
    if post.hidden_at:
        # The forum told of its end before its beginning.
        timing.stop(post, "hidden", told.received_at)
    follow_as(post, who.user, told.received_at)
    note(post, Kind.ASKED, who.actor, post.at)
    index(post)
    _heard_before(post)


def _heard_before(post: Post) -> None:
    answer = post.official
    if answer:
        who = Author(answer.author_display, user=answer.author, is_ours=True)
        timing.hear_answer(post, answer, who.actor, answer.at)


def _author(told: Told) -> Author:
    said = told.said["author"]
    ref = f"discourse:{said['username']}"
    if said["is_ours"] or said["is_program"]:
        return Author(said["name"] or ref, is_ours=said["is_ours"], ref=ref, is_bot=said["is_program"])
    contact = _contact(told.key, told.vendor, said)
    if contact is None:
        return Author(said["name"] or ref, ref=ref)
    return Author(contact.name, user=contact.user, contact=contact, ref=ref)


def _contact(key: ApiKey, vendor: str, said: Mapping[str, Any]) -> Contact | None:
    """Return the contact that a forum's user is: by e-mail, or by the id that the key's customer gave them."""
    known = Contact.objects.active().select_related("customer", "user").filter(customer__contracts__plan__vendor=vendor)
    known = known.filter(customer=key.customer) if key.customer else known
    if said["email"]:
        return known.filter(email__iexact=said["email"]).distinct().first()
    ids = [f"discourse:{said['number']}", said["username"]]
    return known.filter(external_id__in=[one for one in ids if one]).distinct().first() if key.customer else None


def _reply(post: Post, told: Told) -> None:
    """Keep a reply; one that we sent ourselves is only known by its number from now on."""
    if _is_our_own(post, told):
        return
    found = post.comments.filter(external_id=told.said["post"]).first()
    if found:
        _rewrite(found, told)
        return
    said = _said(post, told)
    who = _author(told)
    if who.is_ours and post.official_id is None and post.state != State.CLOSED:
        make_official(post=post, comment=said, who=who, at=told.at)
        return
    tell_followers(note(post, Kind.COMMENTED, who.actor, told.at, comment=said), but=who.user)
    add_to_ticket(post, said, told.at)


def _said(post: Post, told: Told) -> Comment:
    said, who = told.said, _author(told)
    comment = Comment.objects.create(
        post=post, author=who.user, contact=who.contact, author_display=who.name[:120], is_ours=who.is_ours,
        body=said["body"], at=told.at, external_id=said["post"], edited_at=said["edited_at"],
    )  # fmt: skip
    recount(post, told.at)
    index(post)
    return comment


def _is_our_own(post: Post, told: Told) -> bool:
    """Tell whether a reply is one of ours that comes back, and note its number."""
    ours = PostBack.objects.filter(comment__post=post)
    row = ours.filter(mark=told.said["mark"]).first() if told.said["mark"] else None
    if row is None and told.said["author"]["username"] == told.key.options.get("api_username"):
        # Where the forum does not send what was written as it was, its words tell.
        row = next((one for one in ours.filter(comment__external_id="") if _is_same(one, told)), None)
    if row:
        sent(row=row, external_id=told.said["post"], at=told.received_at)
    return row is not None


def _is_same(row: PostBack, told: Told) -> bool:
    return "".join(row.comment.body.split()) == "".join(str(told.said["body"]).split())


def _rewrite(comment: Comment, told: Told) -> None:
    said = told.said
    if told.happening.kind != "post_edited" or comment.body == said["body"] or not _is_newer(comment, said):
        return
    by = said["author"]["name"]
    Revision.objects.create(post=comment.post, comment=comment, body=comment.body, by=by, at=told.received_at)
    comment.body, comment.edited_at = said["body"], said["edited_at"]
    comment.save(update_fields=["body", "edited_at"])
    index(comment.post)


def _removed(post: Post, told: Told) -> None:
    """Take out of sight what was deleted in the forum; an answer that is gone there is no answer here."""
    comment = _comment_meant(post, told)
    thing: Post | Comment = comment or post
    if thing.hidden_at is None:
        thing.hidden_at, thing.hidden_why = told.received_at, _("论坛中已删除。")
        thing.save(update_fields=["hidden_at", "hidden_why"])
        _gone(post, comment, told.received_at)
        recount(post)
        index(post)


def _gone(post: Post, comment: Comment | None, at: datetime) -> None:
    if comment is None:
        timing.stop(post, "hidden", at)
    elif comment.pk == post.official_id:
        timing.forget_answer(post, comment, at)
        post.official, post.state = None, State.ANSWERED if post.accepted_id else State.OPEN
        post.save(update_fields=["official", "state"])
        Comment.objects.filter(pk=comment.pk).update(is_official=False, official_at=None)


def _recovered(post: Post, told: Told) -> None:
    """Show again what the forum brought back."""
    comment = _comment_meant(post, told)
    thing: Post | Comment = comment or post
    if thing.hidden_at:
        thing.hidden_at, thing.hidden_why = None, ""
        thing.save(update_fields=["hidden_at", "hidden_why"])
        if comment is None:
            timing.go_on(post, "hidden", told.received_at)
        recount(post)
        index(post)


def _comment_meant(post: Post, told: Told) -> Comment | None:
    """Return the comment that a happening is about, kept now where it was never told of; None for the post itself."""
    if told.said["number"] in (0, 1):
        return None
    return post.comments.filter(external_id=told.said["post"]).first() or _said(post, told)


def _solved(post: Post, told: Told) -> None:
    """Keep that whoever asked said in the forum which reply solved it."""
    comment = _comment_meant(post, told)
    if comment is None or post.accepted_id == comment.pk:
        return
    if post.official_id is None and post.accepted_id is None:
        timing.stop(post, "accepted", told.received_at)
    post.accepted, post.state = comment, State.ANSWERED
    post.save(update_fields=["accepted", "state"])
    note(post, Kind.ACCEPTED, _author(told).actor, told.received_at, comment=comment)


def _unsolved(post: Post, told: Told) -> None:
    """Keep that whoever asked took that back: where nobody answered officially the question waits again."""
    if post.accepted is None or post.accepted.external_id != told.said["post"]:
        return
    post.accepted = None
    if post.state != State.CLOSED:
        post.state = State.ANSWERED if post.official_id else State.OPEN
    post.save(update_fields=["accepted", "state"])
    timing.go_on(post, "accepted", told.received_at)
    note(post, Kind.REOPENED, _author(told).actor, told.received_at)


DEEDS: dict[str, Callable[[Post, Told], None]] = {
    "topic_created": _topic,
    "topic_edited": _topic,
    "topic_destroyed": _removed,
    "topic_recovered": _recovered,
    "post_created": _words,
    "post_edited": _words,
    "post_destroyed": _removed,
    "post_recovered": _recovered,
    "accepted_solution": _solved,
    "unaccepted_solution": _unsolved,
}
