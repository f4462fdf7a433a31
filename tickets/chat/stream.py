"""`GET /chat/v1/stream/`: what is said, as it is said, each message once and in order; whispers never."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils import timezone, translation

from plans.accounts import zone_named
from sla.api.problems import CONTENT_TYPE, ProblemError
from sla.clock import database_now
from tickets.chat.base import opened, preflight
from tickets.chat.guests import chat_of, guest_of, is_valid
from tickets.chat.standing import PAGE, chat_fields
from tickets.chat.talking import messages_after, number_in
from tickets.live.streams import Event, stream
from tickets.models import Chat, Visitor

# How long a right is taken to hold once it was looked at, in seconds.
HOLDS = 5.0
# One place further in the line is looked up at most so often, in seconds.
LINE_EVERY = 3.0


@dataclass(slots=True)
class Reader:
    """A page that reads along: whose, which conversation, in which language, and what it has."""

    visitor: int
    chat: int
    vendor: str
    language: str
    zone: str
    last: int
    state: str
    looked_at: float = 0.0

    @property
    def topics(self) -> tuple[str, ...]:
        """Return what it listens to: its conversation, and the line it may stand in."""
        return (f"chat:{self.chat}", f"desk:{self.vendor}")


async def live(request: HttpRequest) -> HttpResponseBase:
    """Stream a conversation to its customer: `message`, `state` and `typing`; `after` or Last-Event-ID goes on."""
    if request.method == "OPTIONS":
        # Which pages may is asked of the database, never on the event loop.
        return await sync_to_async(preflight)(request)
    try:
        reader = await sync_to_async(_admitted)(request)
    except ProblemError as refusal:
        return await sync_to_async(_refused)(request, refusal)

    async def turn(news: Mapping[str, Any]) -> list[Event] | None:
        if news.get("kind") == "typing":
            return [Event("typing", {"name": news.get("name", "")})] if news.get("who") == "agent" else []
        if is_nothing(reader, news):
            return []
        only_words = news.get("kind") == "message"
        return await sync_to_async(seen, thread_sensitive=False)(reader, only_words=only_words)

    return opened_by(request, stream(reader.topics, turn))


def _refused(request: HttpRequest, refusal: ProblemError) -> HttpResponseBase:
    body = refusal.body() | {"instance": request.path}
    response: HttpResponse = JsonResponse(
        body, status=refusal.status_code, content_type=CONTENT_TYPE, json_dumps_params={"ensure_ascii": False}
    )
    for name, value in refusal.headers.items():
        response[name] = value
    response.is_foreign = refusal.code == "foreign_origin"  # type: ignore[attr-defined]
    return opened(request, response)


def opened_by(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Let the page read a stream: who asks was checked before."""
    return opened(request, response)


def is_nothing(reader: Reader, news: Mapping[str, Any]) -> bool:
    """Tell whether news change nothing for a reader: a whisper, or somebody else's move in a line they are not in."""
    if news.get("kind") == "line":
        is_soon = time.monotonic() - reader.looked_at < LINE_EVERY
        return reader.state != Chat.State.WAITING or is_soon
    return bool(news.get("whisper")) or news.get("kind") in ("chat", "call")


def _admitted(request: HttpRequest) -> Reader:
    """Return who reads what, from where. Raises ProblemError. The connection goes back before the stream begins."""
    try:
        guest = guest_of(request)
        chat = chat_of(guest, request.GET.get("chat", "")[:20])
        after = request.GET.get("after") or request.headers.get("Last-Event-ID", "")
        contact = guest.visitor.contact
        return Reader(
            guest.visitor.pk, chat.pk, chat.vendor, translation.get_language() or "", contact.zone if contact else "",
            number_in({"after": after}, "after"), chat.state,
        )  # fmt: skip
    finally:
        give_back()


def seen(reader: Reader, *, only_words: bool = False) -> list[Event] | None:
    """Return what a reader has not seen yet and how the conversation stands; None once they may read no more.

    Where only words came, and the right was looked at a moment ago, it is only they that are read.
    """
    try:
        with translation.override(reader.language), timezone.override(zone_named(reader.zone)):
            if only_words and time.monotonic() - reader.looked_at < HOLDS:
                return _said(reader, Chat(pk=reader.chat))
            return _looked(reader, database_now())
    finally:
        give_back()


def _looked(reader: Reader, at: datetime) -> list[Event] | None:
    reader.looked_at = time.monotonic()
    visitor = Visitor.objects.select_related("site", "contact__customer").filter(pk=reader.visitor).first()
    if visitor is None or not is_valid(visitor, at):
        return None
    mine = Chat.objects.of_visitor(visitor).select_related("product", "assignee", "ticket")
    chat = mine.filter(pk=reader.chat).first()
    if chat is None:
        return None
    reader.state = chat.state
    return [*_said(reader, chat), Event("state", chat_fields(chat, at))]


def _said(reader: Reader, chat: Chat) -> list[Event]:
    """Return the messages after the last one that a reader has, page by page."""
    events: list[Event] = []
    while page := messages_after(chat, reader.last):
        events += [Event("message", fields, fields["number"]) for fields in page]
        reader.last = page[-1]["number"]
        if len(page) < PAGE:
            break
    return events


def give_back() -> None:
    """Close this thread's connection: a stream must not hold one for as long as it is open."""
    if not connection.in_atomic_block:
        connection.close()
