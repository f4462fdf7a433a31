"""The demo's content as it is written in `fixtures/demo/`: who is there, and what happened in each ticket."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

FOLDER = settings.ROOT / "fixtures/demo"
# What a ticket may say besides; each is a field of an Opening.
DETAILS = ("module", "version", "environment", "error_code")
SPAN = re.compile(r"(?:(?P<days>\d+)d)?(?:(?P<hours>\d+)h)?(?:(?P<minutes>\d+)m)?")


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing that somebody did, so long after the thing before it; `fields` is what its kind needs besides."""

    after: timedelta
    do: str
    by: str
    body: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Opened:
    """When a ticket was opened: at a wall time of Beijing so many days ago, or so many minutes ago."""

    days: int = 0
    time: str = ""
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class Story:
    """A ticket from its opening to where it stands now."""

    id: str
    contact: str
    contract: str
    product: str
    channel: str
    category: str
    priority: str
    subject: str
    body: str
    opened: Opened
    turns: tuple[Turn, ...]
    details: Mapping[str, Any] = field(default_factory=dict)


def people() -> dict[str, Any]:
    """Return the teams, branches and users, and whom a newcomer may sign in as."""
    return _read(FOLDER / "people.yaml")


def customers() -> list[dict[str, Any]]:
    """Return the customers with their contracts and contacts."""
    found: list[dict[str, Any]] = _read(FOLDER / "customers.yaml")["customers"]
    return found


def stories() -> list[Story]:
    """Return all tickets, oldest first."""
    return [_story(entry) for path in sorted(FOLDER.glob("tickets-*.yaml")) for entry in _read(path)["tickets"]]


def notice() -> dict[str, Any]:
    """Return a holiday notice that is posted and not applied."""
    found: dict[str, Any] = _read(FOLDER / "notice.yaml")
    return found


def text(name: str) -> str:
    """Return a file as it is written, such as a draft of rules."""
    return (FOLDER / name).read_text(encoding="utf-8")


@cache
def _read(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def _story(entry: Mapping[str, Any]) -> Story:
    plain = ("id", "contact", "contract", "product", "channel", "category", "priority", "subject", "body")
    return Story(
        **{name: entry[name] for name in plain},
        opened=Opened(**entry["opened"]),
        turns=tuple(_turn(turn) for turn in entry["events"]),
        details={name: entry[name] for name in DETAILS if name in entry},
    )


def _turn(entry: Mapping[str, Any]) -> Turn:
    fields = {name: value for name, value in entry.items() if name not in ("after", "do", "by", "body")}
    return Turn(span(entry["after"]), entry["do"], entry.get("by", ""), entry.get("body", ""), fields)


def span(text: str) -> timedelta:
    """Return a length such as `1d3h5m`. Raises ValueError for one that cannot be read."""
    found = SPAN.fullmatch(text)
    if not found or not text:
        raise ValueError(f"not a length of time: {text!r}")
    return timedelta(**{unit: int(count) for unit, count in found.groupdict().items() if count})
