"""How often somebody may try: counted in Valkey for a quarter of an hour, by hashed name and by address."""

import hashlib
import math

from django.conf import settings
from django.http import HttpRequest

from plans.throttling import counter

QUARTER = 15 * 60  # seconds
# One person who mistypes, one name that many guess at, one office behind one address.
SIGN_IN = {"pair": 10, "name": 100, "address": 300}
RESET = {"name": 5, "address": 60}


def minutes_to_wait(act: str, limits: dict[str, int], request: HttpRequest, name: str) -> int:
    """Count one try and return the minutes to wait before the next, zero while there may be more."""
    store = counter(settings.REDIS_URL)
    waits = [0]
    for by, key in _keys(act, request, name).items():
        if by in limits:
            used, left = store.count(key, window=QUARTER)
            waits.append(left if used > limits[by] else 0)
    return math.ceil(max(waits) / 60)


def forget(act: str, request: HttpRequest, name: str) -> None:
    """Let somebody who was right begin anew."""
    keys = _keys(act, request, name)
    counter(settings.REDIS_URL).forget(keys["pair"], keys["name"])


def _keys(act: str, request: HttpRequest, name: str) -> dict[str, str]:
    address = request.META.get("REMOTE_ADDR", "")
    who = _digest(name.strip().casefold())
    return {
        "pair": f"{act}:pair:{who}:{_digest(address)}",
        "name": f"{act}:name:{who}",
        "address": f"{act}:address:{_digest(address)}",
    }


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]
