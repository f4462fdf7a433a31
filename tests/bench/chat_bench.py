"""500 open chats on one web process: what each costs, how long a word takes to the other side, how many a second.

Then 50 desks besides, ten of the chats each, that fetch what their agents see.
"""

import asyncio
import gzip
import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from config.launch import assets
from tests.bench.database import database
from tests.bench.desk_bench import Desk
from tests.bench.intake_bench import HOST, ROOT, await_alive, environment, free_port
from tests.running import pss

OPEN, DESKS, POSTERS = 500, 50, 16
QUIET, BUSY = 20.0, 200.0  # messages a second
SECONDS = 12.0
WIDGET = Path("tickets/static/widget/shouyue.js")
NUMBERS = count()
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Room:
    """All chats that are open, when each message was sent, and how long it took to arrive, in seconds."""

    port: int
    chats: list[tuple[str, str]]
    desks: list[Desk]
    began: dict[str, float] = field(default_factory=dict)
    shown: list[float] = field(default_factory=list)
    sent: dict[str, float] = field(default_factory=dict)
    took: list[float] = field(default_factory=list)
    standing: set[str] = field(default_factory=set)
    doubled: int = 0


def run() -> list[dict[str, Any]]:
    """Return the rows."""
    assets.collect(ROOT / "var")
    with database() as url:
        more = {"CHAT_PER_MINUTE": "1000000", "CHAT_SESSIONS_PER_MINUTE": "1000000"}
        surroundings = environment(url) | more
        command = [sys.executable, "-m", "tests.bench.chat_seed", str(OPEN), str(DESKS)]
        done = subprocess.run(command, cwd=ROOT, env=surroundings, check=True, stdout=subprocess.PIPE)
        seeded = json.loads(done.stdout.decode().strip().splitlines()[-1])
        port = free_port()
        words = ["config.asgi:application", "--host", HOST, "--port", str(port), "--no-access-log", "--lifespan", "off"]
        child = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", *words, "--log-level", "error"], cwd=ROOT, env=surroundings
        )
        try:
            await_alive(port)
            room = Room(port, seeded["chats"], [Desk(port, **one) for one in seeded["desks"]])
            return [*asyncio.run(measured(room, child.pid)), widget()]
        finally:
            child.terminate()
            child.wait(20)


async def measured(room: Room, pid: int) -> list[dict[str, Any]]:
    """Open everything, talk quietly, then as much as is promised, and return the rows."""
    before, began = pss(pid), cpu(pid)
    readers = [asyncio.create_task(listen(room, code, token)) for code, token in room.chats]
    while len(room.standing) < OPEN:
        await asyncio.sleep(0.1)
    opening = (cpu(pid) - began) / OPEN * 1000
    each = (pss(pid) - before) / OPEN * 1024
    rested = cpu(pid)
    await asyncio.sleep(5)
    idle = (cpu(pid) - rested) / 5 * 100
    quiet = await talked(room, QUIET)
    used, since = cpu(pid), time.monotonic()
    busy = await talked(room, BUSY)
    spent = cpu(pid) - used
    share = spent / (time.monotonic() - since) * 100
    desks = await watched(room, pid)
    for reader in readers:
        reader.cancel()
    return [
        row(f"memory of an open chat, {OPEN} open", each, "kB", "≤ 200"),
        row("CPU to open one", opening, "ms", None),
        row(f"CPU of {OPEN} that are silent", idle, "% of a core", "≤ 5"),
        *rows(quiet, QUIET), *rows(busy, BUSY),
        row(f"CPU at {BUSY:.0f} messages a second asked for", share, "% of a core", None),
        row("messages doubled", room.doubled, "", "0"),
        row("CPU of a message, to its reader", spent / (BUSY * SECONDS) * 1000, "ms", "≤ 4"),
        *desks,
    ]  # fmt: skip


async def watched(room: Room, pid: int) -> list[dict[str, Any]]:
    """Open the desks, talk quietly before them, and return the rows."""
    before, memory = threads(pid), pss(pid)
    watching = [asyncio.create_task(desk.live(room.began, room.shown)) for desk in room.desks]
    await asyncio.gather(*(desk.is_there.wait() for desk in room.desks))
    for _wait in range(300):
        await asyncio.sleep(0.1)
        if not any(desk.going for desk in room.desks):
            break
    each, more = (pss(pid) - memory) / DESKS * 1024, threads(pid) - before
    room.began.clear()
    room.shown.clear()
    asked, used, since = sum(desk.asked for desk in room.desks), cpu(pid), time.monotonic()
    # Each desk has the first of its chats open: one message in five comes there.
    await talked(room, QUIET, DESKS * 5)
    lasted = time.monotonic() - since
    spent, asked = cpu(pid) - used, sum(desk.asked for desk in room.desks) - asked
    for one in watching:
        one.cancel()
    cuts, at = statistics.quantiles(room.shown, n=100), f"{QUIET:.0f} messages a second, {DESKS} desks open"
    return [
        row(f"threads more, {DESKS} desks open", more, "", None),
        row("memory of an open desk", each, "kB", None),
        row(f"message on a desk p50 at {at}", cuts[49] * 1000, "ms", "≤ 500"),
        row(f"message on a desk p99 at {at}", cuts[98] * 1000, "ms", "≤ 2000"),
        row(f"CPU at {at}", spent / lasted * 100, "% of a core", None),
        row(f"what desks ask at {at}", asked / lasted, "1/s", None),
    ]  # fmt: skip


