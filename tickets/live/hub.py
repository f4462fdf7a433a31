"""One subscription a process, fanned out to every stream that is open in it."""

import asyncio
import contextlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from typing import Any
from weakref import WeakKeyDictionary

import structlog
from django.conf import settings
from redis.asyncio import Redis
from redis.exceptions import RedisError

from tickets.live.telling import EARS, teller, topic

News = Mapping[str, Any]

# News that a stream has not taken: a page that slow looks again instead.
MOST_WAITING = 256
# Between two tries to reach the store again, in seconds.
FIRST_REST, LONGEST_REST = 0.1, 5.0
# Said to a stream whose news may have been missed: it looks again.
AGAIN: News = {}

log = structlog.get_logger(__name__)


class Hub:
    """Listens while anybody does, and hands each piece of news to the streams of its topic."""

    def __init__(self) -> None:
        self.streams: dict[str, set[asyncio.Queue[News]]] = defaultdict(set)
        self.listening: asyncio.Task[None] | None = None
        self.ready = asyncio.Event()

    @contextlib.asynccontextmanager
    async def listen(self, *names: str) -> AsyncIterator[asyncio.Queue[News]]:
        """Yield a queue of the news of topics, from now on until the end of the block."""
        queue: asyncio.Queue[News] = asyncio.Queue(MOST_WAITING)
        keys = [topic(name) for name in names]
        for key in keys:
            self.streams[key].add(queue)
        if self.listening is None or self.listening.done():
            self.ready.clear()
            self.listening = asyncio.create_task(self._listen())
            EARS.add(self)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.ready.wait(), 1)
        try:
            yield queue
        finally:
            for key in keys:
                self.streams[key].discard(queue)
                if not self.streams[key]:
                    del self.streams[key]
            if not self.streams:
                self._rest()

    def _rest(self) -> None:
        EARS.discard(self)
        if self.listening:
            self.listening.cancel()
            self.listening = None

    def hear(self, name: str, said: str) -> None:
        """Take one piece of news of a topic from any thread of this process."""
        if name in self.streams and (listening := self.listening):
            # A loop that is closed has nobody left to tell.
            with contextlib.suppress(RuntimeError):
                listening.get_loop().call_soon_threadsafe(self._hand_out, name, said)

    async def _listen(self) -> None:
        """Hand out others' news for as long as somebody listens; a store that went away is asked again and again."""
        rest, ours = FIRST_REST, teller(settings.REDIS_URL)
        while True:
            try:
                store = Redis.from_url(settings.REDIS_URL, decode_responses=True)
                async with store, store.pubsub() as inbox:
                    await inbox.psubscribe(topic("*"))
                    rest = FIRST_REST
                    self._all_again()
                    self.ready.set()
                    async for said in inbox.listen():
                        if said["type"] == "pmessage" and (news := ours.of_others(said["data"])):
                            self._hand_out(said["channel"], news)
            except (RedisError, OSError) as error:
                log.warning("live_without_store", error=str(error))
            self.ready.clear()
            await asyncio.sleep(rest)
            rest = min(LONGEST_REST, rest * 2)

    def _all_again(self) -> None:
        """Have every stream look again: what was said while nobody listened is not known."""
        for queues in list(self.streams.values()):
            for queue in queues:
                _put(queue, AGAIN)

    def _hand_out(self, name: str, said: str) -> None:
        """Give one piece of news to all streams of a topic: it is read once for them all."""
        if queues := self.streams.get(name):
            news = json.loads(said)
            for queue in queues:
                _put(queue, news)


def _put(queue: asyncio.Queue[News], news: News) -> None:
    """Put news where a stream takes them; one too slow for single news gets one word that there is much to look at."""
    if queue.full():
        while not queue.empty():
            queue.get_nowait()
        news = AGAIN
    queue.put_nowait(news)


_HUBS: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """Return the hub of the running event loop."""
    return _HUBS.setdefault(asyncio.get_running_loop(), Hub())
