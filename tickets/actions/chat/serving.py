"""What our people do with a conversation: take it, hand it on, bring somebody in, leave it. Source: Y06"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest, Least
from django.utils.translation import gettext as _

from plans.models import Team, User
from sla.refusals import ActionRefusedError
from tickets.actions.chat.lines import (
    Author,
    Line,
    Speaker,
    State,
    add,
    check_open,
    check_own,
    check_part,
    check_staff,
    event,
    is_in,
    locked,
)
from tickets.live.telling import tell
from tickets.models import Chat, ChatSeat, Presence, Visitor


@transaction.atomic
def accept(*, chat: Chat, agent: User, at: datetime) -> Chat:
    """Take a waiting conversation; of two who try one gets it. It answers no clock: only words do. Source: K02"""
    check_staff(agent)
    # Before the conversation, as everybody who puts conversations back does.
    _seen(agent, at)
    chat = locked(chat)
    check_open(chat)
    if chat.state == State.ACTIVE and chat.assignee_id == agent.pk:
        return chat
    _check_waiting(chat)
    _check_room(agent)
    chat.state, chat.assignee, chat.accepted_at = State.ACTIVE, agent, at
    event(chat, "accepted", at, "state", "assignee", "accepted_at", **_named(agent))
    return chat


def _check_waiting(chat: Chat) -> None:
    if chat.state == State.ACTIVE:
        raise ActionRefusedError(
            "taken",
            _("%(name)s 已接入这个会话。") % {"name": chat.assignee or "–"},
            ways_on=[_("请接待人邀请您加入。")],
        )
    if chat.state == State.BOT:
        raise ActionRefusedError("not_waiting", _("客户还在和智能客服对话，没有要求转人工。"))


def _check_room(agent: User) -> None:
    most = Presence.objects.filter(user=agent, is_available=True).values_list("at_most", flat=True).first()
    if most is not None and Chat.objects.filter(assignee=agent, state=State.ACTIVE).count() >= most:
        raise ActionRefusedError(
            "full",
            _("您同时接待的会话已达上限 %(most)d 个。") % {"most": most},
            ways_on=[_("先结束或转交一个，或调高上限。")],
        )


def _seen(user: User, at: datetime) -> None:
    """Note that somebody is at their console: who takes a conversation is."""
    Presence.objects.update_or_create(
        user=user, defaults={"seen_at": at}, create_defaults={"seen_at": at, "since": at}
    )  # fmt: skip


def _named(user: User, field: str = "who") -> dict[str, str]:
    return {field: user.name or user.username, f"{field}_en": user.name_en or user.name or user.username}


@transaction.atomic
def transfer(*, chat: Chat, to: User | Team, actor: User, at: datetime, words: str = "") -> Chat:
    """Hand a conversation to a colleague, or back to the line for a team; `words` are for colleagues only.

    A colleague whose console is closed has as long to open it as one who is gone.
    """
    if isinstance(to, User) and to.is_agent:
        _seen(to, at)
    chat = locked(chat)
    check_open(chat)
    check_part(chat, actor)
    if chat.state != State.ACTIVE:
        raise ActionRefusedError("not_accepted", _("还没有人接入这个会话。"), ways_on=[_("先接入，再转交。")])
    if words.strip():
        add(chat, Line(Author.AGENT, words.strip()[:4000], author=actor, display=str(actor), is_whisper=True), at)
    if isinstance(to, Team):
        _to_team(chat, to, actor, at)
    else:
        _to_colleague(chat, to, actor, at)
    return chat


def _to_team(chat: Chat, team: Team, actor: User, at: datetime) -> None:
    if team.vendor != chat.vendor:
        raise ActionRefusedError("wrong_team", _("%(name)s 不服务这个产品。") % {"name": team})
    _unseat(chat, actor, at)
    chat.state, chat.assignee, chat.team = State.WAITING, None, team
    said = {"team": team.name, "team_en": team.name_en}
    event(chat, "transferred", at, "state", "assignee", "team", **said, **_named(actor, "by"))


def _to_colleague(chat: Chat, to: User, actor: User, at: datetime) -> None:
    if not to.is_agent or not to.is_active:
        raise ActionRefusedError("cannot_own", _("%(name)s 不能接待会话。") % {"name": to})
    if chat.assignee_id == to.pk:
        return
    _unseat(chat, to, at)
    chat.assignee = to
    event(chat, "transferred", at, "assignee", **_named(to), **_named(actor, "by"))
    tell(f"agent:{to.pk}", {"kind": "chat", "chat": chat.code})


def _unseat(chat: Chat, user: User, at: datetime) -> int:
    return chat.seats.filter(user=user, left_at=None).update(left_at=at)


@transaction.atomic
def invite(*, chat: Chat, user: User, actor: User, at: datetime) -> Chat:
    """Bring a colleague into a conversation; both sides see that they are there."""
    if user.is_agent:
        _seen(user, at)
    chat = locked(chat)
    check_open(chat)
    check_part(chat, actor)
    if not user.is_agent or not user.is_active:
        raise ActionRefusedError("cannot_own", _("%(name)s 不能接待会话。") % {"name": user})
    if is_in(chat, user):
        return chat
    ChatSeat.objects.create(chat=chat, user=user, invited_by=actor, joined_at=at)
    event(chat, "joined", at, **_named(user), **_named(actor, "by"))
    tell(f"agent:{user.pk}", {"kind": "chat", "chat": chat.code})
    return chat


@transaction.atomic
def leave(*, chat: Chat, actor: User, at: datetime) -> Chat:
    """Go out of a conversation; who leads it hands it to who sits in it longest, or back to the front of its rank."""
    chat = locked(chat)
    check_open(chat)
    if chat.assignee_id == actor.pk and chat.state == State.ACTIVE:
        _abandon(chat, actor, at, "left")
    elif _unseat(chat, actor, at):
        event(chat, "left", at, **_named(actor))
    return chat


def give_back(*, chats: Iterable[Chat], user: User, at: datetime) -> int:
    """Put conversations back whose lead is gone, each to the front of its rank; return how many. Call inside atomic."""
    found = [locked(chat) for chat in sorted(chats, key=lambda one: one.pk)]
    theirs = [chat for chat in found if chat.assignee_id == user.pk and chat.state == State.ACTIVE]
    for chat in theirs:
        _abandon(chat, user, at, "gone")
    return len(theirs)


def _abandon(chat: Chat, user: User, at: datetime, name: str) -> None:
    """Leave a conversation to who sits in it longest, or to the line: it keeps since when it waits."""
    seat = chat.seats.select_related("user").filter(left_at=None).exclude(user=user).order_by("joined_at").first()
    if seat:
        _unseat(chat, seat.user, at)
        chat.assignee = seat.user
        event(chat, name, at, "assignee", **_named(user), **_named(seat.user, "heir"))
        tell(f"agent:{seat.user.pk}", {"kind": "chat", "chat": chat.code})
        return
    chat.state, chat.assignee = State.WAITING, None
    event(chat, name, at, "state", "assignee", **_named(user))


def mark_read(*, chat: Chat, reader: Speaker, number: int, at: datetime) -> None:
    """Note how far one side has read; never further than what was said, and never back."""
    if isinstance(reader, Visitor):
        check_own(chat, reader)
    else:
        check_staff(reader)
    side = "customer_read" if isinstance(reader, Visitor) else "agent_read"
    upto = Least(Value(max(number, 0)), F("message_count"))
    further = Chat.objects.filter(pk=chat.pk, **{f"{side}__lt": upto})
    if further.update(**{side: Greatest(F(side), upto)}):
        tell(f"chat:{chat.pk}", {"kind": "read"})