def threads(pid: int) -> int:
    """Return how many threads a process has (Linux only)."""
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def rows(said: dict[str, float], rate: float) -> list[dict[str, Any]]:
    """Return what was found at a rate."""
    at = f"at {rate:.0f} messages a second asked for"
    return [
        row(f"message to the other side p50 {at}", said["p50"], "ms", "≤ 100"),
        row(f"message to the other side p99 {at}", said["p99"], "ms", "≤ 500"),
        row(f"messages a second kept up {at}", said["rate"], "1/s", f"{rate:.0f}"),
        row(f"messages lost {at}", said["lost"], "", "0"),
    ]


async def talked(room: Room, rate: float, among: int = OPEN) -> dict[str, float]:
    """Have so many of the customers write at a rate for a while, and return how it went."""
    room.sent.clear()
    room.took.clear()
    began = time.monotonic()
    turns = iter(range(int(rate * SECONDS)))
    await asyncio.gather(*(post(room, turns, among, began, rate) for _one in range(POSTERS)))
    lasted, total = time.monotonic() - began, len(room.took) + len(room.sent)
    for _wait in range(50):
        if not room.sent:
            break
        await asyncio.sleep(0.1)
    cuts = statistics.quantiles(room.took, n=100)
    return {"p50": cuts[49] * 1000, "p99": cuts[98] * 1000, "rate": total / lasted, "lost": float(len(room.sent))}


async def post(room: Room, turns: Any, among: int, began: float, rate: float) -> None:
    """Write one message after the other over one connection, each when its turn comes."""
    reader, writer = await asyncio.open_connection(HOST, room.port)
    for turn in turns:
        await asyncio.sleep(max(0.0, began + turn / rate - time.monotonic()))
        code, token = room.chats[turn % among]
        name = f"m{next(NUMBERS)}"
        body = json.dumps({"client_id": name, "body": f"结账提示存在未审核凭证，怎么查？({name})"}).encode()
        room.sent[name] = room.began[name] = time.monotonic()
        writer.write(head("POST", f"messages/?chat={code}", token, len(body)) + body)
        line = await reader.readline()
        assert b" 201 " in line, line
        await rest(reader)
    writer.close()


async def rest(reader: asyncio.StreamReader) -> None:
    """Read past the rest of an answer."""
    length = 0
    while (line := await reader.readline()) not in (b"\r\n", b""):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    await reader.readexactly(length)


async def listen(room: Room, code: str, token: str) -> None:
    """Keep one chat open and note when a message arrives."""
    reader, writer = await asyncio.open_connection(HOST, room.port)
    writer.write(head("GET", f"stream/?chat={code}&after=0", token))
    while line := await reader.readline():
        if line == b"event: state\n":
            room.standing.add(code)
        found = line.find(b'"client_id":"m')
        if line.startswith(b"data: ") and found >= 0:
            name = line[found + 13 : line.index(b'"', found + 13)].decode()
            if name in room.sent:
                room.took.append(time.monotonic() - room.sent.pop(name))
            else:
                room.doubled += 1


def head(method: str, path: str, token: str, length: int = 0) -> bytes:
    """Return the head of a request."""
    said = [
        f"{method} /chat/v1/{path} HTTP/1.1", f"Host: {HOST}", f"Authorization: Bearer {token}",
        "Content-Type: application/json", f"Content-Length: {length}",
    ]  # fmt: skip
    return ("\r\n".join(said) + "\r\n\r\n").encode()


def cpu(pid: int) -> float:
    """Return the seconds of CPU that a process has used (Linux only)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def widget() -> dict[str, Any]:
    """Return how large the widget is."""
    return row("widget, packed", len(gzip.compress(WIDGET.read_bytes(), 9)) / 1000, "kB", "≤ 30")


def row(name: str, value: float, unit: str, target: str | None) -> dict[str, Any]:
    """Return one row of the table."""
    return {
        "name": name,
        "value": value,
        "unit": unit,
        "beside": None,
        "beside_value": None,
        "ratio": None,
        "target": target,
    }
