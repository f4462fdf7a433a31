"""Server-sent events: a response that stays open and says what happened."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.db import Error
from django.http import StreamingHttpResponse

from tickets.live.hub import News, hub

# A comment now and then keeps proxies from closing a silent stream.
PING_EVERY = 15.0  # seconds
# After so long a page opens a new stream, whose rights are asked anew.
LONGEST = 15 * 60.0  # seconds
PING = b": ping\n\n"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Event:
    """One event on its way: its name, what it says, and the number from which a reader would go on."""

    name: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    number: int | None = None

    @property
    def frame(self) -> bytes:
        """Return the event as it travels."""
        head = f"id: {self.number}\n" if self.number is not None else ""
        said = json.dumps(self.fields, ensure_ascii=False, separators=(",", ":"))
        return f"{head}event: {self.name}\ndata: {said}\n\n".encode()


Turn = Callable[[News], Awaitable[list[Event] | None]]


def stream(names: tuple[str, ...], turn: Turn) -> StreamingHttpResponse:
    """Return an open stream of topics.

    `turn` is asked once at the beginning, with nothing, and then for each piece of news; it returns the events to send,
    or None to close the stream, when the reader's right has ended.
    """
    response = StreamingHttpResponse(_told(names, turn), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


async def _told(names: tuple[str, ...], turn: Turn) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + LONGEST
    async with hub().listen(*names) as queue:
        news: News | None = {}
        while loop.time() < ends_at:
            if news is None:
                yield PING
            else:
                events = await _told_by(turn, news)
                if events is None:
                    return
                for event in events:
                    yield event.frame
            news = await _next(queue)


async def _told_by(turn: Turn, news: News) -> list[Event] | None:
    """Return the events; None also where the database does not answer: the page opens a new stream after a rest."""
    try:
        return await turn(news)
    except Error as error:
        log.warning("stream_without_database", error=str(error))
        return None


async def _next(queue: asyncio.Queue[News]) -> News | None:
    """Return the next news, None where there were none for so long that a word is due."""
    try:
        async with asyncio.timeout(PING_EVERY):
            return await queue.get()
    except TimeoutError:
        return None
