"""The files of imported tickets: inline, or in a folder beside the export; what is neither stays where it is."""

import base64
import binascii
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tickets.actions.attachments import attach
from tickets.channels.base import File
from tickets.importing.records import Attached, Past, Problem
from tickets.models import Message

LARGEST = 25 << 20  # bytes


@dataclass
class Opened:
    """What became of files: how many there are, elsewhere or not, and which cannot be read."""

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)


def keep_files(messages: Iterable[tuple[Message, Sequence[Attached]]], past: Past, folder: Path | None) -> Opened:
    """Keep the files of messages that are saved and return what became of them."""
    opened = Opened()
    for message, listed in messages:
        found = [file for one in listed if (file := _read(one, past, folder, opened))]
        attach(message=message, files=found)
    return opened


def look_at(past: Past, folder: Path | None) -> Opened:
    """Return what would become of a ticket's files, and keep none."""
    opened = Opened()
    for said in past.said:
        for one in said.files:
            _read(one, past, folder, opened)
    return opened


def _read(one: Attached, past: Past, folder: Path | None, opened: Opened) -> File | None:
    content = _inline(one) if one.base64 else _beside(one, folder)
    if content is None:
        if one.base64:
            opened.problems.append(Problem("file_unreadable", past.where, past.id, "attachments", one.name))
        else:
            opened.counts["files_elsewhere"] += 1
        return None
    if len(content) > LARGEST:
        opened.problems.append(Problem("file_too_large", past.where, past.id, "attachments", one.name))
        return None
    opened.counts["files"] += 1
    return File(one.name, one.content_type or "application/octet-stream", content)


def _inline(one: Attached) -> bytes | None:
    try:
        return base64.b64decode("".join(one.base64.split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def _beside(one: Attached, folder: Path | None) -> bytes | None:
    """Return a file of the folder; nothing outside it is ever read, whatever the export names."""
    if folder is None or not one.path or "\x00" in one.path:
        return None
    root = folder.resolve()
    path = (root / one.path).resolve()
    if not path.is_relative_to(root) or not path.is_file() or path.stat().st_size > LARGEST + 1:
        return None
    return path.read_bytes()
