"""`GET /chat/v1/stream/`: what is said, as it is said, each message once and in order; whispers never."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils import timezone, translation

from plans.accounts import zone_named
from sla.api.problems import CONTENT_TYPE, ProblemError
from sla.clock import database_now
from tickets.chat.base import opened, preflight
from tickets.chat.guests import chat_of, guest_of
from tickets.chat.knowing import may_still
from tickets.chat.standing import PAGE, chat_fields
from tickets.chat.talking import messages_after, number_in
from tickets.live.streams import Event, stream
from tickets.live.threads import asked
from tickets.models import Chat

# How long a right is taken to hold once it was looked at, in seconds.
HOLDS = 5.0
# One place further in the line is looked up at most so often, in seconds.
LINE_EVERY = 3.0

Ask = Callable[..., Any]


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
    """Stream a conversation to a customer who comes by the framework's way; its thread asks who they are."""
    return await streamed(request, lambda ask, *args: sync_to_async(ask)(*args))


async def streamed(request: HttpRequest, ask: Ask) -> HttpResponseBase:
    """Stream a conversation to its customer: `message`, `state` and `typing`; `after` or Last-Event-ID goes on."""
    if request.method == "OPTIONS":
        # Which pages may is asked of the database, never on the event loop.
        answer: HttpResponseBase = await ask(preflight, request)
        return answer
    try:
        reader: Reader = await ask(_admitted, request)
    except ProblemError as refusal:
        answer = await ask(_refused, request, refusal)
        return answer

    async def turn(news: Mapping[str, Any]) -> list[Event] | None:
        if is_nothing(reader, news):
            return []
        if news.get("kind") not in ("typing", "message"):
            return await asked(seen, reader)
        if time.monotonic() - reader.looked_at >= HOLDS and not await asked(holds, reader):
            return None
        if news["kind"] == "typing":
            return [Event("typing", {"name": news.get("name", "")})]
        told = at_hand(reader, news)
        return await asked(said, reader) if told is None else told

    answer = stream(reader.topics, turn)
    opened(request, answer)
    return answer


def _refused(request: HttpRequest, refusal: ProblemError) -> HttpResponseBase:
    body = refusal.body() | {"instance": request.path}
    response: HttpResponse = JsonResponse(
        body, status=refusal.status_code, content_type=CONTENT_TYPE, json_dumps_params={"ensure_ascii": False}
    )
    for name, value in refusal.headers.items():
        response[name] = value
    response.is_foreign = refusal.code == "foreign_origin"  # type: ignore[attr-defined]
    return opened(request, response)


def is_nothing(reader: Reader, news: Mapping[str, Any]) -> bool:
    """Tell whether news change nothing for a reader: a whisper, their own typing, a move in a line they are not in."""
    if news.get("kind") == "line":
        is_soon = time.monotonic() - reader.looked_at < LINE_EVERY
        return reader.state != Chat.State.WAITING or is_soon
    return bool(news.get("whisper")) or news.get("kind") in ("chat", "call") or news.get("who") == "customer"


def at_hand(reader: Reader, news: Mapping[str, Any]) -> list[Event] | None:
    """Return what news of a message say themselves; None after a gap, or where they do not carry what was said."""
    number = int(news["number"])
    if number <= reader.last:
        return []
    if number > reader.last + 1 or "said" not in news:
        return None
    reader.last = number
    return [Event("message", news["said"], number)]


def _admitted(request: HttpRequest) -> Reader:
    """Return who reads what, from where, in the language that they asked for. Raises ProblemError."""
    language = translation.get_language_from_request(request)
    with translation.override(language):
        guest = guest_of(request)
        chat = chat_of(guest, request.GET.get("chat", "")[:20])
    after = request.GET.get("after") or request.headers.get("Last-Event-ID", "")
    contact = guest.visitor.contact
    return Reader(
        guest.visitor.pk, chat.pk, chat.vendor, language, contact.zone if contact else "",
        number_in({"after": after}, "after"), chat.state,
    )  # fmt: skip


def holds(reader: Reader) -> bool:
    """Look whether somebody may still read."""
    reader.looked_at = time.monotonic()
    return may_still(reader.visitor, reader.chat)


def said(reader: Reader) -> list[Event]:
    """Return the messages that a reader has not seen yet."""
    with _as_read_by(reader):
        return _said(reader, Chat(pk=reader.chat))


def seen(reader: Reader) -> list[Event] | None:
    """Return what a reader has not seen yet and how the conversation stands; None once they may read no more."""
    if not holds(reader):
        return None
    with _as_read_by(reader):
        return _looked(reader, database_now())


@contextmanager
def _as_read_by(reader: Reader) -> Iterator[None]:
    with translation.override(reader.language), timezone.override(zone_named(reader.zone)):
        yield


def _looked(reader: Reader, at: datetime) -> list[Event]:
    chat = Chat.objects.select_related("product", "assignee", "ticket").get(pk=reader.chat)
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
