"""What every act in a conversation stands on: its lock, who may speak, and its numbered lines."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import override

from plans.models import Contact, User
from plans.models.people import Role
from sla.refusals import ActionRefusedError
from tickets.actions.chat.strangers import unknown_person
from tickets.live.telling import tell
from tickets.models import Chat, ChatMessage, Visitor
from tickets.showing.chat import message_fields

Speaker = Visitor | User
Author, Kind, State = ChatMessage.Author, ChatMessage.Kind, Chat.State
PEOPLE = (Author.CUSTOMER, Author.AGENT)
LEADING = (Role.LEAD, Role.MANAGER, Role.ADMIN)
# What a line may change on its conversation.
COUNTED = ("message_count", "customer_read", "agent_read", "customer_at", "agent_at")


@dataclass(frozen=True, slots=True)
class Line:
    """Something about to be said or noted: by whom, what, and what the sender calls it."""

    author_kind: ChatMessage.Author
    body: str = ""
    kind: ChatMessage.Kind = ChatMessage.Kind.TEXT
    author: User | None = None
    display: str = ""
    is_whisper: bool = False
    client_id: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)


def locked(chat: Chat) -> Chat:
    """Lock a conversation and return it as it is now; before any ticket or clock, everybody in this order.

    Nothing is read along: a row that somebody else has just set would be joined as it was before.
    """
    return Chat.objects.select_for_update().get(pk=chat.pk)


def add(chat: Chat, line: Line, at: datetime, *also: str) -> ChatMessage:
    """Add a line to a locked conversation, under its next number, save what it changes, and tell who has it open.

    `also` names fields that the caller has set on the conversation.
    """
    chat.message_count += 1
    message = ChatMessage(
        chat=chat, number=chat.message_count, kind=line.kind, author_kind=line.author_kind, author=line.author,
        author_display=line.display[:120], body=line.body, is_whisper=line.is_whisper,
        client_id=line.client_id, fields=dict(line.fields), at=at,
    )  # fmt: skip
    message.save(force_insert=True)
    _heard(chat, line, at)
    chat.save(update_fields=[*COUNTED, *also])
    tell_said(message)
    return message


def tell_said(message: ChatMessage) -> None:
    """Tell open pages of a new line; what a person wrote for both sides goes along, so that nobody need look it up."""
    news = {"kind": "message", "number": message.number, "whisper": message.is_whisper}
    # A name that we give, an event's words and a file's list are said to each reader in their own language.
    is_the_same_to_all = message.kind == Kind.TEXT and message.author_kind in PEOPLE and message.author_display
    if is_the_same_to_all and not message.is_whisper:
        news["said"] = message_fields(message, for_agent=False)
    tell(f"chat:{message.chat_id}", news)


def _heard(chat: Chat, line: Line, at: datetime) -> None:
    """Note on a conversation who spoke last; whoever speaks has read what stands above."""
    if line.author_kind == Author.CUSTOMER:
        chat.customer_at, chat.customer_read = at, chat.message_count
    elif line.author_kind == Author.AGENT and line.kind != Kind.EVENT:
        chat.agent_read = chat.message_count
        chat.agent_at = chat.agent_at if line.is_whisper else at


def event(chat: Chat, name: str, at: datetime, *also: str, **fields: Any) -> ChatMessage:
    """Note what happened in a locked conversation, for both sides; its state is news to the desk too."""
    line = Line(Author.SYSTEM, kind=Kind.EVENT, fields={"event": name} | fields)
    message = add(chat, line, at, *also)
    tell_state(chat)
    return message


def tell_state(chat: Chat) -> None:
    """Tell open pages that a conversation stands otherwise, or has moved in the line."""
    tell(f"chat:{chat.pk}", {"kind": "state"})
    tell(f"desk:{chat.vendor}", {"kind": "line", "chat": chat.code})


def bot_says(chat: Chat, body: str, at: datetime, fields: Mapping[str, Any] | None = None) -> ChatMessage:
    """Have the bot say something; no clock hears it. Source: K02"""
    with override(chat.language):
        display = _("智能客服")
    return add(chat, Line(Author.BOT, body, display=display, fields=fields or {}), at)


def check_open(chat: Chat) -> None:
    """Refuse what may only be done while a conversation goes on."""
    if chat.state == State.ENDED:
        raise ActionRefusedError("chat_ended", _("这个会话已经结束。"), ways_on=[_("重新打开云客服，开始新的会话。")])


def check_own(chat: Chat, visitor: Visitor) -> None:
    """Refuse a visitor whose conversation it is not, as if there were none."""
    is_own = chat.contact_id == visitor.contact_id if chat.contact_id else chat.visitor_id == visitor.pk
    if not is_own:
        raise ActionRefusedError("unknown_chat", _("没有这个会话。"))


def check_staff(user: User) -> None:
    """Refuse who is not of ours."""
    if not user.is_agent or not user.is_active:
        raise ActionRefusedError("not_allowed", _("只有服务人员可以这样做。"))


def is_in(chat: Chat, user: User) -> bool:
    """Tell whether one of us leads a conversation or sits in it."""
    return chat.assignee_id == user.pk or chat.seats.filter(user=user, left_at=None).exists()


def check_part(chat: Chat, user: User) -> None:
    """Refuse one of us who does not take part; who leads a team may all the same."""
    check_staff(user)
    if user.role not in LEADING and not is_in(chat, user):
        raise ActionRefusedError(
            "not_in_chat", _("您不在这个会话里。"), ways_on=[_("先接入，或请接待人邀请您加入。"), _("或留一条悄悄话。")]
        )


def contact_of(chat: Chat) -> Contact:
    """Return the contact that a conversation is with. Raises ActionRefusedError where nobody knows who it is."""
    if chat.contact is None:
        raise unknown_person(chat.vendor)
    return chat.contact


def of_person(visitor: Visitor) -> Q:
    """Return what narrows conversations to a visitor's own."""
    return Q(contact=visitor.contact_id) if visitor.contact_id else Q(visitor=visitor, contact=None)
