"""Calls of other programs, signed as Standard Webhooks 1.0 has it, to addresses on the open network alone."""

import base64
import binascii
import hashlib
import hmac
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from tickets.channels.base import BusyError, ChannelError, GoneError
from tickets.models import WebhookEndpoint

PREFIX = "whsec_"
SECRET_BYTES = 32
# Seconds for the whole call, however slowly the answer drips.
TIMEOUT = 5.0
LONGEST_ANSWER = 64 * 1024
GONE, TOO_MANY, UNAVAILABLE = 410, 429, 503
# How long an endpoint is left alone that has had too much and does not say how long.
BUSY = timedelta(minutes=1)
# Nobody's wish keeps alerts back for longer.
LONGEST_WISH = timedelta(days=1)
# Characters of an answer that are kept.
HEAD = 400
PORTS = {"http": 80, "https": 443}
LOOPBACK = "127.0.0.1"

Address = IPv4Address | IPv6Address
# What of IPv6 is given out to the open network, and where IPv4 is translated.
OPEN_V6, NAT64 = ip_network("2000::/3"), ip_network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Named:
    """What the address of an endpoint names, before anybody has looked where that is."""

    scheme: str
    host: str
    port: int
    path: str


@dataclass(frozen=True, slots=True)
class Place(Named):
    """Where an endpoint is: what its address names, and the network address that was checked."""

    address: str


def new_secret() -> str:
    """Return a new secret to sign with."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the signature of one call, version 1. Raises ValueError when the secret is none."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("The secret is not base64.") from error
    signed = b".".join((message_id.encode(), str(timestamp).encode(), body))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


@dataclass(frozen=True, slots=True)
class Call:
    """What is sent to an endpoint: under which id, which bytes, at which instant."""

    endpoint: WebhookEndpoint
    message_id: str
    body: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side answered to a call that it took."""

    status: int
    said: str


class Heard(NamedTuple):
    """What the other side said: the status, the head of the body, and `Retry-After` as it was written."""

    status: int
    said: bytes
    retry_after: str = ""

    def wish(self, at: datetime) -> timedelta | None:
        """Return for how long from an instant it asks to be left alone, within bounds; None where it does not."""
        seconds = _seconds(self.retry_after.strip(), at)
        return None if seconds is None else min(timedelta(seconds=max(seconds, 1)), LONGEST_WISH)


def _seconds(written: str, at: datetime) -> float | None:
    """Return the seconds that `Retry-After` means at an instant: written as a number, or as a date of HTTP."""
    if written.isascii() and written.isdecimal():
        return float(written[:9]) if len(written) < 10 else LONGEST_WISH.total_seconds()
    try:
        until = parsedate_to_datetime(written)
    except (ValueError, OverflowError):
        return None
    return ((until if until.tzinfo else until.replace(tzinfo=UTC)) - at).total_seconds()


def send(call: Call) -> Answer:
    """Call an endpoint; anything but 2xx is no success and no redirect is followed.

    Raises ChannelError: GoneError on 410, BusyError on 429 and wherever it says when to come again.
    """
    timestamp = int(call.at.timestamp())
    signatures = (signature(key, call.message_id, timestamp, call.body) for key in call.endpoint.signing(call.at))
    headers = {
        "Content-Type": "application/json",
        "webhook-id": call.message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }
    heard = hear("POST", call.endpoint.url, call.body, headers)
    return _judged(Answer(heard.status, readable(heard.said)), heard.wish(call.at))


def _judged(answer: Answer, wish: timedelta | None) -> Answer:
    """Return an answer that took the call. What a server refuses today it may take once it is put right."""
    status = answer.status
    told: dict[str, Any] = {"status": status, "said": answer.said}
    if 200 <= status < 300:
        return answer
    if status == GONE:
        raise GoneError("410 Gone", **told)
    if status == TOO_MANY or (status == UNAVAILABLE and wish):
        raise BusyError(f"HTTP {status}", wait=wish or BUSY, **told)
    raise ChannelError(f"HTTP {status}", permanent=False, **told)


def readable(said: bytes) -> str:
    """Return the head of an answer as text that the database can keep."""
    text = said[: 4 * HEAD].decode(errors="replace").replace("\x00", "")
    return " ".join(text.split())[:HEAD]


def placed(url: str) -> Place:
    """Return where a URL leads, looked up now. Raises ChannelError when that is no place to call."""
    named = named_by(url)
    return Place(named.scheme, named.host, named.port, named.path, _checked(named.host, named.port))


