"""Hop 3 by another way: Delivery rows become calls of other programs, which a slow one of them cannot hold up."""

import json
import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Window
from django.db.models.functions import RowNumber

from sla.clock import database_now
from tickets.actions import webhooks
from tickets.answers import instant
from tickets.channels import webhook
from tickets.channels.base import ChannelError
from tickets.models import Delivery, WebhookEndpoint
from tickets.telling.occasions import Occasion
from tickets.telling.outbox import TRIES, Batch, end, fail, give_back, lease, ours

# One process at a time calls; the others leave it to that one.
CALL_LOCK = 0x5310
# In one pass each endpoint is called so often at most, and so many at the same time.
EACH, AT_ONCE = 5, 8
# After a call that failed, an endpoint's other rows are left alone for this long.
REST = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Called:
    """What became of one row: None where it was not tried, as an earlier call of the same pass failed."""

    row: Delivery
    error: ChannelError | None = None
    is_tried: bool = True


def call_webhooks(*, later_than: timedelta = timedelta(), within: float = 4.0) -> int:
    """Make the calls that are due, each endpoint's one after another, and return how many were tried.

    No new call is begun after `within` seconds. Does nothing while another process calls.
    """
    with _alone() as is_alone:
        return _call(later_than, within) if is_alone else 0


@contextmanager
def _alone() -> Iterator[bool]:
    """Yield whether we are the one who calls, until the end of the block."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [CALL_LOCK])
        is_alone = bool(cursor.fetchone()[0])
        try:
            yield is_alone
        finally:
            if is_alone:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [CALL_LOCK])


def _call(later_than: timedelta, within: float) -> int:
    batch, at = _claim(later_than, within)
    by_endpoint: dict[int, list[Delivery]] = defaultdict(list)
    for row in batch.rows:
        if row.endpoint and row.endpoint.is_active and _is_written(row, batch):
            by_endpoint[row.endpoint.pk].append(row)
        elif not (row.endpoint and row.endpoint.is_active):
            end(row, batch, Delivery.State.FAILED, "The endpoint is no longer in use.")
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook") as pool:
        passes = list(pool.map(lambda rows: _call_one_by_one(rows, batch, at), by_endpoint.values()))
    for called in passes:
        _mark(called, batch)
    return sum(one.is_tried for called in passes for one in called)


@transaction.atomic
def _claim(later_than: timedelta, within: float) -> tuple[Batch, datetime]:
    began, now = time.monotonic(), database_now()
    ready = Delivery.objects.sendable(now - later_than).filter(channel=Delivery.WEBHOOK).order_by()
    place = Window(RowNumber(), partition_by=F("endpoint"), order_by=[F("not_before").asc(), F("pk").asc()])
    first = ready.annotate(place=place).filter(place__lte=EACH).values_list("pk", flat=True)
    locked = Delivery.objects.filter(pk__in=list(first)).select_for_update(skip_locked=True)
    return lease(list(locked.values_list("pk", flat=True)), now, within, began), now


def _is_written(row: Delivery, batch: Batch) -> bool:
    """Write what is told before the first try, and keep it; tell whether there is something to send."""
    if row.rendered is None:
        row.rendered = written(Occasion(row, row.queued_at))
        row.subject = type_of(row)
        return bool(ours(row, batch).update(rendered=row.rendered, subject=row.subject))
    return True


def type_of(row: Delivery) -> str:
    """Return what a program knows the news by."""
    return f"milestone.{row.kind}"


def written(occasion: Occasion) -> bytes:
    """Return what a program is told of a step that has come true: JSON in UTF-8."""
    step, ticket = occasion.escalation, occasion.ticket
    milestone = step.milestone
    said: dict[str, Any] = {
        "ticket": ticket.number,
        "url": occasion.link,
        "subject": ticket.subject,
        "customer": ticket.customer.code,
        "status": ticket.status,
        "priority": ticket.priority,
        "assignee": ticket.assignee.username if ticket.assignee else None,
        "metric": milestone.metric,
        "run": milestone.number,
        "promise": milestone.target.promise,
        "clause": milestone.target.clause,
        "mark": step.mark,
        "level": step.level,
        "due_at": instant(step.due_at),
        "fired_at": instant(step.fired_at),
    }
    told = {"type": type_of(occasion.delivery), "timestamp": instant(occasion.at), "data": said}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _call_one_by_one(rows: Sequence[Delivery], batch: Batch, at: datetime) -> list[Called]:
    """Call one endpoint with each of its rows until one fails; touches no database, for it runs in a thread."""
    called: list[Called] = []
    for row in rows:
        failed = any(one.error and not one.error.permanent for one in called)
        called.append(Called(row, is_tried=False) if failed or batch.is_over() else _try(row, row.endpoint, at))
    return called


def _try(row: Delivery, endpoint: WebhookEndpoint | None, at: datetime) -> Called:
    try:
        if endpoint:
            webhook.send(row, endpoint, at)
    except ChannelError as error:
        return Called(row, error)
    return Called(row)


def _mark(called: Collection[Called], batch: Batch) -> None:
    """Note what became of an endpoint's rows; it rests after a call that failed, and is switched off at its wish."""
    tired = any(one.error and not one.error.permanent for one in called)
    untried = [one.row for one in called if not one.is_tried]
    give_back(untried, batch, not_before=database_now() + REST if tired else None)
    for one in called:
        if not one.is_tried:
            continue
        if one.error is None:
            end(one.row, batch, Delivery.State.SENT)
            continue
        fail(one.row, batch, str(one.error), 0 if one.error.permanent else TRIES)
        if isinstance(one.error, webhook.GoneError) and one.row.endpoint:
            webhooks.switch_off(endpoint=one.row.endpoint, note="410 Gone")
