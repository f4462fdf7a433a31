"""The robot of a DingTalk group: Markdown with a title; the address is signed for the millisecond of the call."""

import base64
import hashlib
import hmac
from datetime import timedelta
from typing import Any
from urllib.parse import quote_plus

from tickets.channels.robot import Codes, Robot, cut, listed, quoted
from tickets.channels.webhook import Call
from tickets.telling.cards import Card, Item

LONGEST, LONGEST_TITLE = 15_000, 200
# Whoever writes more than twenty a minute is not heard for ten minutes.
CODES = Codes(
    name="errcode",
    busy=frozenset({-1, 130101, 130102, 90030, 410100}),
    wait=timedelta(minutes=10),
    gone=frozenset({300001, 400013, 400101, 400102, 400106}),
    refused=frozenset({400105, 430101, 430102, 430103, 430104}),
)


def form(card: Card) -> dict[str, Any]:
    """Return a card as DingTalk takes it."""
    title = cut(card.title, LONGEST_TITLE)
    text = f"### {title}\n\n{listed(card, _block, most=LONGEST, between=chr(10) * 2)}"
    return {"msgtype": "markdown", "markdown": {"title": title, "text": text}}


def _block(item: Item) -> str:
    return f"**[{item.title}]({item.link})**\n\n{quoted(item.details, end='  ' + chr(10))}"


def signed(call: Call) -> tuple[str, bytes]:
    """Return the address with time and signature, where the robot asks for one."""
    url, secret = call.endpoint.url, call.endpoint.secret
    if not secret:
        return url, call.body
    timestamp = int(call.at.timestamp() * 1000)
    more = f"timestamp={timestamp}&sign={quote_plus(signature(secret, timestamp))}"
    return f"{url}{'&' if '?' in url else '?'}{more}", call.body


def signature(secret: str, timestamp: int) -> str:
    """Return the signature of a millisecond: HMAC-SHA256 by the secret over the time and the secret itself."""
    said = f"{timestamp}\n{secret}".encode()
    return base64.b64encode(hmac.new(secret.encode(), said, hashlib.sha256).digest()).decode()


ROBOT = Robot(CODES, form, signed)
