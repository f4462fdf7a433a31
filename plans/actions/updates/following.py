"""What time does to windows: customers are told ahead, and windows of rules begin and end by the clock."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from plans.actions.updates.journal import Kind, note, tell_affected
from plans.actions.updates.laying import lay_out
from plans.actions.updates.windows import announce, begin, finish
from plans.models import UpdateWindow
from plans.models.updates import UpdateWindowQuerySet
from sla.batching import each_alone

State = UpdateWindow.State


def due(*, at: datetime, limit: int = 20) -> int:
    """Tell of, begin and end up to `limit` windows each whose time has come; return how many.

    May run as often as one likes, and twice at once: a window that somebody holds waits for the next pass.
    """
    rows = UpdateWindow.objects
    done = _each(rows.to_be_announced(at), lambda row: announce(window=row, actor=None, at=at), at, limit)
    done += _each(rows.to_be_begun(at), lambda row: begin(window=row, actor=None, at=at), at, limit)
    return done + _each(rows.to_be_ended(at), lambda row: finish(window=row, actor=None, at=at), at, limit)


def _each(rows: UpdateWindowQuerySet, act: Callable[[UpdateWindow], object], at: datetime, limit: int) -> int:
    """Do something with each window that nobody holds; one that raises is left to people, with the error on record."""
    if not rows.exists():
        return 0

    def do(row: UpdateWindow) -> None:
        act(row)

    def leave(row: UpdateWindow, error: str) -> None:
        UpdateWindow.objects.filter(pk=row.pk).update(is_by_clock=False, announce_at=None)
        note(row, Kind.LEFT, None, at, reason=error)

    with transaction.atomic():
        held = list(rows.select_for_update(skip_locked=True, of=("self",)).order_by("starts_at", "pk")[:limit])
        each_alone(held, do, leave)
    return len(held)


def look_ahead(*, at: datetime) -> int:
    """Lay out what rules name by now, and tell whom a window that was told of concerns only since; return how many.

    Meant for once an hour. Who signed, or began to run a product, after a window was told of hears of it then.
    """
    done = lay_out(at=at)
    ahead = UpdateWindow.objects.filter(state=State.ANNOUNCED, starts_at__gt=at, starts_at__lt=at + timedelta(days=60))
    for key in ahead.values_list("pk", flat=True):
        done += _tell_newcomers(key, at)
    return done


@transaction.atomic
def _tell_newcomers(key: int, at: datetime) -> int:
    window = UpdateWindow.objects.select_for_update(of=("self",)).get(pk=key)
    is_still = window.state == State.ANNOUNCED and window.starts_at > at
    return tell_affected(window, "announced", at) if is_still else 0
