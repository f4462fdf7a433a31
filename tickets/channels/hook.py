"""What the webhook form of another program offers: its check, its reading, and the answer that it understands. Pure."""

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext as _

from tickets.channels.base import FieldError, MalformedError, is_storable

JSON = "application/json; charset=utf-8"
BEIJING = ZoneInfo("Asia/Shanghai")


class SignatureError(Exception):
    """Raised when what came in is not signed as the key says that its sender signs; its words may be told."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came: `url` as its sender called it, names of headers in lower case."""

    method: str
    url: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What a form needs of the key by which it was called: the signing secret (blank: none), its options, and when."""

    secret: str = field(default="", repr=False)
    options: Mapping[str, Any] = field(default_factory=dict)
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that a request tells of: of what (`external_id`), what happened, and when if it says so.

    `key` tells this happening from others of its kind; the same one told again has the same key.
    """

    kind: str
    external_id: str
    key: str = ""
    at: datetime | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)


class Verdict(StrEnum):
    """What became of a request."""

    TAKEN = "taken"
    # Understood, and nothing was to be done: an event that is none of ours.
    PASSED = "passed"
    # Kept, and taken in later, without the sender.
    LATER = "later"
    REFUSED = "refused"
    BAD_KEY = "bad_key"
    BAD_SIGNATURE = "bad_signature"
    # Nobody can say whether the signature is right: our own secret cannot be opened.
    UNREADY = "unready"
    WRONG_METHOD = "wrong_method"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"


FINE = frozenset({Verdict.TAKEN, Verdict.PASSED, Verdict.LATER})
STATUS = {
    Verdict.REFUSED: HTTPStatus.BAD_REQUEST,
    Verdict.BAD_KEY: HTTPStatus.UNAUTHORIZED,
    Verdict.BAD_SIGNATURE: HTTPStatus.FORBIDDEN,
    Verdict.UNREADY: HTTPStatus.SERVICE_UNAVAILABLE,
    Verdict.WRONG_METHOD: HTTPStatus.METHOD_NOT_ALLOWED,
    Verdict.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Verdict.TOO_MANY: HTTPStatus.TOO_MANY_REQUESTS,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request, why if it was not taken (or was passed over), and what the answer may tell besides."""

    verdict: Verdict
    message: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_fine(self) -> bool:
        """Tell whether the sender has nothing to do any more."""
        return self.verdict in FINE

    @property
    def status(self) -> int:
        """Return the HTTP status that says so."""
        return STATUS.get(self.verdict, HTTPStatus.OK)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer in the sender's own form."""

    status: int
    content_type: str
    body: bytes


class Hook:
    """The form of one program. A new one is a subclass with a key of its own in `tickets.channels.registry`."""

    # How it is called in the address, and the channel whose key it takes.
    key: ClassVar[str]
    channel: ClassVar[str]
    methods: ClassVar[frozenset[str]] = frozenset({"POST"})
    # Headers that are kept with the bytes because reading needs them, in lower case.
    keeps: ClassVar[tuple[str, ...]] = ()
    # The most bytes of a body.
    limit: ClassVar[int] = 1024 * 1024

    def check(self, request: Asked, key: KeyFacts) -> None:
        """Raise SignatureError unless the request is signed as the key's secret demands; without a secret pass all."""
        raise NotImplementedError

    def challenge(self, request: Asked, key: KeyFacts) -> Reply | None:
        """Return the answer to a request that only asks whether we are there; None for all others."""
        return None

    def read(self, request: Asked, options: Mapping[str, Any]) -> list[Happening]:
        """Return what a request tells of; nothing where its event is none of ours.

        Raises MalformedError naming what cannot be read. Only the headers in `keeps` are there.
        """
        raise NotImplementedError

    def answer(self, outcome: Outcome) -> Reply:
        """Return the outcome as the sender understands it."""
        said: dict[str, Any] = {"ok": outcome.is_fine, "outcome": outcome.verdict.value, **outcome.fields}
        return in_json(outcome.status, said | ({"message": outcome.message} if outcome.message else {}))


def in_json(status: int, said: Mapping[str, Any]) -> Reply:
    """Return a reply of JSON."""
    return Reply(status, JSON, json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode())


def is_same_secret(one: str, other: str) -> bool:
    """Tell whether two secrets are the same, in a time that does not tell how far."""
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))


