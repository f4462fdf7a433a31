"""Celery's tasks: each one call, and harmless to run twice. The broker only says "look now"."""

import threading
from datetime import UTC, datetime, timedelta

import structlog
from celery import shared_task
from django.db import InterfaceError, OperationalError, connection
from kombu.exceptions import OperationalError as BrokerError

from plans.actions.endings import tell_endings
from plans.actions.updates.following import look_ahead
from sla.clock import database_now
from sla.models import Heartbeat
from tickets.actions.calls.hearing import end_lost
from tickets.actions.redriving import redrive_inbound as redrive
from tickets.actions.reports import draft_due
from tickets.rounds import bulletins, dispatch, jobs, polling

CALLS, MAILS = "webhooks", "mailboxes"
# A tick that waited longer in the broker does not show that its beat is alive.
FRESH = timedelta(seconds=10)

log = structlog.get_logger(__name__)


@shared_task(name="tickets.tasks.sweep")
def sweep(beat: dict[str, str] | None = None) -> None:
    """Hops 1 and 2: fire what is due and act on it. `beat` says which beat sent the tick, and when.

    A tick that follows on a sweep that found nothing, as with many beats, does not look again.
    """
    try:
        swept = beat is not None and dispatch.just_swept(database_now())
        if not swept and dispatch.sweep():
            dispatch.beat_hearts(dispatch.SWEPT, at=database_now())
        _beat_hearts("clock", beat)
    except (OperationalError, InterfaceError) as error:
        log.warning("sweep_without_database", error=str(error))


@shared_task(name="tickets.tasks.deliver")
def deliver(beat: dict[str, str] | None = None) -> None:
    """Hop 3: send what is queued."""
    try:
        dispatch.send_mail()
        _beat_hearts("out", beat)
    except (OperationalError, InterfaceError) as error:
        log.warning("deliver_without_database", error=str(error))


@shared_task(name="tickets.tasks.work", soft_time_limit=300, time_limit=360)
def work() -> None:
    """Do what no deadline waits for: reports, backtests, self-checks."""
    try:
        jobs.work()
        dispatch.beat_hearts("jobs", at=database_now())
    except (OperationalError, InterfaceError) as error:
        log.warning("work_without_database", error=str(error))


def wake_jobs() -> None:
    """Have a worker look at once; without a broker the work waits for the next tick that gets through."""
    try:
        work.apply_async(queue="jobs", retry=False, ignore_result=True)
    except BrokerError as error:
        log.warning("jobs_not_woken", error=str(error))


@shared_task(name="tickets.tasks.call_webhooks")
def call_webhooks() -> None:
    """Hop 3 by another way: call programs, in one thread beside the mail, so that a slow one holds none of it up."""
    if not any(thread.name == CALLS for thread in threading.enumerate()):
        threading.Thread(target=_call_webhooks, name=CALLS, daemon=True).start()


def _call_webhooks() -> None:
    """Make the calls that are due, over a connection of this thread's own."""
    try:
        dispatch.call_programs()
        dispatch.beat_hearts("hooks", at=database_now())
    except Exception:
        # A thread's fault is nobody's to catch; what was leased comes back by itself.
        log.exception("calls_failed")
    finally:
        connection.close()


@shared_task(name="tickets.tasks.poll_mail")
def poll_mail() -> None:
    """Read the mailboxes in a thread beside the mail that goes out, so that a slow server holds none of it up."""
    if not any(thread.name == MAILS for thread in threading.enumerate()):
        threading.Thread(target=_poll_mail, name=MAILS, daemon=True).start()


def _poll_mail() -> None:
    """Read what is new, over a connection of this thread's own."""
    try:
        polling.poll_mail()
    except Exception:
        # A thread's fault is nobody's to catch; what was not read yet is read the next time.
        log.exception("poll_failed")
    finally:
        connection.close()


@shared_task(name="tickets.tasks.remind")
def remind() -> None:
    """Remind of assumed years and of terms that end, and lay updates out ahead; the database's clock says when."""
    try:
        at = database_now()
        bulletins.remind(at=at)
        tell_endings(at=at)
        draft_due(at=at)
        look_ahead(at=at)
    except (OperationalError, InterfaceError) as error:
        log.warning("remind_without_database", error=str(error))


@shared_task(name="tickets.tasks.redrive_inbound")
def redrive_inbound() -> None:
    """Take in what was stored and not understood yet, and end calls of whose end nobody told."""
    redrive(limit=100)
    end_lost(at=database_now())


def _beat_hearts(kind: str, beat: dict[str, str] | None) -> None:
    """Note a tick that a beat sent: it proves broker, worker and database, and the beat too if it was sent just now.

    While a backlog is worked off ticks wait for each other: old ones still show that their queue is served.
    """
    if beat is None:
        return
    at = database_now()
    dispatch.beat_hearts(kind, at=at)
    if abs(datetime.now(UTC) - datetime.fromisoformat(beat["sent_at"])) < FRESH:
        dispatch.note_hearts([Heartbeat(kind="beat", host=beat["host"][:120], at=at, note=beat["sent_at"])])
