"""The robot of a WeCom group: Markdown of at most 4,096 bytes; its address holds the key, nothing is signed."""

from datetime import timedelta
from typing import Any

from tickets.channels.robot import Codes, Robot, cut, listed, quoted
from tickets.channels.webhook import Call
from tickets.telling.cards import Card, Item

LONGEST, LONGEST_TITLE = 4096, 200
CODES = Codes(
    name="errcode",
    busy=frozenset({-1, 45009, 45033}),
    wait=timedelta(minutes=1),
    gone=frozenset({93000, 93008, 40056}),
    refused=frozenset({40008, 40058, 44004, 45002}),
)


def form(card: Card) -> dict[str, Any]:
    """Return a card as WeCom takes it."""
    colour = "warning" if card.is_alarm else "info"
    title = f'### <font color="{colour}">{cut(card.title, LONGEST_TITLE)}</font>\n'
    return {"msgtype": "markdown", "markdown": {"content": title + listed(card, _block, most=LONGEST - 300)}}


def _block(item: Item) -> str:
    return f"**[{item.title}]({item.link})**\n{quoted(item.details)}"


def signed(call: Call) -> tuple[str, bytes]:
    """Return the address and the body as they are."""
    return call.endpoint.url, call.body


ROBOT = Robot(CODES, form, signed)
