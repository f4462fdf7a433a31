"""Headers of a mail or of one of its parts: unfolded, and read leniently in time that grows with their length alone.

The library's own structured headers take square time on hostile ones and raise on some that are merely wrong.
"""

import binascii
import re
from datetime import UTC, datetime
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from tickets.mailing.charsets import clean, decoded
from tickets.mailing.letter import Address

# So many headers are read, and so much of each.
MOST, LONGEST, LONGEST_STRUCTURED = 500, 16_384, 4_096
ADDRESSES, IDS = 100, 100
WORD = re.compile(rb"=\?([^?\s]{1,40})\?([bBqQ])\?([^?]*)\?=")
ID = re.compile(r"<([^<>\s]{1,250})>")
ADDRESS = re.compile(r"[^\s<>\"@]{1,64}@[^\s<>\"@,;]{1,190}")
NAME = re.compile(rb"[!-9;-~]{1,80}$")
# Turn the order of what follows them round: a file's name ends in another ending than the one that is read.
TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")


class Headers:
    """The headers of one part, by name in lower case; of several of one name all are there, in order."""

    def __init__(self, block: bytes) -> None:
        self.found: dict[str, list[bytes]] = {}
        self.is_cut = False
        # In which charset the rest of the mail is written: what names none is read by it.
        self.charset = ""
        self._fill(block)

    def _fill(self, block: bytes) -> None:
        lines: list[tuple[bytes, list[bytes]]] = []
        for line in block.replace(b"\r\n", b"\n").split(b"\n"):
            if line[:1] in b" \t" and line and lines:
                lines[-1][1].append(line.strip())
                continue
            name, colon, value = line.partition(b":")
            if not colon or not NAME.match(name.rstrip()):
                continue
            if len(lines) >= MOST:
                self.is_cut = True
                break
            lines.append((name.rstrip(), [value.strip()]))
        for name, values in lines:
            self.found.setdefault(name.decode("ascii").lower(), []).append(b" ".join(values)[:LONGEST])

    def raw(self, name: str) -> bytes:
        """Return the first header of a name as it came, blank where there is none."""
        return self.found.get(name, [b""])[0]

    def plain(self, name: str) -> str:
        """Return the first header of a name as text, nothing in it decoded but its bytes."""
        return decoded(self.raw(name), self.charset)[0][:LONGEST_STRUCTURED]

    def every(self, name: str) -> list[str]:
        """Return all headers of a name as text."""
        return [decoded(value, self.charset)[0][:LONGEST_STRUCTURED] for value in self.found.get(name, [])]

    def text(self, name: str) -> tuple[str, bool]:
        """Return a header for people with its encoded words read, on one line, and whether all was in order."""
        said, is_sure = words(self.raw(name), self.charset)
        return " ".join(said.split()), is_sure

    def addresses(self, name: str) -> tuple[Address, ...]:
        """Return the people that headers of a name list, each once; what is no address is left out."""
        listed = self.every(name)
        people: dict[str, Address] = {}
        for shown, address in _named(listed):
            if found := ADDRESS.search(address) or ADDRESS.search(shown):
                key = found[0].strip("'.").lower()
                people.setdefault(key, Address(key, " ".join(words(shown.encode())[0].split())[:120]))
        return tuple(people.values())[:ADDRESSES]

    def ids(self, name: str) -> tuple[str, ...]:
        """Return the message ids in a header, without their brackets."""
        return tuple(ID.findall(self.plain(name)))[:IDS]

    def instant(self, name: str) -> datetime | None:
        """Return an instant in UTC, or None where there is none to be read; a date without a zone is taken as UTC."""
        try:
            at = parsedate_to_datetime(self.plain(name)[:100])
            return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, TypeError, OverflowError, IndexError):
            return None


def _named(listed: list[str]) -> list[tuple[str, str]]:
    """Return names with addresses; of what the library takes for no list at all, the addresses that stand in it."""
    found = getaddresses(listed)
    if any("@" in address for _name, address in found):
        return found
    return [("", address) for line in listed for address in ADDRESS.findall(line)]


class Typed:
    """What a part says of itself: its type with parameters, and whether it is meant as a file."""

    def __init__(self, headers: Headers) -> None:
        self.message: Message = Message()
        for name in ("content-type", "content-disposition"):
            value = headers.plain(name)
            if value:
                self.message[name] = value.replace("\n", " ")
        self.encoding = headers.plain("content-transfer-encoding").strip().lower()
        self.cid = next(iter(headers.ids("content-id")), "")[:120]

    @property
    def kind(self) -> str:
        """Return the media type in lower case; plain text where it says none."""
        return self.message.get_content_type()

    @property
    def is_text(self) -> bool:
        """Tell whether it is words to be read."""
        return self.kind in ("text/plain", "text/html") and not self.is_file

    @property
    def is_file(self) -> bool:
        """Tell whether it is to be kept rather than shown."""
        return self.message.get_content_disposition() == "attachment" or bool(self.name and self.kind != "text/plain")

    @property
    def name(self) -> str:
        """Return the file name that it gives itself, decoded from whichever way it is written in."""
        try:
            found = self.message.get_filename("") or ""
        except (ValueError, LookupError, TypeError, UnicodeError):
            found = ""
        return " ".join(words(found.encode("utf-8", "surrogateescape"))[0].split())[:255]

    def parameter(self, name: str) -> str:
        """Return a parameter of the type, blank where there is none."""
        try:
            found = self.message.get_param(name, "")
        except (ValueError, LookupError, TypeError, UnicodeError):
            return ""
        value = found[2] if isinstance(found, tuple) else found
        return str(value or "").strip()


def words(raw: bytes, charset: str = "") -> tuple[str, bool]:
    """Return a header with its encoded words read (RFC 2047), and whether all was in order.

    `charset` is what the rest of the mail is written in, for words that name none.

    Neighbours in one charset are joined as bytes first: programs cut characters in two between them.
    """
    pieces: list[tuple[str, bytes]] = []
    end = 0
    for found in WORD.finditer(raw):
        between = raw[end : found.start()]
        if between.strip() or not pieces or not pieces[-1][0]:
            pieces.append(("", between))
        named = found[1].partition(b"*")[0].decode("ascii", "replace")
        content = _unpacked(found[2], found[3])
        if pieces and pieces[-1][0].lower() == named.lower() and not between.strip():
            pieces[-1] = (named, pieces[-1][1] + content)
        else:
            pieces.append((named, content))
        end = found.end()
    pieces.append(("", raw[end:]))
    read = [decoded(content, named or charset) for named, content in pieces if content]
    said = TURNING.sub("", "".join(text for text, _sure in read))
    return clean(said), all(sure for _text, sure in read)


def _unpacked(kind: bytes, content: bytes) -> bytes:
    if kind in b"bB":
        return unbased(content)
    return binascii.a2b_qp(content.replace(b"_", b" "), header=False)


def unbased(content: bytes) -> bytes:
    """Return what base64 says, whatever is missing at its end or does not belong in it."""
    kept = re.sub(rb"[^A-Za-z0-9+/]", b"", content)
    try:
        return binascii.a2b_base64(kept[: len(kept) - (len(kept) % 4 == 1)] + b"=" * (-len(kept) % 4))
    except binascii.Error:
        return b""
