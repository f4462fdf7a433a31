"""What the bot says, and whether it helped. No clock hears a word of it. Source: Y05, K02, K07"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from sla.refusals import ActionRefusedError
from tickets.actions.chat.hearing import tell_ticket
from tickets.actions.chat.lines import Author, Kind, bot_says, locked
from tickets.bot import Answer, Exchange, Question, answerer
from tickets.knowledge.finding import asked
from tickets.live.telling import tell
from tickets.models import Chat, ChatMessage, Search

REMEMBERED = 6


def answer(*, message: ChatMessage, at: datetime) -> ChatMessage | None:
    """Answer what a customer said, and return the bot's message; silent where a person has come meanwhile.

    The customer's words are committed by now, and nothing is locked while the answer is made.
    """
    said = answerer().answer(_question(message))
    return _spoken(message, said, at) if said else None


def _question(message: ChatMessage) -> Question:
    chat = message.chat
    return Question(message.body, chat.vendor, chat.product, chat.language, chat.contact, _history(message))


def _history(message: ChatMessage) -> tuple[Exchange, ...]:
    spoken = (Author.CUSTOMER, Author.BOT)
    before = message.chat.messages.for_customer().filter(kind=Kind.TEXT, author_kind__in=spoken)
    rows = list(before.filter(number__lt=message.number).order_by("-number")[:REMEMBERED])
    return tuple(Exchange(row.author_kind == Author.CUSTOMER, row.body) for row in reversed(rows))


@transaction.atomic
def _spoken(message: ChatMessage, said: Answer, at: datetime) -> ChatMessage | None:
    chat = locked(message.chat)
    if not chat.is_the_bots(at):
        return None
    fields: dict[str, Any] = {"answers": message.number}
    if named := said.quotes or said.near:
        fields |= {"articles": [{"number": q.number, "title": q.title, "url": q.url} for q in named]}
    if not said.is_small_talk:
        fields |= {"search": _noted(chat, message, said, at), "known": said.is_known}
    spoken = bot_says(chat, said.text, at, fields)
    tell_ticket(chat, spoken, None)
    return spoken


def _noted(chat: Chat, message: ChatMessage, said: Answer, at: datetime) -> int:
    """Note what was asked among the searches: what nothing was found for is a gap. Source: Y01"""
    row = Search.objects.create(
        contact=chat.contact, vendor=chat.vendor, words=asked(message.body), place=Search.Place.BOT, at=at,
        found=len(said.quotes),
    )  # fmt: skip
    return row.pk


@transaction.atomic
def judge(*, message: ChatMessage, is_helpful: bool, at: datetime) -> ChatMessage:
    """Keep whether an answer of the bot helped, and return its message; said again, the later counts.

    One that did not help is a gap as much as one that found nothing.
    """
    locked(message.chat)
    message = ChatMessage.objects.select_related("chat").get(pk=message.pk)
    if message.author_kind != Author.BOT or "known" not in message.fields:
        raise ActionRefusedError("not_an_answer", _("只能评价智能客服的回答。"))
    message.fields["helpful"] = is_helpful
    message.save(update_fields=["fields"])
    found = len(message.fields.get("articles", ())) if is_helpful else 0
    noted = Search.objects.filter(pk=message.fields.get("search"))
    noted.update(solved_at=at if is_helpful else None, found=found)
    tell(f"chat:{message.chat_id}", {"kind": "read"})
    return message