def zone_of(options: Mapping[str, Any]) -> ZoneInfo:
    """Return the zone in which a sender writes times without one: its option `zone`, else Beijing."""
    try:
        return ZoneInfo(str(options.get("zone") or "Asia/Shanghai"))
    except (ZoneInfoNotFoundError, ValueError):
        return BEIJING


class Fields:
    """Reads fields of what another program sent and gathers what is wrong with them, to be told all at once.

    Others send numbers as text and text as numbers, and null for nothing: all of that is read.
    """

    def __init__(self, said: Mapping[str, Any], zone: ZoneInfo = BEIJING) -> None:
        self.said = said
        self.zone = zone
        self.errors: list[FieldError] = []

    def text(self, *names: str, limit: int = 400, required: bool = False) -> str:
        """Return the first of these fields that says something, as text cut to `limit` characters, else blank."""
        found = next((self.said[name] for name in names if self.said.get(name) not in (None, "")), "")
        if isinstance(found, bool) or not isinstance(found, str | int | float):
            self._wrong(names[0], "wrong_type", _("这一项必须是文字或数字。"))
            return ""
        if not is_storable(str(found)):
            self._wrong(names[0], "invalid_encoding", _("文字中有空字符或不完整的字符。"))
            return ""
        if required and not str(found).strip():
            self._wrong(names[0], "missing", _("这一项必须填写。"))
        return str(found).strip()[:limit]

    def instant(self, *names: str) -> datetime | None:
        """Return the first of these instants as UTC, or None: Unix seconds or milliseconds, ISO 8601, or local time."""
        said = self.text(*names)
        if said in ("", "0"):
            return None
        at = instant_of(said, self.zone)
        if at is None:
            self._wrong(names[0], "invalid", _("这一项不是能读懂的时间。"))
        return at

    def each(self, name: str, read: Callable[["Fields"], Any]) -> list[Any]:
        """Return what `read` makes of each object of a list; what is no list of objects is wrong, a missing one not."""
        said = self.said.get(name)
        if said is None:
            return []
        if not isinstance(said, list) or not all(isinstance(one, dict) for one in said):
            self._wrong(name, "wrong_type", _("这一项必须是对象的列表。"))
            return []
        inner = [Fields(one, self.zone) for one in said]
        found = [read(one) for one in inner]
        self.errors += [error for one in inner for error in one.errors]
        return found

    def finish(self) -> None:
        """Raise MalformedError if anything was wrong."""
        if self.errors:
            raise MalformedError(self.errors)

    def _wrong(self, name: str, code: str, message: str) -> None:
        self.errors.append(FieldError(name, code, message))


MILLISECONDS_FROM = 10_000_000_000
# How programs write local time, the last as Huawei's examples do.
LOCAL_FORMS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.%f", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d,%H:%M:%S:%f")


def instant_of(said: str, zone: ZoneInfo) -> datetime | None:
    """Return a UTC instant: Unix seconds or milliseconds, ISO 8601, or a local time of `zone`; None when it is none."""
    try:
        if said.replace(".", "", 1).isdigit():
            seconds = float(said)
            return datetime.fromtimestamp(seconds / 1000 if seconds >= MILLISECONDS_FROM else seconds, UTC)
        return _written(said, zone).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _written(said: str, zone: ZoneInfo) -> datetime:
    for form in LOCAL_FORMS:
        try:
            return datetime.strptime(said, form).replace(tzinfo=zone)
        except ValueError:
            continue
    at = datetime.fromisoformat(said)
    return at if at.tzinfo else at.replace(tzinfo=zone)
