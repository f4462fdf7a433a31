"""Service reports that wait to be made: each by one worker; what kills a worker, another goes on with, not for ever."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import connection, transaction

from sla.clock import database_now
from tickets.actions.reports import fail, make
from tickets.models import ServiceReport
from tickets.models.reports import ServiceReportQuerySet

State = ServiceReport.State
BACKOFF = (timedelta(seconds=20), timedelta(minutes=2))
KILLED = "WorkerKilled: 3"
# One question may take no longer, however many tickets there are; and a print has a limit of its own.
PATIENCE = "SET LOCAL statement_timeout = '120s'; SET LOCAL idle_in_transaction_session_timeout = '120s'"


def step() -> bool:
    """Make the report that has waited longest; tell whether there was one."""
    key = _begin()
    if key is None:
        return False
    try:
        with _one_moment():
            row = _claimed(ServiceReport.objects.filter(pk=key, state=State.MAKING))
            if row is not None:
                make(report=row, at=database_now())
    except Exception as error:  # noqa: BLE001  kept on the row, shown and told
        _put_off(key, f"{type(error).__name__}: {error}"[:400])
    return True


@transaction.atomic
def _begin() -> int | None:
    """Note that a report is being made and return its key; None where none waits that nobody works on.

    That it was begun stands before it is: a report that kills whoever makes it is given up in the end.
    """
    at = database_now()
    row = _claimed(ServiceReport.objects.to_be_made(at))
    if row is None:
        return None
    row.attempts += 1
    if row.attempts > len(BACKOFF) + 1:
        fail(report=row, error=KILLED, at=at)
        return None
    row.state = State.MAKING
    row.save(update_fields=["attempts", "state"])
    return row.pk


def _claimed(rows: ServiceReportQuerySet) -> ServiceReport | None:
    """Return the first row that nobody holds, held by us until the transaction ends."""
    related = ("contract__customer", "contract__plan", "contract__team__lead", "entitlement__item", "obligation")
    return rows.select_related(*related).select_for_update(skip_locked=True, of=("self",)).first()


@contextmanager
def _one_moment() -> Iterator[None]:
    """Let everything inside see the database as it is at one moment, so that its figures agree with each other."""
    is_outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if is_outermost:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute(PATIENCE)
        yield


@transaction.atomic
def _put_off(key: int, error: str) -> None:
    """Leave a report that raised alone for a while; after its last try it has failed, with why."""
    at: datetime = database_now()
    row = ServiceReport.objects.select_for_update(of=("self",)).select_related("contract").get(pk=key)
    if row.state != State.MAKING:
        return
    if row.attempts > len(BACKOFF):
        fail(report=row, error=error, at=at)
        return
    row.state, row.error, row.retry_at = State.QUEUED, error, at + BACKOFF[row.attempts - 1]
    row.save(update_fields=["state", "error", "retry_at"])