def named_by(url: str) -> Named:
    """Return what a URL names, without a look at the network. Raises ChannelError when that can never be called."""
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme, 0)
    except ValueError as error:
        raise ChannelError(f"No address: {error}", permanent=True) from error
    if parts.scheme not in PORTS or not parts.hostname or parts.username or parts.password:
        raise ChannelError("Only http(s)://host/… can be called.", permanent=True)
    _refuse_inside(parts.hostname)
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    return Named(parts.scheme, parts.hostname, port, path)


def _refuse_inside(host: str) -> None:
    """Refuse a host that tells by itself that it is not on the open network: its number, or a name of no domain."""
    _name, dot, domain = host.rstrip(".").rpartition(".")
    try:
        found = str(ip_address(host.partition("%")[0]))
    except ValueError:
        found = LOOPBACK if not dot or domain == "localhost" or domain[:1].isdigit() else ""
    if found and not is_open(found):
        raise ChannelError(f"{host} is not on the open network.", permanent=True)


def _checked(host: str, port: int) -> str:
    """Return the first network address of a host; all of them must be open ones, or none is called."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ChannelError(f"{host} cannot be found: {error}", permanent=False) from error
    addresses = [str(answer[4][0]) for answer in found]
    for address in addresses:
        if not is_open(address):
            raise ChannelError(f"{host} leads to {address}, which is not on the open network.", permanent=True)
    return addresses[0]


def is_open(address: str) -> bool:
    """Tell whether a network address is one of the open network, not of this machine, its neighbours or a carrier."""
    found = _inner(ip_address(address.partition("%")[0]))
    if found.is_loopback:
        return bool(settings.WEBHOOK_LOOPBACK)
    if isinstance(found, IPv6Address) and found not in OPEN_V6:
        return False
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified)


def _inner(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one stands for, if it does: mapped, translated (NAT64), 6to4 or Teredo."""
    if isinstance(address, IPv4Address):
        return address
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None) or address


def _host(place: Place) -> str:
    named = f"[{place.host}]" if ":" in place.host else place.host
    return named if place.port == PORTS[place.scheme] else f"{named}:{place.port}"


def exchange(
    method: str, url: str, body: bytes, headers: dict[str, str], *, most: int = LONGEST_ANSWER
) -> tuple[int, bytes]:
    """Return the status and the first `most` bytes of what another program answers. Raises ChannelError as `hear`."""
    heard = hear(method, url, body, headers, most=most)
    return heard.status, heard.said


def hear(method: str, url: str, body: bytes, headers: dict[str, str], *, most: int = LONGEST_ANSWER) -> Heard:
    """Return what another program answers, called as `send` calls, its body cut after `most` bytes.

    Raises ChannelError where it cannot be called or does not answer.
    """
    place = placed(url)
    try:
        told = {"Host": _host(place), "User-Agent": "Shouyue", **headers}
        return _exchanged(method, place, body, told, most)
    except (HTTPError, HTTPException, OSError, ValueError) as error:
        raise ChannelError(f"{type(error).__name__}: {error}", permanent=False) from error


def _exchanged(method: str, place: Place, body: bytes, headers: dict[str, str], most: int = LONGEST_ANSWER) -> Heard:
    began = time.monotonic()
    with _connected(place) as connection:
        connection.request(method, place.path, body=body, headers=headers, preload_content=False)
        answer = connection.getresponse()
        said = answer.read(most, decode_content=False)
        if time.monotonic() - began >= TIMEOUT:
            raise TimeoutError(f"no answer within {TIMEOUT:.0f} s")
        return Heard(int(answer.status), said, answer.headers.get("Retry-After", ""))


@contextmanager
def _connected(place: Place) -> Iterator[HTTPConnection]:
    """Yield a connection to the checked address itself: asked again, the name might lead elsewhere.

    Its socket is shut when time is up, which ends whatever waits for it.
    """
    connection = _connection(place)
    alarm = threading.Timer(TIMEOUT, _shut, [connection])
    alarm.start()
    try:
        connection.connect()
        yield connection
    finally:
        alarm.cancel()
        connection.close()


def _connection(place: Place) -> HTTPConnection:
    if place.scheme == "http":
        return HTTPConnection(place.address, place.port, timeout=TIMEOUT)
    return HTTPSConnection(
        place.address, place.port, timeout=TIMEOUT, server_hostname=place.host, cert_reqs="CERT_REQUIRED"
    )


def _shut(connection: HTTPConnection) -> None:
    if connection.sock is not None:
        with suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)
