"""Rows that are claimed and worked off in batches, so that one poisoned row does not stop the others."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import models, transaction

from sla.clock import database_now

Row = TypeVar("Row", bound=models.Model)
Item = TypeVar("Item")

# How long a row that raised is left alone: after the last of these it is quarantined.
BACKOFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(hours=1), timedelta(hours=1))


def in_batches(
    claim: Callable[[datetime], list[Row]],
    act: Callable[[list[Row], datetime], None],
    put_off: Callable[[Row, datetime, str], None],
) -> int:
    """Claim rows and act on them in one transaction; row by row if that raises. Return how many were claimed."""
    try:
        with transaction.atomic():
            now = database_now()
            rows = claim(now)
            if rows:
                act(rows, now)
            return len(rows)
    except Exception:  # noqa: BLE001  one poisoned row must not stop the others: find it
        return _one_by_one(claim, act, put_off)


def _one_by_one(
    claim: Callable[[datetime], list[Row]],
    act: Callable[[list[Row], datetime], None],
    put_off: Callable[[Row, datetime, str], None],
) -> int:
    with transaction.atomic():
        now = database_now()
        rows = claim(now)
        each_alone(rows, lambda row: act([row], now), lambda row, error: put_off(row, now, error))
        return len(rows)


def together_or_alone(
    rows: Sequence[Item], act: Callable[[Sequence[Item]], None], put_off: Callable[[Item, str], None]
) -> None:
    """Act on rows that are ours already; one by one if that raises. Call inside atomic."""
    try:
        with transaction.atomic():
            act(rows)
    except Exception:  # noqa: BLE001  one poisoned row must not stop the others: find it
        each_alone(rows, lambda row: act([row]), put_off)


def each_alone(rows: Sequence[Item], act: Callable[[Item], None], put_off: Callable[[Item, str], None]) -> None:
    """Act on each row for itself; one that raises is put off with the error in words."""
    for row in rows:
        try:
            with transaction.atomic():
                act(row)
        except Exception as error:  # noqa: BLE001  kept on the row, shown and alarmed
            put_off(row, f"{type(error).__name__}: {error}"[:400])
