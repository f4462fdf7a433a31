"""How many messages a second one process says in chats, each committed, beside bare inserts; and the waiting line."""

import time
from collections.abc import Callable
from itertools import count
from typing import Any

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.bench.coverage_bench import a_second
from tests.bench.database import database
from tests.hours import beijing
from tests.tickets.chat.conftest import Talks
from tests.world import World
from tickets.actions import chat as acts
from tickets.models import Chat
from tickets.routing import standing

AT = beijing("2026-09-28 10:00")
WAITING = 300
INSERT = "INSERT INTO sla_heartbeat (kind, host, at, note) VALUES ('bench', clock_timestamp(), now(), '')"


def run() -> list[dict[str, Any]]:
    """Return how many messages there are a second, and how long it takes to say where one stands in a long line."""
    with database():
        talks = Talks(World())
        chat, numbers = talks.active(), count(1)
        talks.agent(chat, "您好")
        visitor = chat.visitor
        theirs = lambda: acts.say(  # noqa: E731
            chat=chat, speaker=visitor, body="凭证号不连续怎么办", at=AT, client_id=f"c{next(numbers)}"
        )
        ours = lambda: acts.say(  # noqa: E731
            chat=chat, speaker=talks.world.agent, body="请整理断号", at=AT, client_id=f"c{next(numbers)}"
        )
        return [
            row("a customer's message, committed", theirs, ">= 200/s"),
            row("an agent's message, committed", ours, ">= 200/s"),
            _line(talks),
        ]


def row(name: str, say: Callable[[], Any], target: str) -> dict[str, Any]:
    """Return one line of the table, with how many queries a message takes."""
    say()
    with CaptureQueriesContext(connection) as queries:
        say()
    said, bare = a_second(say), a_second(_insert)
    return {
        "name": f"{name} ({len(queries)} queries)", "value": said, "unit": "/s", "beside": "bare committed inserts",
        "beside_value": bare, "ratio": said / bare, "target": target,
    }  # fmt: skip


def _insert() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(INSERT)


def _line(talks: Talks) -> dict[str, Any]:
    line = [
        Chat(code=f"B{n}", vendor="yonsuite", state="waiting", plan_rank=n % 4, waiting_since=AT, opened_at=AT)
        for n in range(WAITING)
    ]
    Chat.objects.bulk_create(line)
    began = time.perf_counter()
    place = standing(line[0], AT).place
    took = (time.perf_counter() - began) * 1000
    return {"name": f"place and estimate among {WAITING} who wait (place {place})", "value": took, "unit": "ms",
            "beside": None, "beside_value": None, "ratio": None, "target": "<= 20 ms"}  # fmt: skip
