"""A mailbox on a server, read by IMAP: one connection, each step with a time limit."""

import contextlib
import imaplib
import re
import socket
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tickets.channels.base import ChannelError
from tickets.channels.secrecy import SecretError, secret_at
from tickets.models import Mailbox

# Seconds for each step, however slowly the server answers.
TIMEOUT = 10.0
# More bytes of one mail than this are not fetched: it is read as far as that, and stays where it is.
LARGEST = 20 * 1024 * 1024
SIZE, ARRIVED = re.compile(rb"RFC822\.SIZE (\d+)"), re.compile(rb'INTERNALDATE "([^"]{10,40})"')
Failures = (OSError, imaplib.IMAP4.error, ValueError, EOFError)


class UnfetchableError(Exception):
    """The server will not hand over one mail; the others may be had all the same."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A mail as the server has it: by its number there, when it came, and whether it is longer than what we took."""

    uid: int
    raw: bytes = field(repr=False)
    arrived_at: datetime | None
    size: int


class Box:
    """An open mailbox; `newest` is the number of the last mail that was in it then."""

    def __init__(self, connection: imaplib.IMAP4) -> None:
        self.connection = connection
        self.uid_validity = _counted(connection, "UIDVALIDITY")
        self.newest = max(0, _counted(connection, "UIDNEXT") - 1)

    def new(self, after: int | None) -> list[int]:
        """Return the numbers of the mails after one, in order; without one, of those that nobody has read yet."""
        wanted = "UNSEEN" if after is None else f"UID {after + 1}:*"
        found = _told(self.connection.uid("SEARCH", wanted))
        numbers = sorted(int(one) for part in found if isinstance(part, bytes) for one in part.split())
        # "n:*" names the last mail even where that came before n.
        return [number for number in numbers if after is None or number > after]

    def fetch(self, uid: int) -> Fetched | None:
        """Return a mail, its first bytes where it is too long; None where it is gone by now. Marks nothing as read.

        Raises UnfetchableError where the server says no.
        """
        facts = b" ".join(_flat(self._fetched(uid, "(RFC822.SIZE INTERNALDATE)")))
        size, arrived = SIZE.search(facts), ARRIVED.search(facts)
        if size is None:
            return None
        parts = self._fetched(uid, f"(BODY.PEEK[]<0.{LARGEST}>)")
        raw = next((part[1] for part in parts if isinstance(part, tuple)), b"")
        return Fetched(uid, raw, _instant(arrived[1]) if arrived else None, int(size[1]))

    def _fetched(self, uid: int, what: str) -> list[object]:
        answer = self.connection.uid("FETCH", str(uid), what)
        try:
            return _told(answer)
        except ValueError as error:
            raise UnfetchableError(str(error)) from error

    def mark_read(self, uid: int) -> None:
        """Mark a mail as read, so that people who look into the mailbox see what was taken in."""
        self.connection.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")


@contextlib.contextmanager
def opened(mailbox: Mailbox) -> Iterator[Box]:
    """Yield a mailbox, signed in. Raises ChannelError, also for what goes wrong while it is read."""
    connection: imaplib.IMAP4 | None = None
    try:
        connection = _connected(mailbox)
        connection.login(mailbox.username, secret_at(mailbox.password))
        _told(connection.select(_quoted(mailbox.folder)))
        yield Box(connection)
    except Failures as error:
        raise ChannelError(_words(error), permanent=False) from error
    finally:
        if connection is not None:
            with contextlib.suppress(*Failures):
                connection.logout()


def _connected(mailbox: Mailbox) -> imaplib.IMAP4:
    if mailbox.security == Mailbox.Security.TLS:
        return imaplib.IMAP4_SSL(mailbox.host, mailbox.port, ssl_context=ssl.create_default_context(), timeout=TIMEOUT)
    connection = imaplib.IMAP4(mailbox.host, mailbox.port, timeout=TIMEOUT)
    if mailbox.security == Mailbox.Security.STARTTLS:
        connection.starttls(ssl.create_default_context())
    return connection


def _counted(connection: imaplib.IMAP4, name: str) -> int:
    """Return a number that the server said when the mailbox was opened, 0 where it said none."""
    found = connection.response(name)[1]
    return int(found[0]) if found and found[0] else 0


def _told(answer: tuple[str, Sequence[object]]) -> list[object]:
    """Return what a server answers to a command. Raises ValueError when it says no."""
    state, parts = answer
    if state != "OK":
        said = next((part for part in parts if isinstance(part, bytes)), b"")
        raise ValueError(f"{state} {said.decode(errors='replace')}")
    return [part for part in parts if part is not None]


def _flat(parts: list[object]) -> list[bytes]:
    return [
        piece for part in parts for piece in (part if isinstance(part, tuple) else (part,)) if isinstance(piece, bytes)
    ]


def _instant(said: bytes) -> datetime | None:
    try:
        return datetime.strptime(said.decode("ascii").strip(), "%d-%b-%Y %H:%M:%S %z").astimezone(UTC)
    except (ValueError, UnicodeError):
        return None


def _quoted(folder: str) -> str:
    """Return a folder's name as IMAP writes it: modified UTF-7 between quotation marks."""
    encoded = re.sub(r"[^\x20-\x7e]+", lambda found: _shifted(found[0]), folder.replace("&", "&-"))
    escaped = encoded.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _shifted(text: str) -> str:
    return "&" + text.encode("utf-7").decode("ascii").strip("+-").replace("/", ",") + "-"


def _words(error: BaseException) -> str:
    """Return what went wrong, never the password: some servers repeat what they were sent."""
    if isinstance(error, SecretError):
        return str(error)
    if isinstance(error, socket.timeout | TimeoutError):
        return f"No answer within {TIMEOUT:.0f} s."
    return f"{type(error).__name__}: {error}"[:300]
