"""What forms of switchboards have in common: the things that they tell of a call, in our words."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from tickets.channels.hook import Fields, Happening

# Longer numbers are none.
NUMBER = 40


class Heard(StrEnum):
    """What can be told of a call."""

    RANG = "rang"
    MENU = "menu"
    BOT = "bot"
    ANSWERED = "answered"
    ENDED = "ended"
    RECORDING = "recording"
    TRANSCRIPT = "transcript"


# Who says a line of a talk with a voice bot, as programs call them.
SPEAKERS = {
    "bot": "bot", "robot": "bot", "assistant": "bot", "ivr": "bot", "system": "bot",
    "agent": "agent", "seat": "agent", "staff": "agent",
}  # fmt: skip
# Lines of a talk beyond these are not kept.
MOST_LINES = 500


def told(
    kind: Heard, call: str, *, at: datetime | None = None, key: str = "", fields: Mapping[str, Any] | None = None
) -> Happening:
    """Return one happening of a call; without a key of the sender's, what it says is its key."""
    said = {name: value for name, value in (fields or {}).items() if value not in ("", None, [])}
    return Happening(kind.value, call, key[:128] or digest(kind, at, said), at, said)


def digest(kind: Heard, at: datetime | None, said: Mapping[str, Any]) -> str:
    """Return the same text for the same happening, however often it is told."""
    whole = json.dumps([kind.value, at.isoformat() if at else "", said], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(whole.encode()).hexdigest()


def line_of(fields: Fields) -> dict[str, str]:
    """Return one line of a talk: who says it, what, and when if that is told."""
    who = fields.text("who", "role", "Role", "speaker", limit=20).lower()
    at = fields.instant("at", "time", "timestamp", "Timestamp")
    line = {"who": SPEAKERS.get(who, "caller"), "text": fields.text("text", "content", "Text", "Content", limit=2000)}
    return line | ({"at": at.isoformat()} if at else {})


def lines_of(fields: Fields, name: str) -> list[dict[str, str]]:
    """Return the lines of a talk that say something."""
    return [line for line in fields.each(name, line_of)[:MOST_LINES] if line["text"]]


def web_address(said: str) -> str:
    """Return an address that a browser may open, or nothing: it is shown as a link and never fetched by us."""
    return said if said.startswith(("https://", "http://")) and not any(sign.isspace() for sign in said) else ""
