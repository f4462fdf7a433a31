"""Calls as people read them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _


def speaker(who: str) -> str:
    """Return who says a line of a talk, in the language in use."""
    return {"bot": _("语音机器人"), "agent": _("人工坐席")}.get(who, _("来电人"))


def transcript_text(lines: Iterable[Mapping[str, Any]], zone: ZoneInfo) -> str:
    """Return a talk as plain text, a line for each thing said, in the language in use and a reader's zone."""
    return "\n".join(f"{_clock(line, zone)}{speaker(line['who'])}: {line['text']}" for line in lines)


def _clock(line: Mapping[str, Any], zone: ZoneInfo) -> str:
    said = line.get("at")
    return f"{datetime.fromisoformat(said).astimezone(zone):%H:%M:%S} " if said else ""


def talk_time(seconds: float) -> str:
    """Return a span of a call as "4:05"."""
    minutes, rest = divmod(max(int(seconds), 0), 60)
    return f"{minutes}:{rest:02d}"
