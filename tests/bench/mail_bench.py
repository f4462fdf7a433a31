"""How many mails a second are read, and taken in to tickets, beside the library's own parser on the same bytes."""

import email
import email.policy
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from itertools import count
from typing import Any

from tests.bench.coverage_bench import a_second
from tests.bench.database import database
from tests.hours import beijing
from tests.world import World
from tickets.actions import hooks
from tickets.actions.mail import keep
from tickets.mailing import read
from tickets.models import Mailbox

AT = beijing("2026-09-28 10:00")
WORDS = "结账检查没有通过，提示存货余额与总账不符，请帮忙看一下。\n" * 20
QUOTED = "\n在 2026年9月28日周一 09:00，客服 <support@yonsuite.example> 写道：\n" + "> 请发一张截图。\n" * 40


def written(number: int, sender: str, size: int = 0) -> bytes:
    """Return a mail as people send it: text and page, a quoted reply, a picture of `size` bytes where it is any."""
    message = EmailMessage()
    message["From"], message["To"] = f"王会计 <{sender}>", "support@yonsuite.example"
    message["Subject"] = f"月结报错 {number}"
    message["Message-ID"] = f"<{number}@mailer.example>"
    message.set_content(f"{number} {WORDS}{QUOTED}")
    message.add_alternative(f"<div>{WORDS}</div><blockquote>{QUOTED}</blockquote>", "html")
    if size:
        message.add_attachment(bytes(range(256)) * (size // 256), maintype="image", subtype="png", filename="截图.png")
    return message.as_bytes()


def run() -> list[dict[str, Any]]:
    """Return how many mails a second are read, small and with a picture of 1 MB, and how many become tickets."""
    plain, large = written(0, "wang@c.example"), written(0, "wang@c.example", 1024 * 1024)
    rows = [
        row(f"mail read, {len(plain) / 1024:.0f} kB", lambda: read(plain), lambda: _library(plain), ">= 200/s"),
        row(f"mail read, {len(large) / 1024:.0f} kB", lambda: read(large), lambda: _library(large), ">= 20/s"),
    ]
    with database():
        return [*rows, _taken_in()]


def row(name: str, ours: Callable[[], Any], theirs: Callable[[], Any], target: str) -> dict[str, Any]:
    """Return one line of the table."""
    read_by_us, by_library = a_second(ours), a_second(theirs)
    return {
        "name": name, "value": read_by_us, "unit": "/s", "beside": "email.policy.default: all text and files got",
        "beside_value": by_library, "ratio": read_by_us / by_library, "target": target,
    }  # fmt: skip


def _library(raw: bytes) -> list[Any]:
    """Read the same with the library alone: nothing is folded, judged or made safe."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    heads = [str(message[name]) for name in ("From", "To", "Subject", "Message-ID")]
    return [*heads, *(part.get_content() for part in message.walk() if not part.is_multipart())]


def _taken_in() -> dict[str, Any]:
    """Return how many mails a second are kept and become tickets, both transactions committed."""
    world = World()
    box = Mailbox.objects.create(name="服务", address="support@yonsuite.example", vendor="yonsuite")
    numbers = count(1)

    def take() -> None:
        number = next(numbers)
        raw = written(number, world.yonsuite.contact.email)
        # Not so many within an hour that they would be held for somebody to look at.
        at = AT + timedelta(minutes=5 * number)
        hooks.take(event=keep(mailbox=box, raw=raw, door="bench", at=at), at=at)

    taken, parsed = a_second(take), a_second(lambda: read(written(next(numbers), "wang@c.example")))
    return {
        "name": "mail kept and made a ticket, committed", "value": taken, "unit": "/s", "beside": "only read",
        "beside_value": parsed, "ratio": taken / parsed, "target": ">= 20/s",
    }  # fmt: skip
