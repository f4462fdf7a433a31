"""Requests a second and p95 of intake, beside a bare DRF view under the same server in the same run."""

import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from typing import Any

from config.launch.ports import free_port
from tests.bench.database import database

ROOT = Path(__file__).resolve().parents[2]
ROUNDS, SECONDS, WARM = 4, 2.0, 60
CONNECTIONS = (1, 8)
HOST = "127.0.0.1"
NUMBERS = count()
PLACES = {"intake": "/api/v1/intake/portal/", "bare view": "/bare/"}


def run() -> list[dict[str, Any]]:
    """Return the rows of both sizes; both views take turns, so that a busy minute hits both."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    with database() as url:
        key = seeded(url)
        with server(url) as port:
            return [row for connections in CONNECTIONS for row in compared(port, key, connections)]


def seeded(url: str) -> str:
    """Load the plans, sign a contract and return a channel's key, in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.intake_seed"]
    done = subprocess.run(command, cwd=ROOT, env=environment(url), check=True, stdout=subprocess.PIPE)
    return done.stdout.decode().strip().splitlines()[-1]


def environment(url: str) -> dict[str, str]:
    """Return the environment of a process that works on the benchmark's database."""
    more = {"DATABASE_URL": url, "SHOUYUE_PROCESS": "web", "SECRET_KEY": "bench" * 12, "INTAKE_PER_MINUTE": "1000000"}
    return {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "LOG_LEVEL": "ERROR", **more}


@contextmanager
def server(url: str) -> Iterator[int]:
    """Run the web server as the product does and give its port."""
    port = free_port()
    command = [
        sys.executable, "-m", "uvicorn", "tests.bench.bench_server:application", "--host", HOST, "--port", str(port),
        "--no-access-log", "--log-level", "warning", "--lifespan", "off",
    ]  # fmt: skip
    child = subprocess.Popen(command, cwd=ROOT, env=environment(url))
    try:
        await_alive(port)
        yield port
    finally:
        child.terminate()
        child.wait(10)


def await_alive(port: int) -> None:
    """Wait until the server answers, at most half a minute."""
    for _attempt in range(300):
        try:
            wire = HTTPConnection(HOST, port, timeout=5)
            wire.request("GET", "/healthz")
            if wire.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the web server did not start")


def compared(port: int, key: str, connections: int) -> list[dict[str, Any]]:
    """Return rate and p95 of both views at so many connections."""
    for place in PLACES.values():
        load(port, place, key, 1, requests=WARM)
    times: dict[str, list[list[float]]] = {name: [] for name in PLACES}
    for _round in range(ROUNDS):
        for name, place in PLACES.items():
            times[name].append(load(port, place, key, connections))
    rates = {name: statistics.median(len(one) / SECONDS for one in rounds) for name, rounds in times.items()}
    late = {name: p95([one for taken in rounds for one in taken]) for name, rounds in times.items()}
    at = f"at {connections} connection{'s' if connections > 1 else ''}"
    return [
        row(f"intake requests a second {at}", rates, "1/s", "≥ 0.6×, aim > 1×"),
        row(f"intake p95 {at}", late, "ms", None),
    ]


def row(name: str, figures: dict[str, float], unit: str, target: str | None) -> dict[str, Any]:
    """Return one row of the table."""
    ours, bare = figures["intake"], figures["bare view"]
    return {
        "name": name, "value": ours, "unit": unit, "beside": "bare DRF view, same rows", "beside_value": bare,
        "ratio": ours / bare, "target": target,
    }  # fmt: skip


def p95(times: list[float]) -> float:
    """Return the 95th percentile, in milliseconds."""
    return statistics.quantiles(times, n=20)[-1] * 1000


def load(port: int, place: str, key: str, connections: int, requests: int = 0) -> list[float]:
    """Post for a while, or so many times, over kept connections, and return what each answer took in seconds."""
    until = time.monotonic() + (3600 if requests else SECONDS)
    found: list[list[float]] = [[] for _connection in range(connections)]
    senders = [
        threading.Thread(target=send, args=(HTTPConnection(HOST, port, timeout=30), place, key, until, taken, requests))
        for taken in found
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    return [one for taken in found for one in taken]


def send(wire: HTTPConnection, place: str, key: str, until: float, taken: list[float], requests: int) -> None:
    """Post one message after the other over one connection."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    while time.monotonic() < until and (not requests or len(taken) < requests):
        began = time.monotonic()
        wire.request("POST", place, message(), headers)
        answer = wire.getresponse()
        answer.read()
        if answer.status != 201:
            raise AssertionError(f"{place} answered {answer.status}")
        taken.append(time.monotonic() - began)


def message() -> str:
    """Return a body that was never sent before."""
    return json.dumps(
        {
            "external_id": f"bench-{next(NUMBERS)}",
            "contact": {"email": "bench@bench.example"},
            "product": "yonsuite-finance",
            "category": "fault",
            "subject": "9 月结账提示科目余额不平",
            "body": "总账结账第三步报错,提示 1002 科目余额不平,重算后仍在。" * 4,
            "module": "总账",
            "version": "V5R3",
        }
    )
