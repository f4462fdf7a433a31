"""How a conversation ends, and what the customer thinks of it."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from plans.models import User
from sla.actors import SYSTEM, Actor
from sla.refusals import ActionRefusedError
from sla.timeline import ActorKind, FactKind
from tickets.actions.chat.hearing import observe
from tickets.actions.chat.lines import Speaker, State, check_own, check_part, contact_of, event, locked
from tickets.answers import instant
from tickets.models import Chat, Visitor
from tickets.telling.notifications import queue_transcript

BEST = 5
# Who has spoken since is no more silent.
SOON = timedelta(minutes=1)
ENDED = ("state", "ended_at", "ended_by")
RATED = ("rating", "rating_words", "rated_at")


@transaction.atomic
def end(*, chat: Chat, actor: Speaker | None, at: datetime) -> Chat:
    """End a conversation, or find it ended; nobody's doing means that nobody spoke any more."""
    chat = locked(chat)
    if isinstance(actor, Visitor):
        check_own(chat, actor)
    elif actor is not None:
        check_part(chat, actor)
    if chat.state == State.ENDED:
        return chat
    chat.state, chat.ended_at, chat.ended_by = State.ENDED, at, _by(actor)
    chat.seats.filter(left_at=None).update(left_at=at)
    message = event(chat, "ended", at, *ENDED, by=chat.ended_by)
    observe(chat, FactKind.CLOSE, _who(actor), message)
    return chat


@transaction.atomic
def foretell_end(*, chat: Chat, ends_at: datetime, at: datetime) -> Chat:
    """Tell both sides when a conversation ends if nobody says anything, unless somebody did just now."""
    chat = locked(chat)
    spoken = [when for when in (chat.customer_at, chat.agent_at, chat.accepted_at) if when]
    if chat.state == State.ACTIVE and all(when <= at - SOON for when in spoken):
        event(chat, "ending", at, ends_at=instant(ends_at))
    return chat


@transaction.atomic
def send_record(*, chat: Chat, visitor: Visitor, at: datetime) -> str:
    """Send the record of an ended conversation to its customer's own address, which comes back; asked again, once."""
    chat = locked(chat)
    check_own(chat, visitor)
    contact = contact_of(chat)
    if chat.state != State.ENDED:
        raise ActionRefusedError("not_ended", _("会话结束后再发送记录。"))
    if not contact.email:
        raise ActionRefusedError("no_address", _("没有登记您的邮箱。"), ways_on=[_("在门户的“以前的会话”里看记录。")])
    queue_transcript(chat=chat, contact=contact, at=at)
    return contact.email


def _by(actor: Speaker | None) -> Chat.EndedBy:
    if actor is None:
        return Chat.EndedBy.SILENCE
    return Chat.EndedBy.CUSTOMER if isinstance(actor, Visitor) else Chat.EndedBy.AGENT


def _who(actor: Speaker | None) -> Actor:
    if isinstance(actor, User):
        return Actor(ActorKind.AGENT, f"user:{actor.pk}", str(actor))
    return SYSTEM if actor is None else Actor(ActorKind.CUSTOMER, f"visitor:{actor.pk}", str(actor))


@transaction.atomic
def rate(*, chat: Chat, rating: int, words: str, at: datetime) -> Chat:
    """Keep what the customer thinks of a conversation, from 1 to 5; said again, the later counts."""
    chat = locked(chat)
    if not 1 <= rating <= BEST:
        raise ActionRefusedError("bad_rating", _("评分为 1 到 5。"))
    if chat.state not in (State.ENDED, State.ACTIVE):
        raise ActionRefusedError("not_ended", _("会话结束后再评价。"))
    chat.rating, chat.rating_words, chat.rated_at = rating, words.replace("\x00", "").strip()[:500], at
    chat.save(update_fields=RATED)
    return chat
