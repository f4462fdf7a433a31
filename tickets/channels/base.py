"""What every channel's adapter offers, and how a field of what came in is read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

Payload = Mapping[str, Any]

INVALID = "invalid"
MISSING = "missing"
ENCODING = "invalid_encoding"
MESSAGES = {
    MISSING: gettext_lazy("这一项必须填写。"),
    ENCODING: gettext_lazy("文字中有空字符或不完整的字符。"),
}


class ChannelError(Exception):
    """Raised when a message cannot be sent: for good, or only now; with what the other side answered, if it did."""

    def __init__(self, message: str, *, permanent: bool, status: int | None = None, said: str = "") -> None:
        super().__init__(message)
        self.permanent = permanent
        self.status = status
        self.said = said


class GoneError(ChannelError):
    """Raised when an address wants no more calls, or is no more."""

    def __init__(self, message: str, *, status: int | None = None, said: str = "") -> None:
        super().__init__(message, permanent=True, status=status, said=said)


class BusyError(ChannelError):
    """Raised when the other side asks us to wait: nothing is wrong with what was sent."""

    def __init__(self, message: str, *, wait: timedelta, status: int | None = None, said: str = "") -> None:
        super().__init__(message, permanent=False, status=status, said=said)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field that cannot be read, with a stable code and words for people."""

    field: str
    code: str
    message: str


class MalformedError(ValueError):
    """Raised when what came in cannot be read; names every field that is wrong, not only the first.

    `unread` are the names of fields that nobody knows: what is missing may be misspelt.
    """

    unread: Sequence[str] = ()

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__("; ".join(f"{one.field}: {one.message}" if one.field else one.message for one in errors))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class File:
    """A file that came along: its name and type are only what the sender says."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as every channel brings it; `contact` is how the sender names the person: by (what, value)."""

    external_id: str
    contact: tuple[str, str | int]
    product: str
    category: str
    subject: str
    body: str
    contract: str = ""
    priority: str = "normal"
    occurred_at: datetime | None = None
    module: str = ""
    tenant: str = ""
    version: str = ""
    environment: str = ""
    error_code: str = ""
    # The number of a ticket that it is added to; blank for one that opens a ticket.
    ticket: str = ""
    # What was answered to the plan's questions about customisation, by code. Source: K02
    customisation: Mapping[str, bool] = field(default_factory=dict)
    attachments: tuple[File, ...] = field(default=(), repr=False)


class Channel:
    """A way in. A new channel is a subclass with a key of its own in `tickets.channels.registry`."""

    key: ClassVar[str]

    def parse(self, payload: Payload) -> Incoming:
        """Return what came in, read. Raises MalformedError naming every wrong field. Pure."""
        raise NotImplementedError


class Reader:
    """Reads fields of one payload and gathers what is wrong with them, to be told all at once."""

    def __init__(self, payload: Payload) -> None:
        self.payload = payload
        self.errors: list[FieldError] = []

    def wrong(self, name: str, code: str, message: str) -> None:
        """Note that a field is wrong."""
        self.errors.append(FieldError(name, code, message))

    def text(self, name: str, limit: int, *, required: bool = False) -> str:
        """Return a text without blanks at its ends, of at most `limit` characters; a missing one is empty."""
        value = self.payload.get(name)
        if value is None:
            value = ""
        found = self.clean(name, value, limit)
        if required and not found and not self.has_error(name):
            self.wrong(name, MISSING, str(MESSAGES[MISSING]))
        return found

    def clean(self, name: str, value: Any, limit: int) -> str:
        """Return any value as text that the database can keep, or an empty text once it is noted as wrong."""
        if not isinstance(value, str):
            self.wrong(name, "wrong_type", _("这一项必须是文字。"))
        elif not is_storable(value):
            self.wrong(name, ENCODING, str(MESSAGES[ENCODING]))
        elif len(value.strip()) > limit:
            self.wrong(name, "too_long", _("这一项最多 %(limit)s 个字符。") % {"limit": limit})
        else:
            return value.strip()
        return ""

    def one_of(self, name: str, choices: Mapping[str, Any] | frozenset[str], default: str = "") -> str:
        """Return a code that is one of `choices`; without a default it must be there."""
        if default and self.payload.get(name) is None:
            return default
        value = self.text(name, 40, required=True)
        if value and value not in choices:
            self.wrong(name, "unknown", _("只能是：%(choices)s。") % {"choices": " · ".join(sorted(choices))})
        return value

    def instant(self, name: str) -> datetime | None:
        """Return an instant written in ISO 8601 with an offset, or None when there is none."""
        value = self.payload.get(name)
        if value is None:
            return None
        at = parse_instant(value)
        if at is None:
            self.wrong(name, INVALID, _("时间必须是带时区偏移的 ISO 8601，例如 2026-09-28T09:30:00+08:00。"))
        return at

    def each(self, name: str, read: Callable[[int, Payload], Any]) -> list[Any]:
        """Return what `read` makes of each object in a list; a missing list is empty."""
        value = self.payload.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            self.wrong(name, "wrong_type", _("这一项必须是对象的列表。"))
            return []
        return [read(place, entry) for place, entry in enumerate(value)]

    def has_error(self, name: str) -> bool:
        """Tell whether a field was found wrong."""
        return any(error.field == name for error in self.errors)

    def finish(self) -> None:
        """Raise MalformedError if anything was wrong."""
        if self.errors:
            raise MalformedError(self.errors)


def is_storable(text: str) -> bool:
    """Tell whether the database can keep a text: neither NUL nor half of a surrogate pair is in it."""
    if "\x00" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def parse_instant(value: Any) -> datetime | None:
    """Return a UTC instant from ISO 8601 text, or None when it is none or says no offset."""
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value.strip())
        return at.astimezone(UTC) if at.utcoffset() is not None else None
    except (ValueError, OverflowError):
        return None
