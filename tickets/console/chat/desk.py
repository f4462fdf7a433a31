"""The chat desk: the line and one's own conversations, the one that is open, and the card beside it."""

import secrets
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from plans.models import Team, User
from plans.models.people import STAFF_ROLES
from plans.wording import name_of as named
from sla.refusals import ActionRefusedError
from tickets.channels.form import LIMITS
from tickets.console.chat import finding
from tickets.console.chat.card import Card
from tickets.console.chat.slips import Slip, desk_of
from tickets.console.chat.talk import later, newest, told
from tickets.console.guard import Reader, agents_only
from tickets.console.ordering import by_name
from tickets.console.rail import rail
from tickets.console.views import shown
from tickets.models import Chat
from tickets.showing.wording import name_of

STATE = Chat.State


@require_safe
@agents_only
def desk_page(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Show the desk without a conversation; to a refresh, only its left part."""
    if request.GET.get("part") == "line":
        here = request.GET.get("at", "")
        return shown(request, "console/chat/_line.html", {**desk_of(reader), "current_code": here})
    return shown(request, "console/chat/desk.html", framed(reader))


@require_safe
@agents_only
def chat_page(request: HttpRequest, reader: Reader, code: str) -> HttpResponse:
    """Show the desk with a conversation; to a refresh, the part that it names."""
    chat = finding.find_chat(code, reader)
    part = request.GET.get("part", "")
    if part == "head":
        return shown(request, "console/chat/_head.html", head_of(chat, reader))
    if part == "card":
        return shown(request, "console/chat/_card.html", Card(chat, reader).whole())
    return page_of(request, reader, chat)


def page_of(
    request: HttpRequest,
    reader: Reader,
    chat: Chat,
    *,
    refusal: ActionRefusedError | None = None,
    status: int = 200,
) -> HttpResponse:
    """Return the page of a conversation; after an act that was refused, with why and with what was typed for it."""
    typed = {name: request.POST.get(name, "") for name in ("body", "mode", "words")} if refusal else {}
    context = {**framed(reader), **whole(chat, reader), "refusal": refusal, "typed": typed, "current_code": chat.code}
    return shown(request, "console/chat/desk.html", context, status)


def framed(reader: Reader) -> dict[str, Any]:
    """Return what every page of the desk needs around its conversation."""
    return {**rail(reader, None), **desk_of(reader), "in_chats": True}


def whole(chat: Chat, reader: Reader) -> dict[str, Any]:
    """Return what the middle and the right of the desk need."""
    return {
        **head_of(chat, reader),
        **talk_of(chat, reader),
        **Card(chat, reader).whole(),
        "client_id": secrets.token_urlsafe(12),
        "largest": LIMITS.each,
        "largest_words": LIMITS.each // 1024**2,
    }


def talk_of(chat: Chat, reader: Reader) -> dict[str, Any]:
    """Return the last of what was said."""
    messages = newest(chat)
    first = messages[0].number if messages else 0
    return {**told(chat, messages, reader), "earlier_from": first if first > 1 else 0}


def head_of(chat: Chat, reader: Reader) -> dict[str, Any]:
    """Return what the head needs: whose conversation it is, how it stands, and what the reader may do."""
    takes_part = finding.takes_part(chat, reader)
    seats = list(chat.seats.filter(left_at=None).select_related("user"))
    return {
        "chat": chat,
        "slip": Slip(chat, reader),
        "may": may(chat, takes_part=takes_part),
        "is_in": chat.assignee_id == reader.user.pk or any(seat.user_id == reader.user.pk for seat in seats),
        "seats": [{"id": seat.user_id, "name": name_of(seat.user)} for seat in seats],
        "people": colleagues(chat, reader),
        "teams": [{"id": team.pk, "name": named(team)} for team in Team.objects.filter(vendor=chat.vendor)],
        "is_leading": finding.leads(reader),
        "now": reader.at,
    }


def may(chat: Chat, *, takes_part: bool) -> list[str]:
    """Return what may be done with a conversation as it stands; the actions decide again."""
    if chat.state == STATE.ENDED:
        return []
    if chat.state == STATE.WAITING:
        return ["accept", "whisper"]
    if chat.state == STATE.BOT or not takes_part:
        return ["whisper"]
    submits = ["ticket"] if chat.contact_id else []
    return ["reply", "whisper", "transfer", "invite", "leave", "end", *submits]


def colleagues(chat: Chat, reader: Reader) -> list[dict[str, Any]]:
    """Return who may be given or brought into a conversation, who takes chats now in front."""
    near = Q(team__vendor=chat.vendor) | Q(team=None, role__in=("lead", "manager"))
    staff = User.objects.filter(near, is_active=True, role__in=STAFF_ROLES).exclude(pk=reader.user.pk)
    rows = by_name(staff.select_related("presence", "team"))
    found = [
        {"id": one.pk, "name": name_of(one), "is_there": hasattr(one, "presence") and one.presence.is_available}
        for one in rows
        if one.pk != chat.assignee_id
    ]
    return sorted(found, key=lambda one: not one["is_there"])


@require_safe
@agents_only
def messages_part(request: HttpRequest, reader: Reader, code: str) -> HttpResponse:
    """Show what came after a number, or before one; who has less asks again from where they are."""
    chat = finding.find_chat(code, reader)
    before = _number(request.GET.get("before", ""))
    rows = newest(chat, before) if before else later(chat, _number(request.GET.get("after", "")))
    return lines_of(request, reader, chat, rows)


def lines_of(request: HttpRequest, reader: Reader, chat: Chat, rows: list[Any]) -> HttpResponse:
    """Return messages as the page adds them, with how far either side has read."""
    return shown(request, "console/chat/_lines.html", told(chat, rows, reader))


def _number(said: str) -> int:
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else 0
