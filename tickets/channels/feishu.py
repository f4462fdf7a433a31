"""The robot of a Feishu group: a card; time and signature of the call stand in its body."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

from tickets.channels.robot import Codes, Robot, cut, listed, packed
from tickets.channels.webhook import Call
from tickets.telling.cards import Card, Item

LONGEST, LONGEST_TITLE = 15_000, 200
CODES = Codes(
    name="code",
    busy=frozenset({9499, 11232, 11233, 11247}),
    wait=timedelta(minutes=1),
    gone=frozenset({19001}),
    refused=frozenset({19002, 11246, 200621}),
)


def form(card: Card) -> dict[str, Any]:
    """Return a card as Feishu takes it."""
    title = {"tag": "plain_text", "content": cut(card.title, LONGEST_TITLE)}
    text = {"tag": "lark_md", "content": listed(card, _block, most=LONGEST)}
    return {
        "msg_type": "interactive",
        "card": {
            "config": {"wide_screen_mode": True},
            "header": {"title": title, "template": "red" if card.is_alarm else "blue"},
            "elements": [{"tag": "div", "text": text}],
        },
    }


def _block(item: Item) -> str:
    return "\n".join((f"**[{item.title}]({item.link})**", *item.details))


def signed(call: Call) -> tuple[str, bytes]:
    """Return the body with time and signature, where the robot asks for one."""
    secret = call.endpoint.secret
    if not secret:
        return call.endpoint.url, call.body
    timestamp = int(call.at.timestamp())
    head = {"timestamp": str(timestamp), "sign": signature(secret, timestamp)}
    return call.endpoint.url, packed(head | json.loads(call.body))


def signature(secret: str, timestamp: int) -> str:
    """Return the signature of a second: HMAC-SHA256 over nothing, by the time and the secret."""
    key = f"{timestamp}\n{secret}".encode()
    return base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()


ROBOT = Robot(CODES, form, signed)
