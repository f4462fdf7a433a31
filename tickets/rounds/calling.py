"""Hop 3 by another way: Delivery rows become calls of programs and words of robots; a slow one holds nobody up."""

import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from sla.clock import database_now
from tickets.actions import webhooks
from tickets.channels import outside
from tickets.channels.base import BusyError, GoneError
from tickets.channels.outside import Attempt
from tickets.channels.webhook import Call
from tickets.models import Delivery, DeliveryTry, WebhookEndpoint
from tickets.telling.cards import card_of
from tickets.telling.occasions import RELATED, Occasion
from tickets.telling.outbox import TRIES, TRIES_TO_RENDER, Batch, end, fail, give_back, lease, ours
from tickets.telling.program_news import type_of, written
from tickets.telling.settled import withhold_settled

# One process at a time calls; the others leave it to that one.
CALL_LOCK = 0x5310
# In one pass each program is called so often at most, a robot told so much in one message, and so many at a time.
EACH, TOLD, AT_ONCE = 5, 100, 8
# After a call that failed, an endpoint is left alone for this long.
REST = timedelta(seconds=30)
# What comes later waits for an earlier one that failed, until that was tried so often: about a quarter of an hour. Then
# somebody is told, too: alerts that nobody gets are nobody's alerts.
PATIENCE = 6
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Clock:
    """The database's time in threads that may not ask it: what it was, and when by our own steady clock."""

    at: datetime
    began: float

    def now(self) -> datetime:
        """Return the time by now."""
        return self.at + timedelta(seconds=time.monotonic() - self.began)


@dataclass(frozen=True, slots=True)
class Called:
    """What became of one row: None where it was not tried, as an earlier one of the same pass failed."""

    row: Delivery
    attempt: Attempt | None = None
    at: datetime | None = None

    @property
    def is_to_come_again(self) -> bool:
        error = self.attempt.error if self.attempt else None
        return error is not None and not error.permanent


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
    clock = Clock(at, time.monotonic())
    by_endpoint: dict[int, list[Delivery]] = defaultdict(list)
    # The order of the ledger, whatever waited in between.
    for row in sorted(batch.rows, key=lambda row: row.pk):
        if row.endpoint is None or not row.endpoint.is_active:
            end(row, batch, Delivery.State.FAILED, "The endpoint is no longer in use.")
        elif _is_written(row, batch):
            by_endpoint[row.endpoint.pk].append(row)
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook") as pool:
        passes = list(pool.map(lambda rows: _call_one_by_one(rows, batch, clock), by_endpoint.values()))
    for called in passes:
        _mark(called, batch, clock.now())
    return note_tries([one for called in passes for one in called])


@transaction.atomic
def _claim(later_than: timedelta, within: float) -> tuple[Batch, datetime]:
    """Lease what may go now; what one robot is to write is gathered behind the first of it."""
    began, now = time.monotonic(), database_now()
    place = Window(RowNumber(), partition_by=F("endpoint"), order_by=[F("pk").asc()])
    first = _ready(now, later_than).annotate(place=place).filter(place__lte=TOLD).order_by("pk")
    keys = list(first.filter(Q(channel__in=WebhookEndpoint.ROBOTS) | Q(place__lte=EACH)).values_list("pk", flat=True))
    locked = Delivery.objects.filter(pk__in=keys).select_for_update(skip_locked=True)
    rows = list(locked.only("endpoint", "channel", "kind", "rendered").order_by("pk"))
    robots = [row for row in rows if row.channel in WebhookEndpoint.ROBOTS]
    gathered = _gathered(robots, now) if robots else []
    others = [row.pk for row in rows if row.channel not in WebhookEndpoint.ROBOTS]
    return lease([*gathered, *others], now, within, began), now


def _ready(now: datetime, later_than: timedelta) -> QuerySet[Delivery]:
    """Return what may go: its time has come, its endpoint does not rest, and nothing before it waits to be retried."""
    queued = Delivery.objects.sendable(now - later_than).filter(channel__in=Delivery.CALLS)
    awake = Q(endpoint__rests_until=None) | Q(endpoint__rests_until__lte=now)
    before = Delivery.objects.waiting().filter(endpoint=OuterRef("endpoint"), pk__lt=OuterRef("pk"))
    failed = before.filter(attempts__gt=0, attempts__lte=PATIENCE, not_before__gt=now)
    return queued.filter(awake).exclude(Exists(failed))


def _gathered(rows: Sequence[Delivery], now: datetime) -> list[int]:
    """Return the first row of each robot, which carries the others; what is settled by now is told to nobody."""
    steps = [row.pk for row in rows if row.kind != Delivery.Kind.NEWS]
    away = withhold_settled(steps, now) if steps else set()
    Delivery.objects.filter(carried_by__in=away, state=Delivery.State.QUEUED).update(carried_by=None)
    by_robot: dict[int | None, list[Delivery]] = defaultdict(list)
    for row in rows:
        if row.pk not in away:
            by_robot[row.endpoint_id].append(row)
    for first, *others in by_robot.values():
        if others:
            Delivery.objects.filter(pk__in=[row.pk for row in others]).update(carried_by=first)
            Delivery.objects.filter(carried_by__in=others).update(carried_by=first)
            Delivery.objects.filter(pk=first.pk).update(rendered=None)
    return [first.pk for first, *_others in by_robot.values()]


