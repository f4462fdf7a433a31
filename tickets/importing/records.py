"""What an export says of tickets, whichever system it comes from, and what is wrong with it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from tickets.mailing.charsets import clean

Raw = Mapping[str, Any]


class Side(StrEnum):
    """On whose side somebody stands."""

    CUSTOMER = "customer"
    AGENT = "agent"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that cannot be taken in: what it is, where it stands, of which ticket, in which field."""

    code: str
    where: str = ""
    id: str = ""
    field: str = ""
    value: str = ""


class RecordError(ValueError):
    """Raised where a record cannot be understood; its ticket is left out and the rest goes on."""

    def __init__(self, code: str, field: str, value: object = "") -> None:
        super().__init__(f"{code}: {field}")
        self.code = code
        self.field = field
        self.value = str(value)[:80]

    def told(self, where: str, id: str) -> Problem:
        """Return it as a problem of a record."""
        return Problem(self.code, where, id, self.field, self.value)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the export."""

    id: str
    side: Side
    name: str
    email: str = ""
    phone: str = ""
    organization: str = ""
    organization_name: str = ""


@dataclass(frozen=True, slots=True)
class Attached:
    """A file: its content in base64, else where it lies in the folder of attachments, else only its name."""

    name: str
    content_type: str = ""
    base64: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """Something that was said in a ticket."""

    id: str
    at: datetime
    author: Person
    body: str
    is_public: bool = True
    is_call: bool = False
    files: tuple[Attached, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """A change of a ticket's status, in the source's own word."""

    id: str
    at: datetime
    author: Person | None
    status: str


@dataclass(frozen=True, slots=True)
class Past:
    """One ticket with its history, its words still the source's own."""

    id: str
    subject: str
    status: str
    opened_at: datetime
    updated_at: datetime
    requester: Person
    number: str = ""
    priority: str = ""
    channel: str = ""
    assignee: Person | None = None
    ended_at: datetime | None = None
    tags: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    # What the rules of a mapping may ask for: {"type": "problem", "group": "Support", …}
    traits: Mapping[str, str] = field(default_factory=dict)
    said: Sequence[Said] = ()
    turns: Sequence[Turn] = ()
    where: str = ""

    @property
    def digest(self) -> str:
        """Return the digest of all that was read; where it stood in the file does not count."""
        plain = asdict(self) | {"where": ""}
        return hashlib.sha256(json.dumps(plain, default=str, sort_keys=True).encode()).hexdigest()


def instant(raw: Raw, name: str) -> datetime:
    """Return an instant of a record in UTC. Raises RecordError where it is missing or has no offset."""
    found = maybe_instant(raw, name)
    if found is None:
        raise RecordError("missing", name)
    return found


def maybe_instant(raw: Raw, name: str) -> datetime | None:
    """Return an instant of a record in UTC, or None. Raises RecordError for what is none."""
    value = raw.get(name)
    if value in (None, ""):
        return None
    try:
        at = datetime.fromisoformat(str(value))
        found = at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        found = None
    if found is None:
        raise RecordError("bad_instant", name, value)
    return found


def text(raw: Raw, name: str, longest: int = 0) -> str:
    """Return a text of a record that the database can keep; nothing where there is none."""
    value = raw.get(name)
    if value is None or isinstance(value, dict | list):
        return ""
    plain = clean(str(value)).strip()
    return f"{plain[: longest - 1]}…" if longest and len(plain) > longest else plain


def key(raw: Raw, name: str = "id") -> str:
    """Return an id. Raises RecordError where it is missing."""
    found = text(raw, name, 64)
    if not found:
        raise RecordError("missing", name)
    return found


def parts(raw: Raw, name: str) -> list[Raw]:
    """Return the records in a list of a record; what is none is passed over."""
    found = raw.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def words(raw: Raw, name: str) -> tuple[str, ...]:
    """Return the words in a list of a record, such as its tags; nothing where there is no list."""
    found = raw.get(name)
    said = (text({"word": one}, "word", 80) for one in found) if isinstance(found, list) else ()
    return tuple(word for word in said if word)


def within(raw: Raw, name: str) -> Raw:
    """Return a record inside a record; an empty one where there is none."""
    found = raw.get(name)
    return found if isinstance(found, dict) else {}


def in_order(said: Mapping[str, Said]) -> tuple[Said, ...]:
    """Return what was said, first things first; what comes from one instant by its id."""
    return tuple(sorted(said.values(), key=lambda one: (one.at, len(one.id), one.id)))
