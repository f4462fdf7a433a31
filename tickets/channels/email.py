"""Mail out: one SMTP connection, many messages."""

import contextlib
import smtplib
from collections.abc import Iterator
from email.utils import parseaddr
from typing import cast

from django.conf import settings
from django.core.mail.backends.smtp import EmailBackend

from tickets.channels.base import ChannelError
from tickets.models import Delivery
from tickets.telling.mail import ascii_address


@contextlib.contextmanager
def connected() -> Iterator[smtplib.SMTP]:
    """Yield a connection to the mail server, signed in. Raises ChannelError when there is none to be had."""
    backend = EmailBackend()
    try:
        backend.open()
    except OSError as error:
        raise ChannelError(f"{type(error).__name__}: {error}", permanent=False) from error
    try:
        yield cast(smtplib.SMTP, backend.connection)
    finally:
        with contextlib.suppress(OSError):
            backend.close()


def send(delivery: Delivery, connection: smtplib.SMTP) -> None:
    """Hand over one rendered mail, byte for byte.

    Raises ChannelError: permanent when the server refuses this recipient or this message for good (5xx). A sender or
    sign-in that is refused is our own setting, to be mended, so the mail is kept.
    """
    sender = ascii_address(parseaddr(settings.DEFAULT_FROM_EMAIL)[1])
    try:
        connection.sendmail(sender, [ascii_address(delivery.address)], bytes(delivery.rendered or b""))
    except smtplib.SMTPRecipientsRefused as refused:
        code, answer = next(iter(refused.recipients.values()))
        raise ChannelError(_words(code, answer), permanent=code >= 500) from refused
    except smtplib.SMTPDataError as refused:
        raise ChannelError(
            _words(refused.smtp_code, refused.smtp_error), permanent=refused.smtp_code >= 500
        ) from refused
    except smtplib.SMTPResponseException as refused:
        raise ChannelError(_words(refused.smtp_code, refused.smtp_error), permanent=False) from refused
    except OSError as error:
        raise ChannelError(f"{type(error).__name__}: {error}", permanent=False) from error


def _words(code: int, answer: bytes | str) -> str:
    said = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    return f"{code} {said}"
