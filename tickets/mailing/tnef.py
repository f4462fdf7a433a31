"""What Outlook packs into winmail.dat: the files in it, with their names. None is compressed, so nothing swells.

Source: MS-OXTNEF
"""

import mimetypes
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from tickets.mailing.charsets import decoded
from tickets.mailing.letter import Enclosed

KINDS = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
SIGNATURE = b"\x78\x9f\x3e\x22"
# After the signature comes a key of two bytes; then attributes: level, id, length, what it says, a checksum.
FIRST, HEAD, SUM = 6, struct.Struct("<BII"), 2
CODE_PAGE, BEGINS, TITLE, CONTENT, PROPERTIES = 0x00069007, 0x00069002, 0x00018010, 0x0006800F, 0x00069005
# Properties of a file: its whole name, and the name by which a page shows it.
LONG_NAME, CID = 0x3707, 0x3712
TEXT, UNICODE, VARIABLE, MANY, NAMED = 0x1E, 0x1F, (0x1E, 0x1F, 0x0D, 0x102), 0x1000, 0x8000
WIDTHS = {0x02: 4, 0x03: 4, 0x04: 4, 0x0A: 4, 0x0B: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x14: 8, 0x40: 8, 0x48: 16}
# So many files are looked at, and so many properties of each.
MOST_FILES, MOST_PROPERTIES = 50, 500


@dataclass
class Found:
    """One file as far as it has been read."""

    name: str = ""
    cid: str = ""
    content: bytes | None = None


def files_in(raw: bytes) -> list[Enclosed]:
    """Return the files that are packed together, those before a break; none where the form is another."""
    found, page = list[Found](), ""
    for kind, said in _attributes(raw):
        if kind == CODE_PAGE and len(said) >= 4:
            page = f"cp{int.from_bytes(said[:4], 'little')}"
        elif kind == BEGINS and len(found) < MOST_FILES:
            found.append(Found())
        elif found:
            _learn(found[-1], kind, said, page)
    return [_enclosed(one) for one in found if one.content is not None]


def _attributes(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the id of each attribute with what it says, as long as they are whole."""
    place = FIRST if raw.startswith(SIGNATURE) else len(raw)
    while place + HEAD.size <= len(raw):
        _level, kind, length = HEAD.unpack_from(raw, place)
        start, place = place + HEAD.size, place + HEAD.size + length + SUM
        if place > len(raw):
            return
        yield kind, raw[start : start + length]


def _learn(file: Found, kind: int, said: bytes, page: str) -> None:
    if kind == CONTENT:
        file.content = said
    elif kind == TITLE:
        file.name = file.name or _text(said, page)
    elif kind == PROPERTIES:
        for key, text in _properties(said, page):
            if key == LONG_NAME:
                file.name = text or file.name
            elif key == CID:
                file.cid = text


def _text(said: bytes, page: str) -> str:
    return decoded(said.split(b"\0")[0], page)[0].strip()


def _properties(said: bytes, page: str) -> Iterator[tuple[int, str]]:
    """Yield the texts among a file's properties by their keys, until one is of a kind that we do not know."""
    reader = Reader(said)
    for _property in range(min(reader.number(), MOST_PROPERTIES)):
        kind, key = reader.short(), reader.short()
        if key >= NAMED:
            reader.take(16)
            # Named by a number, or by a text of the length that follows.
            is_text, more = reader.number(), reader.number()
            reader.take(more if is_text else 0)
        count = reader.number() if kind & MANY or kind in VARIABLE else 1
        if kind & ~MANY not in WIDTHS and kind & ~MANY not in VARIABLE:
            return
        for _value in range(min(count, MOST_PROPERTIES)):
            value = reader.take(reader.number() if kind & ~MANY in VARIABLE else WIDTHS[kind & ~MANY])
            if kind == UNICODE:
                yield key, value.decode("utf-16-le", "replace").split("\0")[0].strip()
            elif kind == TEXT:
                yield key, _text(value, page)


class Reader:
    """Goes through bytes in steps of four; beyond the end there is nothing, and noughts."""

    def __init__(self, said: bytes) -> None:
        self.said, self.place = said, 0

    def take(self, length: int) -> bytes:
        """Return so many bytes, and go on behind what fills them up to four."""
        start = self.place
        self.place = min(len(self.said), start + length + -length % 4)
        return self.said[start : start + length]

    def number(self) -> int:
        """Return a number of four bytes."""
        return int.from_bytes(self.take(4), "little")

    def short(self) -> int:
        """Return a number of two bytes: two of them make a step."""
        start = self.place
        self.place = min(len(self.said), start + 2)
        return int.from_bytes(self.said[start : start + 2], "little")


def _enclosed(file: Found) -> Enclosed:
    name = file.name or "attachment"
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Enclosed(name, kind, file.content or b"", file.cid)
