"""Tell open pages that something happened: after the commit, best effort. What counts stands in the database."""

import json
import secrets
import time
from collections.abc import Mapping
from functools import cache, partial
from typing import Any, Protocol

import structlog
from django.conf import settings
from django.db import transaction
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

# A store that does not answer must not hold up who only wanted to tell of something.
PATIENCE, REST = 0.2, 5.0  # seconds

log = structlog.get_logger(__name__)


class Ear(Protocol):
    """Somebody in this process who listens."""

    def hear(self, name: str, said: str) -> None:
        """Take one piece of news of a topic; any thread may bring it."""


# Who listens in this process: they hear at once, without the store.
EARS: set[Ear] = set()


def topic(name: str) -> str:
    """Return what a topic is called in the store, apart from other products on it."""
    return f"{settings.REDIS_PREFIX}live:{name}"


def tell(name: str, news: Mapping[str, Any]) -> None:
    """Tell every open stream of a topic some news (JSON-able), once what is being written is committed.

    The news carry their topic, for who listens to many.

    Best effort: without the store, pages that other processes serve see it when they look again.
    """
    said = json.dumps({"topic": name, **news}, ensure_ascii=False, separators=(",", ":"))
    transaction.on_commit(partial(teller(settings.REDIS_URL).tell, topic(name), said))


class Teller:
    """One connection that publishes; after a failure it keeps silent for a while instead of waiting again."""

    def __init__(self, url: str) -> None:
        self.store = Redis.from_url(
            url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=Retry(NoBackoff(), 0)
        )
        self.rests_until = 0.0
        # What this process publishes comes back to it, who has told its own ears already.
        self.mark = secrets.token_hex(8)

    def tell(self, name: str, said: str) -> None:
        """Tell one piece of news to this process, then to all others."""
        for ear in list(EARS):
            ear.hear(name, said)
        if time.monotonic() < self.rests_until:
            return
        try:
            self.store.publish(name, f"{self.mark} {said}")
        except RedisError as error:
            self.rests_until = time.monotonic() + REST
            log.warning("pages_not_told", error=str(error))

    def of_others(self, published: str) -> str | None:
        """Return what another process published, None for what came from here."""
        mark, _space, said = published.partition(" ")
        return None if mark == self.mark else said


@cache
def teller(url: str) -> Teller:
    """Return this process's teller."""
    return Teller(url)
