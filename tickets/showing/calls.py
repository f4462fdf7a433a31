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


def event_words(fields: Mapping[str, Any]) -> str:
    """Return what a switchboard told of a call in one line, in the language in use."""
    names = {
        "caller": _("主叫号码"), "called": _("被叫号码"), "menu": _("按键"), "agent": _("分机"), "reason": _("原因"),
        "path": _("录音"),
    }  # fmt: skip
    told = [f"{word} {fields[name]}" for name, word in names.items() if fields.get(name)]
    told += [_("要求转人工")] if fields.get("hand_off") else []
    told += [_("%(count)d 句对话") % {"count": len(fields["lines"])}] if fields.get("lines") else []
    return " · ".join(told)
