"""Open chat desks, as the page's script keeps them: a stream each, and what is fetched at what it says."""

import asyncio
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.bench.intake_bench import HOST

TOKEN = "b" * 32
# The left of a desk is fetched at most so often, as the page's script does, in seconds.
LINE_EVERY = 3.0


@dataclass
class Desk:
    """One agent's page: what it has open, how far, and when its left was fetched last."""

    port: int
    session: str
    chats: list[int]
    code: str
    at: int = 0
    asked: int = 0
    is_fetching: bool = False
    is_missed: bool = False
    line_at: float = 0.0
    line: asyncio.Task[None] | None = None
    is_there: asyncio.Event = field(default_factory=asyncio.Event)
    free: asyncio.Lock = field(default_factory=asyncio.Lock)
    wire: Any = None
    going: set[asyncio.Task[None]] = field(default_factory=set)

    async def live(self, came: Mapping[str, float], took: list[float]) -> None:
        """Listen, and do at each piece of news what the page does; note how long each message took to stand there."""
        reader, writer = await asyncio.open_connection(HOST, self.port)
        wanted = "&".join(f"chat={pk}" for pk in self.chats)
        writer.write(self.head("GET", f"live/?{wanted}"))
        while line := await reader.readline():
            if line == b"event: look\n":
                self.is_there.set()
                self.soon(self.catch_up(came, took))
            elif line.startswith(b"data: {") and (news := json.loads(line[6:])):
                self.hear(news, came, took)

    def hear(self, news: Mapping[str, Any], came: Mapping[str, float], took: list[float]) -> None:
        if news["topic"] == f"chat:{self.chats[0]}" and news["kind"] != "typing":
            self.soon(self.catch_up(came, took))
        if self.line is None or self.line.done():
            self.line = self.soon(self.look())

    def soon(self, work: Any) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self.going.add(task)
        task.add_done_callback(self.going.discard)
        return task

    async def look(self) -> None:
        """Fetch the left of the desk a moment later."""
        await asyncio.sleep(max(0.2, self.line_at + LINE_EVERY - time.monotonic()))
        self.line_at = time.monotonic()
        await self.ask("GET", f"chat/?part=line&at={self.code}")

    async def catch_up(self, came: Mapping[str, float], took: list[float]) -> None:
        """Fetch what was said after the last that stands here, and tell that it was read."""
        self.is_missed = True
        if self.is_fetching:
            return
        self.is_fetching = True
        while self.is_missed:
            self.is_missed = False
            page = (await self.ask("GET", f"chat/{self.code}/messages/?after={self.at}")).decode()
            now = time.monotonic()
            for number in numbers(page, 'data-number="'):
                self.at = max(self.at, int(number))
            took += [now - came[f"m{name}"] for name in numbers(page, "(m") if f"m{name}" in came]
            if self.at:
                await self.ask("POST", f"chat/{self.code}/read/", f"number={self.at}".encode())
        self.is_fetching = False

    async def ask(self, method: str, path: str, body: bytes = b"") -> bytes:
        """Send a request over the page's one connection and return the body of its answer."""
        async with self.free:
            self.asked += 1
            self.wire = self.wire or await asyncio.open_connection(HOST, self.port)
            reader, writer = self.wire
            writer.write(self.head(method, path, body))
            line, length = await reader.readline(), 0
            assert b" 20" in line, (path, line)
            while (one := await reader.readline()) not in (b"\r\n", b""):
                if one.lower().startswith(b"content-length:"):
                    length = int(one.split(b":")[1])
            return bytes(await reader.readexactly(length))

    def head(self, method: str, path: str, body: bytes = b"") -> bytes:
        said = [
            f"{method} /console/{path} HTTP/1.1", f"Host: {HOST}", f"X-CSRFToken: {TOKEN}",
            f"Cookie: shouyue_session={self.session}; csrftoken={TOKEN}", "X-Requested-With: fetch",
            "Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}",
        ]  # fmt: skip
        return ("\r\n".join(said) + "\r\n\r\n").encode() + body


def numbers(page: str, mark: str) -> Iterable[str]:
    """Yield the numbers that stand after a mark in a page."""
    for part in page.split(mark)[1:]:
        digits = part[: next((place for place, one in enumerate(part) if not one.isdigit()), len(part))]
        if digits:
            yield digits
