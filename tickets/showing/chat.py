"""A conversation as it is shown: what travels of a message, what an event says, and the record of it all."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.utils.timezone import get_current_timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from plans.accounts import zone_named
from sla.wording import in_language
from tickets.answers import instant
from tickets.models import Chat, ChatMessage
from tickets.models.chat import ChatFile
from tickets.showing.wording import zone_words

Fields = Mapping[str, Any]
STAMP = "%m-%d %H:%M"


def message_fields(message: ChatMessage, *, for_agent: bool) -> dict[str, Any]:
    """Return a message as it travels, its event in words of the language in use; prefetch `files` for many.

    Raises PermissionError for a whisper on its way to a customer: the query before should have left it out.
    """
    if message.is_whisper and not for_agent:
        raise PermissionError(f"Message {message} is among agents only.")
    return {
        "number": message.number,
        "kind": message.kind,
        "author": message.author_kind,
        "name": author_name(message),
        "body": words_of(message),
        "fields": dict(message.fields) if for_agent else _outward(message.fields),
        # Only a file's message has any: nothing is asked of the database for the others.
        "files": [_file(file) for file in message.files.all()] if message.kind == ChatMessage.Kind.FILE else [],
        "whisper": message.is_whisper,
        "at": instant(message.at),
        "client_id": _client_id(message),
    }


def _outward(fields: Fields) -> dict[str, Any]:
    """Return what a customer's page needs of the fields; a search's key is ours."""
    return {name: value for name, value in fields.items() if name != "search"}


def _client_id(message: ChatMessage) -> str:
    """Return what the sender called it: one of us has their own key before it."""
    if message.author_kind == ChatMessage.Author.AGENT and message.author_id:
        return message.client_id.removeprefix(f"{message.author_id}:")
    return message.client_id


def _file(file: ChatFile) -> dict[str, Any]:
    return {"id": file.pk, "name": file.name, "size": file.size, "content_type": file.content_type}


def author_name(message: ChatMessage) -> str:
    """Return who said something, in the language in use where it is a program or nobody has a name."""
    names: dict[str, Callable[[], str]] = {
        ChatMessage.Author.BOT: lambda: _("智能客服"),
        ChatMessage.Author.SYSTEM: lambda: _("系统"),
        ChatMessage.Author.CUSTOMER: lambda: message.author_display or _("访客"),
    }
    return names.get(message.author_kind, lambda: message.author_display)()


def words_of(message: ChatMessage) -> str:
    """Return what a message says; an event says it in the language in use."""
    if message.kind != ChatMessage.Kind.EVENT:
        return message.body
    told = EVENTS.get(str(message.fields.get("event")))
    return told(message.fields) if told else ""


def _name(fields: Fields, field: str = "who") -> str:
    return in_language(fields.get(field, ""), fields.get(f"{field}_en", ""))


def _no(fields: Fields) -> str:
    """Return why no person comes, by which clause, and what to do instead."""
    reason = in_language(fields.get("reason", ""), fields.get("reason_en", ""))
    clause = in_language(fields.get("clause", ""), fields.get("clause_en", ""))
    is_english = (get_language() or "").startswith("en")
    ways_on = (fields.get("ways_on_en") if is_english else None) or fields.get("ways_on") or []
    parts = [reason, _("依据：%s") % clause if clause else "", *(f"· {way}" for way in ways_on)]
    return "\n".join(part for part in parts if part)


def _redirected(fields: Fields) -> str:
    return "\n".join([_no(fields), _("请点【提交问题】，服务人员会按工单答复。")])


def _closed(fields: Fields) -> str:
    if fields.get("keeps_place"):
        words = _(
            "现在不在人工服务时间内，服务人员 %(when)s 回来，排队位置为您保留。可以先问智能客服，或点【提交问题】。"
        )
    else:
        words = _("现在不在人工服务时间内，服务人员 %(when)s 回来。可以先点【提交问题】，上班后按工单答复。")
    return _tight(words % {"when": _when(fields["opens_at"])})


def _tight(words: str) -> str:
    """Return words without a space behind a full-width bracket, where an instant ends in one."""
    return words.replace("） ", "）")


def _when(at: str) -> str:
    """Return an instant in the reader's zone, and in Beijing's where that is another wall time."""
    instant_at = datetime.fromisoformat(at)
    here, beijing = instant_at.astimezone(get_current_timezone()), instant_at.astimezone(zone_named("Asia/Shanghai"))
    if here.utcoffset() == beijing.utcoffset():
        return _("%(when)s（北京时间）") % {"when": f"{beijing:{STAMP}}"}
    return _("%(when)s（北京时间 %(beijing)s）") % {"when": f"{here:{STAMP}}", "beijing": f"{beijing:{STAMP}}"}


def _ticket(fields: Fields) -> str:
    due_at, named = fields.get("due_at"), {"number": fields["ticket"]}
    if not due_at:
        return _("已提交为工单 %(number)s，会话可以继续。") % named
    said = _("已提交为工单 %(number)s，我们会在 %(when)s 前答复您；会话可以继续。")
    return _tight(said % (named | {"when": _when(due_at)}))


def _transferred(fields: Fields) -> str:
    if "team" in fields:
        return _("会话已转给%(team)s，请稍候。") % {"team": in_language(fields["team"], fields.get("team_en", ""))}
    return _("%(who)s 接着为您服务。") % {"who": _name(fields)}


def _gone(fields: Fields) -> str:
    if "heir" in fields:
        return _("%(who)s 已离开，由 %(heir)s 接着为您服务。") % {"who": _name(fields), "heir": _name(fields, "heir")}
    return _("%(who)s 已离开。已为您排到最前，请稍候。") % {"who": _name(fields)}


def _left(fields: Fields) -> str:
    return _gone(fields) if "heir" in fields else _("%(who)s 已离开会话。") % {"who": _name(fields)}


def _ending(fields: Fields) -> str:
    """Return when a conversation ends by silence, and how it goes on: by a word now, or anew at any time."""
    said = _("好一会儿没有新消息了。还需要帮助，请回一句话；否则会话在 %(when)s 自动结束，之后随时可以再打开。")
    return _tight(said % {"when": _when(fields["ends_at"])})


def _ended(fields: Fields) -> str:
    said = {
        Chat.EndedBy.CUSTOMER: _("会话已由客户结束。"),
        Chat.EndedBy.AGENT: _("服务人员结束了会话，感谢您的咨询。"),
        Chat.EndedBy.SILENCE: _("较长时间没有新消息，会话已自动结束。需要时可以随时再打开。"),
    }
    return said.get(fields.get("by", ""), "")


EVENTS: dict[str, Callable[[Fields], str]] = {
    "waiting": lambda _fields: _("已转人工，正在排队。"),
    "closed_hours": _closed,
    "refused": _no,
    "redirected": _redirected,
    "accepted": lambda fields: _("%(who)s 为您服务。") % {"who": _name(fields)},
    "transferred": _transferred,
    "joined": lambda fields: _("%(who)s 加入了会话。") % {"who": _name(fields)},
    "left": _left,
    "gone": _gone,
    "ticket": _ticket,
    "ending": _ending,
    "ended": _ended,
}


def transcript(chat: Chat, *, zone: str = "") -> str:
    """Return everything that the customer's side may read of a conversation, a line each, in the language in use."""
    here = zone_named(zone)
    said = chat.messages.for_customer().prefetch_related("files").order_by("number")
    return "\n".join(_line(message, message.at.astimezone(here)) for message in said if not _is_greeting(message))


def record(chat: Chat, *, zone: str = "") -> str:
    """Return a conversation's transcript under a line that names it and whose clock its times are; "" where empty."""
    said = transcript(chat, zone=zone)
    words = zone_words(zone_named(zone))
    head = _("云客服会话 %(code)s 的记录（时间：%(zone)s）：") % {"code": chat.code, "zone": words}
    return f"{head}\n{said}" if said else ""


def _is_greeting(message: ChatMessage) -> bool:
    return bool(message.fields.get("greeting"))


def _line(message: ChatMessage, at: datetime) -> str:
    files = " ".join(f"[{file.name}]" for file in message.files.all())
    words = " ".join(part for part in (words_of(message), files) if part).replace("\n", "\n    ")
    return f"{at:{STAMP}} {author_name(message)}: {words}"
