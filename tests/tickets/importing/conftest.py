"""Exports as their systems write them, and a function that imports them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sla.actors import SYSTEM
from tests.clocks import clock_at
from tests.hours import beijing
from tests.world import World
from tickets.actions.importing.runs import Asked, Kept, go_on, start_run
from tickets.models import ImportRun

PAYLOADS = Path(__file__).parents[2] / "payloads" / "imports"
NOW = "2026-09-28 09:00"
ZENDESK = ("zendesk_tickets.json", "zendesk_users.json", "zendesk_organizations.json", "zendesk_audits.json",
           "zendesk_comments.jsonl")  # fmt: skip
ZAMMAD = ("zammad_tickets.json", "zammad_articles.json")


@pytest.fixture
def imported(world: World, settings: Any, tmp_path: Path) -> Callable[..., ImportRun]:
    """Return a function that imports files, by name or by path, to the end."""
    settings.MEDIA_ROOT = tmp_path / "media"

    def run(
        *files: str | Path, mapping: str = "zendesk.yaml", more: str = "", at: str = NOW, **asked: Any
    ) -> ImportRun:
        kept = [Kept(path, path.name) for path in (PAYLOADS / file for file in files)]
        written = (PAYLOADS / mapping).read_text() + more
        with clock_at(at):
            found = start_run(asked=Asked(kept, written, **asked), actor=SYSTEM, at=beijing(at))
            while found.is_unfinished:
                assert go_on(found)
                found.refresh_from_db()
        return found

    return run
