"""One subscription a process, fanned out to every stream that is open in it."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator
from weakref import WeakKeyDictionary

import structlog
from django.conf import settings
from redis.asyncio import Redis
from redis.exceptions import RedisError

from tickets.live.telling import topic

# News that a stream has not taken: a page that slow looks again instead.
MOST_WAITING = 256
# Between two tries to reach the store again, in seconds.
FIRST_REST, LONGEST_REST = 0.1, 5.0
# Said to a stream whose news may have been missed: it looks again.
AGAIN = "{}"

log = structlog.get_logger(__name__)


class Hub:
    """Listens while anybody does, and hands each piece of news to the streams of its topic."""

    def __init__(self) -> None:
        self.streams: dict[str, set[asyncio.Queue[str]]] = defaultdict(set)
        self.listening: asyncio.Task[None] | None = None
        self.ready = asyncio.Event()

    @contextlib.asynccontextmanager
    async def listen(self, *names: str) -> AsyncIterator[asyncio.Queue[str]]:
        """Yield a queue of the news of topics, from now on until the end of the block."""
        queue: asyncio.Queue[str] = asyncio.Queue(MOST_WAITING)
        keys = [topic(name) for name in names]
        for key in keys:
            self.streams[key].add(queue)
        if self.listening is None or self.listening.done():
            self.ready.clear()
            self.listening = asyncio.create_task(self._listen())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.ready.wait(), 1)
        try:
            yield queue
        finally:
            for key in keys:
                self.streams[key].discard(queue)
                if not self.streams[key]:
                    del self.streams[key]
            if not self.streams and self.listening:
                self.listening.cancel()
                self.listening = None

    async def _listen(self) -> None:
        """Hand out news for as long as somebody listens; a store that went away is asked again and again."""
        rest = FIRST_REST
        while True:
            try:
                store = Redis.from_url(settings.REDIS_URL, decode_responses=True)
                async with store, store.pubsub() as inbox:
                    await inbox.psubscribe(topic("*"))
                    rest = FIRST_REST
                    self._all_again()
                    self.ready.set()
                    async for said in inbox.listen():
                        if said["type"] == "pmessage":
                            self._hand_out(said["channel"], said["data"])
            except (RedisError, OSError) as error:
                log.warning("live_without_store", error=str(error))
            self.ready.clear()
            await asyncio.sleep(rest)
            rest = min(LONGEST_REST, rest * 2)

    def _all_again(self) -> None:
        """Have every stream look again: what was said while nobody listened is not known."""
        for name in list(self.streams):
            self._hand_out(name, AGAIN)

    def _hand_out(self, name: str, said: str) -> None:
        for queue in self.streams.get(name, ()):
            if queue.full():
                # Too slow for single news: one word that there is much to look at.
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait(AGAIN)
            else:
                queue.put_nowait(said)


_HUBS: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """Return the hub of the running event loop."""
    return _HUBS.setdefault(asyncio.get_running_loop(), Hub())
