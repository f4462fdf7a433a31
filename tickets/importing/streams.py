"""Files of exports, a record at a time: JSON documents and JSON lines of any size, in the memory of one record."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import ijson

from tickets.importing.records import Problem, Raw

MARK = b"\xef\xbb\xbf"
# A line beyond it is no ticket.
LONGEST = 32 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a file: under which name it was listed, and where it stands."""

    section: str
    raw: Raw
    where: str


Found = Record | Problem


def records(path: Path, name: str) -> Iterator[Found]:
    """Yield the records of a file, and a problem for each part that cannot be read; the rest goes on.

    A document is `{"tickets": […], "users": […]}` or a list; JSON lines hold one record, or one such page, a line.
    """
    with path.open("rb") as file:
        if file.read(len(MARK)) != MARK:
            file.seek(0)
        start = file.tell()
        kind = _kind(file)
        file.seek(start)
        yield from {"lines": _lines, "list": _list, "page": _page}.get(kind, _nothing)(file, name)


def _kind(file: IO[bytes]) -> str:
    """Return how a file is written: by its first sign, and by whether its first line stands for itself."""
    first = b""
    while not first.strip():
        first = file.readline(LONGEST)
        if not first:
            return "nothing"
    if first.lstrip()[:1] == b"[":
        return "list"
    if len(first) == LONGEST:
        return "page"
    second = file.readline(64)
    return "lines" if second.startswith(b"{") or _is_whole(first) else "page"


def _is_whole(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _nothing(_file: IO[bytes], name: str) -> Iterator[Found]:
    yield Problem("empty_file", name)


def _lines(file: IO[bytes], name: str) -> Iterator[Found]:
    number = 0
    while line := file.readline(LONGEST):
        number += 1
        where = f"{name}:{number}"
        if len(line) == LONGEST and not line.endswith(b"\n"):
            yield Problem("line_too_long", where)
            _skip_line(file)
        elif line.strip():
            yield from _of_line(line, where)


def _skip_line(file: IO[bytes]) -> None:
    while (rest := file.readline(LONGEST)) and not rest.endswith(b"\n"):
        pass


def _of_line(line: bytes, where: str) -> Iterator[Found]:
    try:
        found = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        yield Problem("not_utf_8", where)
    except (ValueError, RecursionError):
        yield Problem("not_json", where)
    else:
        yield from _unfolded(found, where)


def _unfolded(found: Any, where: str) -> Iterator[Found]:
    """Yield a record, or the records of a page that stands in one line."""
    listed = {name: value for name, value in found.items() if _is_section(name, value)} if _is_page(found) else {}
    if not listed:
        yield _record("", found, where)
    for section, values in listed.items():
        for place, value in enumerate(values, start=1):
            yield _record(section, value, f"{where} {section}[{place}]")


def _is_page(found: Any) -> bool:
    """Tell a page from a record: a record has an id."""
    return isinstance(found, dict) and "id" not in found


def _is_section(name: str, value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value) and name != "events"


def _record(section: str, found: Any, where: str) -> Found:
    return Record(section, found, where) if isinstance(found, dict) else Problem("not_an_object", where)


def _list(file: IO[bytes], name: str) -> Iterator[Found]:
    place = 0
    try:
        for found in ijson.items(file, "item", use_float=True):
            place += 1
            yield _record("", found, f"{name}[{place}]")
    except (ijson.JSONError, UnicodeDecodeError, RecursionError) as error:
        yield _broken(error, f"{name}[{place + 1}]")


def _page(file: IO[bytes], name: str) -> Iterator[Found]:
    """Yield what the lists of a page hold; built by hand, for each list is under another name."""
    section, place = "", 0
    builder: Any = None
    depth = 0
    try:
        for prefix, event, value in ijson.parse(file, use_float=True):
            if builder is None:
                if event == "start_array" and "." not in prefix:
                    section, place = prefix, 0
                if not (event == "start_map" and prefix == f"{section}.item"):
                    continue
                builder, depth, place = ijson.ObjectBuilder(), 0, place + 1
            builder.event(event, value)
            depth += (event in ("start_map", "start_array")) - (event in ("end_map", "end_array"))
            if depth == 0:
                yield _record(section, builder.value, f"{name} {section}[{place}]")
                builder = None
    except (ijson.JSONError, UnicodeDecodeError, RecursionError) as error:
        at = place if builder else place + 1
        yield _broken(error, f"{name} {section}[{at}]" if section else name)


def _broken(error: Exception, where: str) -> Problem:
    """Return what ended a document too early: what came before it stands."""
    if isinstance(error, UnicodeDecodeError) or "UTF8" in str(error) or "utf-8" in str(error).lower():
        return Problem("not_utf_8", where)
    is_cut_off = any(word in str(error).lower() for word in ("premature", "incomplete"))
    return Problem("cut_off" if is_cut_off else "not_json", where)
