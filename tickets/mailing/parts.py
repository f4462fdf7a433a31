"""The parts of a mail, taken apart by places in its bytes: deep or endless ones cost no more than others."""

import binascii
from collections.abc import Iterator
from dataclasses import dataclass, field

from tickets.mailing.headers import Headers, Typed, unbased

# So deep and into so many parts a mail is taken apart; what lies beyond is one file.
DEEPEST, MOST = 12, 200
LONGEST_BOUNDARY = 200
# More headers than this are not looked for.
LONGEST_HEADERS = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the bytes of a mail; nothing is copied until it is needed."""

    raw: bytes = field(repr=False)
    start: int
    end: int

    def __len__(self) -> int:
        return max(0, self.end - self.start)

    def bytes(self, most: int = -1) -> bytes:
        """Return what lies there, or the first `most` bytes of it."""
        return self.raw[self.start : self.end if most < 0 else min(self.end, self.start + most)]


@dataclass(frozen=True, slots=True)
class Part:
    """One leaf: its headers, where its body is, and what kinds of parts it lies in, the outermost first."""

    headers: Headers
    typed: Typed
    body: Span
    within: tuple[str, ...] = ()

    def content(self, most: int = -1) -> bytes:
        """Return its body with the transfer encoding undone, of the first `most` bytes as they are in the mail."""
        return unpacked(self.body.bytes(most), self.typed.encoding)


def opened(raw: bytes) -> tuple[Headers, Span]:
    """Return headers and body; an mbox's first line and blank lines before all are passed over."""
    start = len(raw) - len(raw.lstrip(b"\r\n"))
    if raw.startswith((b"From ", b">From "), start):
        start = raw.find(b"\n", start) + 1 or len(raw)
    return _opened(Span(raw, start, len(raw)))


def _opened(piece: Span) -> tuple[Headers, Span]:
    """Return the headers before the first blank line of a piece, and what follows on it."""
    raw, start, end = piece.raw, piece.start, piece.end
    for blank in (b"\r\n", b"\n"):
        if raw.startswith(blank, start) and start < end:
            return Headers(b""), Span(raw, start + len(blank), end)
    found = [(place, len(gap)) for gap in (b"\n\r\n", b"\n\n") if (place := raw.find(gap, start, end)) >= 0]
    if not found:
        return Headers(raw[start : min(end, start + LONGEST_HEADERS)]), Span(raw, end, end)
    place, gap = min(found)
    return Headers(raw[start : min(place, start + LONGEST_HEADERS)]), Span(raw, place + gap, end)


def leaves(headers: Headers, body: Span) -> Iterator[Part]:
    """Yield the parts of a mail that hold no parts themselves, in order."""
    yield from _leaves(headers, body, (), [MOST])


def _leaves(headers: Headers, body: Span, within: tuple[str, ...], left: list[int]) -> Iterator[Part]:
    typed = Typed(headers)
    boundary = typed.parameter("boundary")[:LONGEST_BOUNDARY].encode("utf-8", "replace")
    may_hold = typed.kind.startswith("multipart/") and boundary and len(within) < DEEPEST
    pieces = _split(body, b"--" + boundary) if may_hold else []
    if not pieces:
        yield Part(headers, typed, body, within)
    for piece in pieces:
        if left[0] <= 0:
            return
        left[0] -= 1
        inner, content = _opened(piece)
        yield from _leaves(inner, content, (*within, typed.kind), left)


def _split(body: Span, line: bytes) -> list[Span]:
    """Return what lies between the lines of a boundary; the last piece of a mail that was cut off reaches its end."""
    raw, pieces, start = body.raw, list[Span](), -1
    place = raw.find(line, body.start, body.end)
    while place >= 0 and len(pieces) <= MOST:
        after = place + len(line)
        rest = _rest_of_line(raw, after, body.end)
        if rest in (b"", b"--") and (place == body.start or raw[place - 1 : place] == b"\n"):
            if start >= 0:
                pieces.append(Span(raw, start, max(start, _before(raw, place))))
            start = _after(raw, after, body.end)
            if rest:
                return pieces
        place = raw.find(line, after, body.end)
    return [*pieces, Span(raw, start, body.end)] if start >= 0 else pieces


def _rest_of_line(raw: bytes, start: int, end: int) -> bytes:
    """Return what else stands on the line of a boundary; a line that goes on for long is none."""
    stop = raw.find(b"\n", start, min(end, start + 80))
    return raw[start : stop if stop >= 0 else min(end, start + 80)].strip()


def _before(raw: bytes, place: int) -> int:
    """Return where a piece ends: the line end before a boundary is the boundary's."""
    return place - (2 if raw[place - 2 : place] == b"\r\n" else 1)


def _after(raw: bytes, place: int, end: int) -> int:
    stop = raw.find(b"\n", place, end)
    return stop + 1 if stop >= 0 else end


def unpacked(body: bytes, encoding: str) -> bytes:
    """Return bytes with their transfer encoding undone; an encoding that nobody knows leaves them as they are."""
    if encoding == "base64":
        return unbased(body)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(body)
    if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
        return _uudecoded(body)
    return body


def _uudecoded(body: bytes) -> bytes:
    found: list[bytes] = []
    for line in body.splitlines():
        if line.startswith(b"begin ") or not line.strip():
            continue
        if line.strip() == b"end":
            break
        try:
            found.append(binascii.a2b_uu(line))
        except binascii.Error:
            return body
    return b"".join(found)
