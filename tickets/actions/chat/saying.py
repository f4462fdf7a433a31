"""Say something in a conversation; by its words a customer may ask for a person. Source: Y05, Y06"""

import hashlib
from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override

from plans.keeping import safe_name, store
from plans.models import User
from sla.refusals import ActionRefusedError
from tickets.actions.chat.answering import answer
from tickets.actions.chat.asking import asks_for_a_person
from tickets.actions.chat.handing_off import hand_off, say_closed_again
from tickets.actions.chat.hearing import tell_clock, tell_ticket
from tickets.actions.chat.lines import (
    Author,
    Kind,
    Line,
    Speaker,
    State,
    add,
    check_open,
    check_own,
    check_part,
    check_staff,
    locked,
)
from tickets.actions.chat.plainly import SENT_ONCE, say_plainly
from tickets.channels.base import File
from tickets.channels.form import LIMITS
from tickets.models import Chat, ChatFile, ChatMessage, Visitor
from tickets.showing.wording import name_of

LONGEST, LONGEST_ID = 4000, 64
# What may be sent in a conversation, by the end of its name: nothing that a reader's machine would run.
KINDS = frozenset({
    "png", "jpg", "jpeg", "gif", "webp", "bmp", "heic", "pdf", "txt", "log", "csv", "json", "xml", "md", "doc", "docx",
    "xls", "xlsx", "ppt", "pptx", "wps", "et", "dps", "ofd", "zip", "rar", "7z", "gz", "eml", "msg", "mp3", "m4a",
    "wav", "mp4", "mov", "webm",
})  # fmt: skip


def say(
    *, chat: Chat, speaker: Speaker, body: str, at: datetime, client_id: str = "", is_whisper: bool = False
) -> ChatMessage:
    """Say something and return the message; the same client id again is the same message.

    While the bot is there it answers, after the customer's words are committed; asked for a person, it hands off.
    Raises ActionRefusedError.
    """
    line = _line(chat, speaker, checked(body), client_id, is_whisper=is_whisper)
    if plain := say_plainly(chat=chat, speaker=speaker, line=line, at=at):
        return plain
    message, is_new = _once(chat, speaker, line, (), at)
    if is_new and line.author_kind == Author.CUSTOMER and message.chat.is_the_bots(at):
        _react(message, at)
    return message


def send_file(*, chat: Chat, speaker: Speaker, file: File, at: datetime, client_id: str = "") -> ChatMessage:
    """Send a file or a picture and return its message; the same client id again is the same message."""
    check_file(file)
    line = _line(chat, speaker, "", client_id, is_whisper=False, kind=Kind.FILE)
    return _once(chat, speaker, line, (file,), at)[0]