def _is_written(row: Delivery, batch: Batch) -> bool:
    """Write what is told before the first try, and keep it; tell whether there is something to send."""
    if row.rendered is not None:
        return True
    try:
        with transaction.atomic():
            row.rendered, row.subject = _written(row), row.subject or type_of(row)
            return bool(ours(row, batch).update(rendered=row.rendered, subject=row.subject))
    except Exception as error:  # noqa: BLE001  one message that cannot be written must not hold up the others
        fail(row, batch, f"{type(error).__name__}: {error}", TRIES_TO_RENDER)
        return False


def _written(row: Delivery) -> bytes:
    if row.channel not in WebhookEndpoint.ROBOTS:
        return written(Occasion(row, row.queued_at))
    carried = row.carried.select_related(*RELATED).order_by("pk")
    at = database_now()
    return outside.written_by(row.channel, card_of([Occasion(one, at) for one in (row, *carried)]))


def _call_one_by_one(rows: Sequence[Delivery], batch: Batch, clock: Clock) -> list[Called]:
    """Call one endpoint with each of its rows until one fails; touches no database, for it runs in a thread."""
    called: list[Called] = []
    for row in rows:
        failed = any(one.is_to_come_again for one in called)
        is_over = failed or batch.is_over() or row.endpoint is None
        called.append(Called(row) if is_over or row.endpoint is None else _try(row, row.endpoint, clock.now()))
    return called


def _try(row: Delivery, endpoint: WebhookEndpoint, at: datetime) -> Called:
    """Make a call, signed for the second in which it is made: what came before it may have been slow."""
    return Called(row, outside.attempt(Call(endpoint, row.message_id, bytes(row.rendered or b""), at)), at)


def _mark(called: Sequence[Called], batch: Batch, at: datetime) -> None:
    """Note what became of an endpoint's rows, and how long it is left alone; at its wish it is switched off.

    So it is once a message was tried in vain for as long as any is; long before that somebody is told.
    """
    give_back([one.row for one in called if one.attempt is None], batch)
    tried = [(one.row, one.attempt) for one in called if one.attempt]
    for row, attempt in tried:
        if attempt.error is None:
            end(row, batch, Delivery.State.SENT)
        else:
            fail(row, batch, str(attempt.error), 0 if attempt.error.permanent else TRIES, wait=wish_of(attempt))
    endpoint, attempts = called[0].row.endpoint, [attempt for _row, attempt in tried]
    if endpoint and (rest := rest_after(endpoint, attempts)):
        webhooks.rest(endpoint=endpoint, until=at + rest)
    if endpoint and (gone := next(filter(None, (_why_gone(row, attempt) for row, attempt in tried)), "")):
        webhooks.give_up(endpoint=endpoint, why=gone, at=at)
    elif endpoint and (stuck := [attempt for row, attempt in tried if attempt.error and row.attempts == PATIENCE]):
        webhooks.warn(endpoint=endpoint, why=str(stuck[0].error), at=at)


def _why_gone(row: Delivery, attempt: Attempt) -> str:
    """Return why an endpoint is to be called no more, blank where it is."""
    is_lost = attempt.error and not attempt.error.permanent and row.attempts >= TRIES
    return str(attempt.error) if isinstance(attempt.error, GoneError) or is_lost else ""


def wish_of(attempt: Attempt) -> timedelta:
    """Return for how long the other side asked to be left alone, nothing where it did not."""
    return attempt.error.wait if isinstance(attempt.error, BusyError) else timedelta()


def rest_after(endpoint: WebhookEndpoint, attempts: Collection[Attempt]) -> timedelta:
    """Return for how long an endpoint is left alone after these."""
    failed = [attempt for attempt in attempts if attempt.error and not attempt.error.permanent]
    paced = [len(attempts) * MINUTE / endpoint.per_minute] if endpoint.per_minute else []
    return max((*(wish_of(attempt) or REST for attempt in failed), *paced), default=timedelta())


def note_tries(called: Collection[Called]) -> int:
    """Keep how each of these went, and return how many were tried."""
    tries = [
        DeliveryTry(
            delivery=one.row,
            endpoint=one.row.endpoint,
            at=one.at,
            outcome=one.attempt.outcome,
            status=one.attempt.status,
            ms=one.attempt.ms,
            answer=one.attempt.said[:400],
        )
        for one in called
        if one.attempt and one.at
    ]
    DeliveryTry.objects.bulk_create(tries)
    return len(tries)
