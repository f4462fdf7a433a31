"""A mailbox of each vendor, and mail that is written to it."""

from email.message import EmailMessage
from typing import Any

import pytest

from tests.hours import beijing
from tests.world import World
from tickets.actions import hooks
from tickets.actions.mail import keep
from tickets.models import Delivery, InboundEvent, Mail, Mailbox


class Post:
    """Writes to a mailbox as its customers do."""

    def __init__(self, world: World, mailbox: Mailbox) -> None:
        self.world = world
        self.mailbox = mailbox
        self.count = 0

    def written(self, sender: str, subject: str, body: str, **headers: str) -> EmailMessage:
        self.count += 1
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = sender, self.mailbox.address, subject
        message["Message-ID"] = f"<{self.count}.{self.mailbox.vendor}@mailer.example>"
        for name, value in headers.items():
            key = name.replace("_", "-")
            del message[key]
            message[key] = value
        message.set_content(body)
        return message

    def send(self, sender: str, subject: str = "月结报错", body: str = "结账时提示余额不平。", *,
             at: str = "2026-09-28 09:00", **headers: str) -> Mail:  # fmt: skip
        return self.bring(self.written(sender, subject, body, **headers).as_bytes(), at=at)

    def bring(self, raw: bytes, *, at: str = "2026-09-28 09:00", **more: Any) -> Mail:
        when = beijing(at)
        event = keep(mailbox=self.mailbox, raw=raw, door="test", at=when, **more)
        hooks.take(event=event, at=when)
        event.refresh_from_db()
        assert event.state != InboundEvent.State.RECEIVED, event.error
        return Mail.objects.filter(event=event).first() or Mail.objects.latest("pk")


def letter_about(mail: Mail, kind: str) -> Delivery:
    """Return the last letter of a kind about a mail's ticket."""
    return Delivery.objects.filter(ticket=mail.ticket, kind=kind).latest("pk")


@pytest.fixture
def post(world: World) -> Post:
    """Return a way to write to YonSuite's mailbox."""
    box = Mailbox.objects.create(name="YonSuite 服务", address="support@yonsuite.example", vendor="yonsuite")
    return Post(world, box)


@pytest.fixture
def kingdee_post(world: World) -> Post:
    """Return a way to write to Kingdee's mailbox."""
    box = Mailbox.objects.create(name="金蝶服务", address="support@kingdee.example", vendor="kingdee")
    return Post(world, box)
