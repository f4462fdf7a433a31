"""How fast another system's tickets are taken in, and in how little memory, beside an export a tenth as long."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from django.conf import settings

from sla.actors import SYSTEM
from sla.clock import database_now
from tests.bench.database import database
from tests.world import World
from tickets.actions.importing.runs import Asked, Kept, go_on, start_run
from tickets.models import TicketEvent

LINES = 100_000
TAKEN = 2_000
TEXT = "结账时提示科目余额不平，附件是余额表。" * 12
MAPPING = "source: zendesk\ncategory: {default: how_to}\n"


def run() -> list[dict[str, Any]]:
    """Return how an export is read through, with its memory, and how its tickets are taken in."""
    with tempfile.TemporaryDirectory() as name, database():
        folder = Path(name)
        long, short = read_apart(folder, LINES), read_apart(folder, LINES // 10)
        settings.MEDIA_ROOT = str(folder / "media")
        first, again = taken_in(folder), taken_in(folder)
        return [
            row(
                "export lines read", LINES / long["seconds"], "lines/s", "a tenth", LINES / 10 / short["seconds"], None
            ),
            row("memory for 100k lines", long["memory"], "MB", "a tenth", short["memory"], "<= 120 MB"),
            row("tickets taken in", first, "tickets/s", "unchanged, skipped", again, ">= 100 tickets/s"),
        ]


def row(name: str, value: float, unit: str, beside: str, beside_value: float, target: str | None) -> dict[str, Any]:
    """Return one line of the table."""
    return {"name": name, "value": round(value, 1), "unit": unit, "beside": beside, "target": target,
            "beside_value": round(beside_value, 1), "ratio": round(value / beside_value, 2)}  # fmt: skip


def write(path: Path, count: int, contact: str) -> None:
    """Write an export: each ticket with its words, and one answer."""
    person = {"id": 7, "name": "王会计", "email": contact, "role": "end-user"}
    with path.open("w") as file:
        file.write(json.dumps(person) + "\n")
        for number in range(1, count + 1):
            file.write(json.dumps(ticket(number), ensure_ascii=False) + "\n")


def ticket(number: int) -> dict[str, Any]:
    """Return a ticket as the full export of Zendesk has it."""
    said = {"public": True, "body": TEXT, "attachments": []}
    return {
        "id": number, "subject": f"月结 {number}", "description": TEXT, "status": "closed", "priority": "normal",
        "requester_id": 7, "assignee_id": 9, "via": {"channel": "email"}, "tags": ["month_end"], "type": "question",
        "created_at": "2022-03-04T01:30:00Z", "updated_at": "2022-03-06T01:30:00Z",
        "comments": [
            {"id": number * 10, "author_id": 7, "created_at": "2022-03-04T01:30:00Z", **said},
            {"id": number * 10 + 1, "author_id": 9, "created_at": "2022-03-04T03:30:00Z", **said},
        ],
    }  # fmt: skip


def read_apart(folder: Path, count: int) -> dict[str, float]:
    """Read an export of so many tickets through in a process of its own, and return its seconds and its memory."""
    path = folder / f"{count}.jsonl"
    write(path, count, "a@b.example")
    answer = subprocess.run(
        [sys.executable, "-m", "tests.bench.import_reading", str(path)], capture_output=True, check=True
    )
    found: dict[str, float] = json.loads(answer.stdout)
    return found


def taken_in(folder: Path) -> float:
    """Import an export and return how many tickets a second that made; what is there already is skipped."""
    path = folder / "taken.jsonl"
    if not path.exists():
        world = World()
        write(path, TAKEN, world.yonsuite.contact.email)
    asked = Asked([Kept(path, path.name)], MAPPING)
    run = start_run(asked=asked, actor=SYSTEM, at=database_now())
    began = time.perf_counter()
    while run.is_unfinished:
        go_on(run)
        run.refresh_from_db()
    seconds = time.perf_counter() - began
    assert run.state == "done", run.error
    assert TicketEvent.objects.count() == 3 * TAKEN
    return TAKEN / seconds
