"""What was said in a conversation, as one of us reads it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.timezone import get_current_timezone_name, localtime

from plans.accounts import zone_named
from plans.keeping import path_of
from tickets.console.guard import Reader
from tickets.knowledge.files import kind_of
from tickets.models import Chat, ChatMessage
from tickets.models.chat import ChatFile
from tickets.showing.chat import message_fields
from tickets.showing.wording import name_of, zone_words
from tickets.templatetags.shouyue import near

# How much of a long conversation is sent at once.
PAGE = 100
AUTHOR = ChatMessage.Author
# Enough of a file to tell what it is.
HEAD = 16


def newest(chat: Chat, before: int = 0) -> list[ChatMessage]:
    """Return the last messages, or those before a number, in order."""
    rows = _whole(chat.messages.all())
    rows = rows.filter(number__lt=before) if before else rows
    return list(reversed(rows.order_by("-number")[:PAGE]))


def later(chat: Chat, after: int) -> list[ChatMessage]:
    """Return what came after a number, in order; a gap longer than a page is fetched in turns."""
    return list(_whole(chat.messages.all()).after(after)[:PAGE])


def _whole(rows: Any) -> Any:
    return rows.select_related("author").prefetch_related("files")


def told(chat: Chat, messages: Iterable[ChatMessage], reader: Reader) -> dict[str, Any]:
    """Return what a part of the conversation needs: its lines, whose clock they show, how far the customer has read."""
    return {
        "chat": chat,
        "zone": zone_words(zone_named(get_current_timezone_name())),
        "said": [_said(message, chat, reader) for message in messages],
        "read_upto": _read_upto(chat),
    }


def _said(message: ChatMessage, chat: Chat, reader: Reader) -> dict[str, Any]:
    fields = message_fields(message, for_agent=True)
    is_mine = message.author_id == reader.user.pk
    return {
        **fields,
        "at": message.at,
        "when": _when(message.at, reader.at),
        "name": _name(message, chat) or fields["name"],
        "files": [_file(file, chat) for file in message.files.all()],
        "articles": message.fields.get("articles", []),
        "is_mine": is_mine,
        "client_id": fields["client_id"] if is_mine else "",
        "is_unknown": message.fields.get("known") is False,
        "helpful": message.fields.get("helpful"),
    }


def _when(at: datetime, now: datetime) -> str:
    """Return a message's time, with its day where that is not today."""
    is_today = localtime(at).date() == localtime(now).date()
    return f"{localtime(at):%H:%M}" if is_today else near(at, now)


def _name(message: ChatMessage, chat: Chat) -> str:
    """Return a person's name in the reader's language; nothing for a program."""
    if message.author:
        return name_of(message.author)
    return name_of(chat.contact) if message.author_kind == AUTHOR.CUSTOMER and chat.contact else ""


def _file(file: ChatFile, chat: Chat) -> dict[str, Any]:
    return {
        "id": file.pk,
        "name": file.name,
        "size": file.size,
        "code": chat.code,
        "is_picture": bool(picture_kind(file)),
    }


def picture_kind(file: ChatFile) -> str:
    """Return the content type of a file that may be shown as a picture, by its first bytes; else nothing."""
    path = path_of(file.sha256)
    if not path.is_file():
        return ""
    with path.open("rb") as held:
        kind = kind_of(held.read(HEAD))
    return kind if kind.startswith("image/") else ""


def _read_upto(chat: Chat) -> int:
    """Return the number of the last of our messages that the customer has read; 0 for none."""
    ours = chat.messages.for_customer().filter(author_kind=AUTHOR.AGENT)
    last = ours.filter(number__lte=chat.customer_read).order_by("-number").values_list("number", flat=True).first()
    return last or 0
