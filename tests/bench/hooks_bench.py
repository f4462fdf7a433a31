"""Webhooks a second and p95 at the door of a switchboard, beside a bare DRF view under the same server.

Each request is a call of its own, told whole from ring to end: three events, a contact found by number, a contract.
"""

import json
import os
import statistics
import threading
import time
from http.client import HTTPConnection
from itertools import count
from typing import Any

from tests.bench import intake_bench
from tests.bench.database import database
from tests.bench.intake_bench import CONNECTIONS, HOST, ROUNDS, SECONDS, WARM, p95, seeded, server

NUMBERS = count()
BARE = "/bare/"


def run() -> list[dict[str, Any]]:
    """Return the rows of both sizes; both views take turns, so that a busy minute hits both."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ["HOOKS_PER_MINUTE"] = "1000000"
    with database() as url:
        key = seeded(url)
        with server(url) as port:
            return [row for connections in CONNECTIONS for row in compared(port, key, connections)]


def compared(port: int, key: str, connections: int) -> list[dict[str, Any]]:
    """Return rate and p95 of both views at so many connections."""
    load(port, key, 1, requests=WARM)
    intake_bench.load(port, BARE, key, 1, requests=WARM)
    ours, bare = [], []
    for _round in range(ROUNDS):
        ours.append(load(port, key, connections))
        bare.append(intake_bench.load(port, BARE, key, connections))
    at = f"at {connections} connection{'s' if connections > 1 else ''}"
    rates = [statistics.median(len(one) / SECONDS for one in rounds) for rounds in (ours, bare)]
    late = [p95([one for taken in rounds for one in taken]) for rounds in (ours, bare)]
    return [
        row(f"webhooks of calls a second {at}", rates, "1/s"),
        row(f"webhook of a call, p95 {at}", late, "ms"),
    ]


def row(name: str, figures: list[float], unit: str) -> dict[str, Any]:
    """Return one row of the table."""
    ours, bare = figures
    return {
        "name": name, "value": ours, "unit": unit, "beside": "bare DRF view, a ticket's rows", "beside_value": bare,
        "ratio": ours / bare, "target": None,
    }  # fmt: skip


def load(port: int, key: str, connections: int, requests: int = 0) -> list[float]:
    """Post for a while, or so many times, over kept connections, and return what each answer took in seconds."""
    until = time.monotonic() + (3600 if requests else SECONDS)
    found: list[list[float]] = [[] for _connection in range(connections)]
    senders = [
        threading.Thread(target=send, args=(HTTPConnection(HOST, port, timeout=30), key, until, taken, requests))
        for taken in found
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    return [one for taken in found for one in taken]


def send(wire: HTTPConnection, key: str, until: float, taken: list[float], requests: int) -> None:
    """Tell of one call after the other over one connection."""
    place = f"/hooks/tencent/{key}/?action=cdr&version=1"
    while time.monotonic() < until and (not requests or len(taken) < requests):
        began = time.monotonic()
        wire.request("POST", place, call(), {"Content-Type": "application/json"})
        answer = wire.getresponse()
        answer.read()
        if answer.status != 200:
            raise AssertionError(f"{place} answered {answer.status}")
        taken.append(time.monotonic() - began)


def call() -> str:
    """Return a call that was never told of before."""
    at = int(time.time()) - 90
    return json.dumps({
        "SessionId": f"bench-{next(NUMBERS)}", "Caller": "13800000001", "Callee": "4006600588", "Direction": 0,
        "StartTimestamp": at, "AcceptTimestamp": at + 12, "EndedTimestamp": at + 75, "IVRKeyPressed": ["6"],
        "SeatUser": {"StaffNumber": "8001"}, "HungUpSide": "user",
    })  # fmt: skip
