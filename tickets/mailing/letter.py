"""A mail as it was understood."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """Who speaks in a mail."""

    HUMAN = "human"
    AUTO_REPLY = "auto_reply"
    BULK = "list"
    BOUNCE = "bounce"
    OWN = "own"
    LOOP = "loop"


class Flaw(StrEnum):
    """What was wrong with a mail's form; it was read all the same."""

    CHARSET = "charset"
    NESTED = "nested"
    CUT = "cut"
    EMPTY = "empty"
    ENCODING = "encoding"
    NO_ID = "no_id"
    # What it says is encrypted, or wrapped by a signature: the file has it.
    SEALED = "sealed"


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file in a mail; `cid` is the name by which its HTML shows it."""

    name: str
    content_type: str
    content: bytes = field(repr=False)
    cid: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that was not taken along: too large, or one too many."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Folded:
    """A text in its parts: what is new, what it answers to, and who it is signed by."""

    words: str = ""
    quoted: str = ""
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What a server says became of a mail of ours: for good (5.x.x) or only so far."""

    message_id: str
    recipient: str
    status: str
    reason: str

    @property
    def is_permanent(self) -> bool:
        """Tell whether it was given up."""
        return self.status.startswith("5")


@dataclass(frozen=True, slots=True)
class Address:
    """A person as a header names them; the address is in lower case."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail: ids without their brackets, instants in UTC, `html` safe to be shown in a sandbox."""

    message_id: str
    digest: str
    sender: Address
    kind: Kind
    subject: str
    text: str
    folded: Folded
    html: str = ""
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    sent_at: datetime | None = None
    files: tuple[Enclosed, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    reports: tuple[Report, ...] = ()
    flaws: frozenset[str] = frozenset()
    # Whether a server that is trusted vouches for the sender's domain; None where none says anything.
    is_verified: bool | None = None
    # Whether a robot may answer it at all.
    takes_answers: bool = True

    @property
    def earlier(self) -> tuple[str, ...]:
        """Return the ids of the mails that this one goes back to, the nearest first."""
        return tuple(dict.fromkeys(filter(None, (self.in_reply_to, *reversed(self.references)))))
