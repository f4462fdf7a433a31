"""The dispatch without Celery and without Redis: takes only what the workers should have taken seconds ago."""

import signal
from collections.abc import Callable
from datetime import timedelta
from threading import Event, Thread
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, close_old_connections, connection

from sla.clock import database_now
from tickets.rounds import dispatch

LATE = timedelta(seconds=3)
# How long the sender may take once we were asked to end: the mail under way is finished.
PATIENCE = 20.0

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    """Look each second for rows that are late and do what the workers do with them."""

    help = "Run the dispatch each second on rows that are 3 s late, without Celery and Redis. Ends on SIGTERM."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--deliver", action="store_true", help="only send mail; without it, a thread does that")

    def handle(self, *args: Any, **options: Any) -> None:
        """Watch until asked to end."""
        stopping = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        if options["deliver"]:
            watch_mail(stopping)
        else:
            watch_clocks(stopping)


def watch_clocks(stopping: Event) -> None:
    """Fire and act on what is late; mail has a thread of its own, so that a slow server can never delay a clock."""
    sender = start_sender(stopping)
    while not stopping.wait(1.0):
        look(lambda: dispatch.sweep(later_than=LATE), "watchdog")
        if not sender.is_alive():
            sender = start_sender(stopping)
    sender.join(PATIENCE)


def start_sender(stopping: Event) -> Thread:
    """Start the thread that sends late mail: it ends with us, also where a server keeps it waiting."""
    sender = Thread(target=watch_mail, args=(stopping,), name="watchdog-mail", daemon=True)
    sender.start()
    return sender


def watch_mail(stopping: Event) -> None:
    """Send mail that is late, and call the programs that were to be told."""
    while not stopping.wait(1.0):
        look(lambda: dispatch.send_mail(later_than=LATE), "watchdog-mail")
        look(lambda: dispatch.call_programs(later_than=LATE), "watchdog-hooks")
    connection.close()


def look(hops: Callable[[], object], kind: str) -> None:
    """Do one pass; a database that is away is only waited for."""
    try:
        close_old_connections()
        hops()
        dispatch.beat_hearts(kind, at=database_now())
    except Error as error:
        log.warning("watchdog_without_database", error=str(error))
        connection.close()
    except Exception:
        # The last one awake: it must outlive any fault of the work it does.
        log.exception("watchdog_pass_failed")
        connection.close()
