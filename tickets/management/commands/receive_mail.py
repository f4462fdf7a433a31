"""`manage.py receive_mail --mailbox ADDRESS < mail`: a mail server hands a mail over by a pipe."""

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error

from sla.clock import database_now
from tickets.actions import hooks
from tickets.actions.mail import keep
from tickets.actions.mail.keeping import LARGEST
from tickets.models import Mailbox

DOOR = "pipe"


class Command(BaseCommand):
    """Answers as sysexits.h has it: mail servers know by that whether to try again, and never lose a mail."""

    help = "Keep a mail from standard input and take it in. Exit: 0 kept, 65 empty, 67 no such mailbox, 75 try again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--mailbox", required=True, help="the address that it came to")

    def handle(self, *args: Any, **options: Any) -> None:
        raw = sys.stdin.buffer.read(LARGEST)
        while sys.stdin.buffer.read(LARGEST):
            # A server that cannot hand over all of a mail takes it for not delivered.
            pass
        try:
            sys.exit(self._kept(options["mailbox"], raw))
        except (Error, OSError) as error:
            self.stderr.write(f"{type(error).__name__}: {error}")
            sys.exit(os.EX_TEMPFAIL)

    def _kept(self, address: str, raw: bytes) -> int:
        if not raw.strip():
            self.stderr.write("There is no mail.")
            return os.EX_DATAERR
        mailbox = Mailbox.objects.filter(address__iexact=address, is_active=True).first()
        if mailbox is None:
            self.stderr.write(f"There is no mailbox {address}.")
            return os.EX_NOUSER
        at = database_now()
        event = keep(mailbox=mailbox, raw=raw, door=DOOR, at=at)
        try:
            outcome = hooks.take(event=event, at=at)
        except Exception as error:  # noqa: BLE001  it is kept, and the round takes it in: the server must not send it again
            self.stderr.write(f"Kept as {event.pk}; it is taken in later: {type(error).__name__}")
            return os.EX_OK
        self.stdout.write(f"{event.pk} {outcome.fields.get('ticket', outcome.verdict.value)}")
        return os.EX_OK
