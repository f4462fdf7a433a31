"""What the robots of chat groups have in common: a card becomes their form, and a code in JSON says how it went."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tickets.channels import webhook
from tickets.channels.base import BusyError, ChannelError, GoneError
from tickets.channels.webhook import Answer, Call
from tickets.telling.cards import Card, Item

HEADERS = {"Content-Type": "application/json; charset=utf-8"}
TOO_MANY, FOUND = 429, 302


@dataclass(frozen=True, slots=True)
class Codes:
    """What a platform answers: under which name, and what its codes mean; any other one may pass by itself."""

    name: str
    # It has had too much for now, for so long.
    busy: frozenset[int]
    wait: timedelta
    # The robot is no more, or never was.
    gone: frozenset[int]
    # It will never take this message.
    refused: frozenset[int]


@dataclass(frozen=True, slots=True)
class Robot:
    """One platform's robots."""

    codes: Codes
    # A card as the platform takes it, before it is signed.
    form: Callable[[Card], dict[str, Any]]
    # The address and the body of a call, signed for its instant.
    signed: Callable[[Call], tuple[str, bytes]]


def render(robot: Robot, card: Card) -> bytes:
    """Return the body of one message."""
    return packed(robot.form(card))


def packed(said: dict[str, Any]) -> bytes:
    """Return JSON as small as it goes."""
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def send(robot: Robot, call: Call) -> Answer:
    """Have a robot write one message. Raises ChannelError; GoneError where it is no more, BusyError where we wait."""
    url, body = robot.signed(call)
    heard = webhook.hear("POST", url, body, HEADERS)
    return judged(robot.codes, heard.status, heard.said, heard.wish(call.at))


def judged(codes: Codes, status: int, said: bytes, wish: timedelta | None = None) -> Answer:
    """Return an answer that says it was written: the code alone tells, whatever the status of HTTP.

    Raises ChannelError. `wish` is how long the platform asked to be left alone, if it did.
    """
    code, answer = _code(codes.name, said), Answer(status, webhook.readable(said))
    told: dict[str, Any] = {"status": status, "said": answer.said}
    if code == 0 and 200 <= status < 300:
        return answer
    words = f"HTTP {status}" if code is None else f"{codes.name} {code}"
    if code in codes.busy or (code is None and (status in (TOO_MANY, FOUND) or wish)):
        raise BusyError(words, wait=max(wish or codes.wait, codes.wait), **told)
    if code in codes.gone:
        raise GoneError(words, **told)
    raise ChannelError(words, permanent=code in codes.refused, **told)


def _code(name: str, said: bytes) -> int | None:
    """Return the code in an answer, None where there is none to be found."""
    try:
        found = json.loads(said)
    except (ValueError, RecursionError):
        return None
    code = found.get(name) if isinstance(found, dict) else None
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def listed(card: Card, block: Callable[[Item], str], *, most: int, between: str = "\n") -> str:
    """Return the matters of a card in at most `most` bytes, and how many are left out; the link always fits."""
    foot = f"[{card.link_words}]({card.link})"
    room = most - len(foot.encode()) - len(card.more.encode()) - 2 * len(between) - 10
    blocks, used = [], 0
    for text in map(block, card.items):
        size = len((text + between).encode())
        if used + size > room:
            break
        blocks.append(text)
        used += size
    left = len(card.items) - len(blocks)
    # One that is too long by itself is cut, not left out.
    if not blocks:
        blocks, left = [cut(block(card.items[0]), room)], left - 1
    ends = [*([card.more % left] if left else []), *([foot] if len(card.items) > 1 else [])]
    return between.join([*blocks, *ends])


def cut(text: str, most: int) -> str:
    """Return the head of a text in at most `most` bytes, cut between characters."""
    if len(text.encode()) <= most:
        return text
    return text.encode()[: most - 3].decode(errors="ignore") + "…"


def quoted(details: Iterable[str], end: str = "\n") -> str:
    """Return lines as Markdown quotes them."""
    return end.join(f"> {line}" for line in details)