def check_file(file: File) -> None:
    """Refuse a file that nobody may send: an empty one, too large a one, or one that a machine would run."""
    if not file.content:
        raise ActionRefusedError("empty_file", _("文件是空的。"))
    if len(file.content) > LIMITS.each:
        raise ActionRefusedError(
            "file_too_large",
            _("文件最大 %(most)d MB。") % {"most": LIMITS.each // 1024**2},
            ways_on=[_("压缩或分几次发。")],
        )
    if file.name.rpartition(".")[2].lower() not in KINDS:
        raise ActionRefusedError(
            "file_kind",
            _("不能发送这种文件。"),
            ways_on=[_("可以发图片、文档、表格、日志，或打包成 zip。")],
        )


def checked(body: str) -> str:
    """Return words as they are kept. Raises ActionRefusedError for none, or too many."""
    said = body.replace("\x00", "").strip()
    if not said:
        raise ActionRefusedError("empty_body", _("请写下内容。"))
    if len(said) > LONGEST:
        raise ActionRefusedError(
            "too_long",
            _("一条消息最多 %(most)d 个字符。") % {"most": LONGEST},
            ways_on=[_("分几条发，或作为文件发送。")],
        )
    return said


def _line(
    chat: Chat, speaker: Speaker, body: str, client_id: str, *, is_whisper: bool, kind: ChatMessage.Kind = Kind.TEXT
) -> Line:
    if isinstance(speaker, Visitor):
        return by_customer(speaker.contact.name if speaker.contact else speaker.name, body, client_id, kind)
    # Two colleagues in one conversation may count their messages alike.
    kept = _named(f"{speaker.pk}:{client_id}" if client_id else "")
    with override(chat.language):
        display = name_of(speaker)
    return Line(Author.AGENT, body, kind, speaker, display, is_whisper, kept)


def by_customer(name: str, body: str, client_id: str, kind: ChatMessage.Kind = Kind.TEXT) -> Line:
    """Return the line of a customer who goes by a name."""
    # Who only asks for a person asks no question: nobody lists it as one.
    asks = {"asks": "person"} if asks_for_a_person(body) else {}
    return Line(Author.CUSTOMER, body, kind, display=name, client_id=_named(client_id), fields=asks)


def _named(client_id: str) -> str:
    """Return a sender's id as it is kept: a long one by its digest, so that no two become one."""
    is_kept = len(client_id) <= LONGEST_ID and client_id.isprintable()
    return client_id if is_kept else hashlib.sha256(client_id.encode("utf-8", "replace")).hexdigest()


def _once(
    chat: Chat, speaker: Speaker, line: Line, files: Iterable[File], at: datetime
) -> tuple[ChatMessage, bool]:  # fmt: skip
    """Say a line unless it stands already; return its message, and whether it is new."""
    try:
        with transaction.atomic():
            return _said(chat, speaker, line, files, at)
    except IntegrityError as error:
        if SENT_ONCE not in str(error):
            raise
        # It stands already: that is rare, so it is not asked for each time.
        return _same(chat, line).get(), False


def _same(chat: Chat, line: Line) -> QuerySet[ChatMessage]:
    return chat.messages.select_related("chat").filter(author_kind=line.author_kind, client_id=line.client_id)


def _said(
    chat: Chat, speaker: Speaker, line: Line, files: Iterable[File], at: datetime
) -> tuple[ChatMessage, bool]:  # fmt: skip
    chat = locked(chat)
    _check_may(chat, speaker, line)
    if chat.state == State.ENDED and line.client_id and (found := _same(chat, line).first()):
        return found, False
    check_open(chat)
    is_first = chat.agent_at is None
    message = add(chat, line, at)
    _keep(message, files)
    if not line.is_whisper:
        if is_first:
            tell_clock(chat, message)
        tell_ticket(chat, message, speaker)
    return message, True


def _check_may(chat: Chat, speaker: Speaker, line: Line) -> None:
    if isinstance(speaker, Visitor):
        check_own(chat, speaker)
    elif line.is_whisper:
        check_staff(speaker)
    else:
        _check_may_speak(chat, speaker)


def _check_may_speak(chat: Chat, user: User) -> None:
    check_staff(user)
    if chat.state in (State.BOT, State.WAITING):
        raise ActionRefusedError("not_accepted", _("还没有人接入这个会话。"), ways_on=[_("先接入，再回复客户。")])
    if chat.state == State.ACTIVE:
        check_part(chat, user)


def _keep(message: ChatMessage, files: Iterable[File]) -> None:
    for file in files:
        ChatFile.objects.create(
            message=message, name=safe_name(file.name), content_type=file.content_type[:120], size=len(file.content),
            sha256=store(file.content),
        )  # fmt: skip


def _react(message: ChatMessage, at: datetime) -> None:
    """Do what the bot does with a customer's words, which are committed: hand off, or answer."""
    if "asks" in message.fields and message.chat.state == State.WAITING:
        say_closed_again(chat=message.chat, at=at)
    elif "asks" in message.fields:
        hand_off(chat=message.chat, at=at)
    elif message.kind == Kind.TEXT:
        answer(message=message, at=at)
