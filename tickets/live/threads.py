"""Few threads that ask the database for streams and short answers, each over a connection that stays open."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import connection

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 4
# A connection that nobody used for longer is looked at before it is used, in seconds.
RESTED = 1.0

_pool = ThreadPoolExecutor(THREADS, "live")
_used = threading.local()


async def asked(ask: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what a function returns that asks the database; call it from the event loop."""
    return await asyncio.get_running_loop().run_in_executor(_pool, lambda: _kept(ask, *args, **kwargs))


def _kept(ask: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    if time.monotonic() - getattr(_used, "at", 0.0) > RESTED:
        connection.health_check_done = False  # type: ignore[attr-defined]
    try:
        return ask(*args, **kwargs)
    finally:
        _used.at = time.monotonic()
        # Only a web server has a pool, and its threads for as long as it runs. A connection on which anything failed
        # is given up, whether or not whoever asked took that for an answer.
        if connection.errors_occurred or "pool" not in connection.settings_dict["OPTIONS"]:
            connection.close()
