"""How many requests a key may send: counted in one step in Valkey, so that many processes count as one."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any, cast

from django.conf import settings
from django.utils.translation import gettext as _
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from plans.authentication import Caller
from plans.keys import own_limit
from sla.api import problems
from sla.api.problems import ProblemError

WINDOW = 60  # seconds
COUNT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}
"""
# A counter that does not answer must not hold up what it only counts.
PATIENCE = 0.2  # seconds
REST = 5.0  # seconds


@dataclass(frozen=True, slots=True)
class Rate:
    """What a key has used up of its minute."""

    name: str
    limit: int
    used: int
    reset: int

    @property
    def headers(self) -> dict[str, str]:
        """Return the fields of the RateLimit draft; they inform, `Retry-After` decides."""
        left = max(self.limit - self.used, 0)
        return {
            "RateLimit-Policy": f'"{self.name}";q={self.limit};w={WINDOW}',
            "RateLimit": f'"{self.name}";r={left};t={self.reset}',
        }


class Counter:
    """Counts requests in Valkey; after a failure it lets everything pass for a while instead of waiting again."""

    def __init__(self, url: str) -> None:
        self.store = Redis.from_url(
            url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=Retry(NoBackoff(), 0)
        )
        self.rests_until = 0.0

    def count(self, key: str, *, window: int = WINDOW) -> tuple[int, int]:
        """Count one request of `key`; return how many there were in this window and the seconds it still lasts."""
        if time.monotonic() < self.rests_until:
            return 0, window
        try:
            used, left = cast(list[int], self.store.eval(COUNT, 1, settings.REDIS_PREFIX + key, window * 1000))
        except RedisError:
            self.rests_until = time.monotonic() + REST
            return 0, window
        return used, math.ceil(left / 1000)

    def forget(self, *keys: str) -> None:
        """Begin the count of these keys anew."""
        if time.monotonic() < self.rests_until:
            return
        try:
            self.store.delete(*(settings.REDIS_PREFIX + key for key in keys))
        except RedisError:
            self.rests_until = time.monotonic() + REST


@cache
def counter(url: str) -> Counter:
    """Return this process's counter."""
    return Counter(url)


class KeyThrottle(BaseThrottle):
    """Refuse what a key sends beyond its minute's share; a subclass names another share."""

    name = "api"

    def allow_request(self, request: Request, view: Any) -> bool:
        caller = request.auth
        if isinstance(caller, Caller):
            rate = rate_of_key(self.name, caller)
            # What stands here goes out with every answer of the view, a refusal too.
            view.headers |= rate.headers
            if rate.used > rate.limit:
                raise too_many(rate)
        return True


class IntakeThrottle(KeyThrottle):
    """The share of what comes in by a channel."""

    name = "intake"


def rate_of(name: str, credential: str, limit: int | None = None) -> Rate:
    """Count one request and return what has been used; the limit is everybody's unless there is an own one."""
    used, reset = counter(settings.REDIS_URL).count(f"rate:{name}:{credential}")
    return Rate(name, limit or settings.REQUESTS_PER_MINUTE[name], used, reset)


def rate_of_key(name: str, caller: Caller) -> Rate:
    """Count one request of a key and return what it has used; a key may have a limit of its own."""
    return rate_of(name, caller.credential, own_limit(caller.key.options))


def handle(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Return the problem for what a view raised; what was refused before it was counted is counted all the same."""
    view, request = context["view"], context["request"]
    if "RateLimit" not in getattr(view, "headers", HEADLESS):
        caller = _caller(request)
        names = [one.name for one in view.throttle_classes if issubclass(one, KeyThrottle)]
        if caller and names:
            view.headers |= rate_of_key(names[0], caller).headers
    return problems.handle(error, context)


# A view that was not even begun.
HEADLESS = {"RateLimit": ""}


def _caller(request: Request) -> Caller | None:
    """Return whose key a request carries, None for no key or a wrong one."""
    try:
        return request.auth if isinstance(request.auth, Caller) else None
    except AuthenticationFailed:
        return None


def too_many(rate: Rate) -> ProblemError:
    """Return the refusal of a request beyond the limit."""
    headers = rate.headers | {"Retry-After": str(max(rate.reset, 1))}
    message = _("请求太多，请在 %(seconds)s 秒后再试。") % {"seconds": rate.reset}
    return ProblemError("too_many_requests", message, status=HTTPStatus.TOO_MANY_REQUESTS, headers=headers)
