"""Take in what was kept and not understood yet, because its request was cut off in between."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from sla.batching import BACKOFF
from sla.clock import database_now
from sla.refusals import ActionRefusedError
from tickets.actions import hooks, inbound
from tickets.actions.idempotency import forget_old_keys
from tickets.channels.base import MalformedError
from tickets.models import InboundEvent

State = InboundEvent.State
LEFT_AFTER = timedelta(seconds=5)


def redrive_inbound(*, limit: int = 100) -> int:
    """Take in what was left between its two transactions, and return how many were tried.

    A row is put off before it is tried: one that kills its process comes back later, five times at most.
    """
    at = database_now()
    forget_old_keys(at=at)
    events = _claim_left_over(at, limit)
    for event in events:
        _redrive(event, at)
    return len(events)


@transaction.atomic
def _claim_left_over(at: datetime, limit: int) -> list[InboundEvent]:
    left = InboundEvent.objects.filter(
        Q(retry_at=None) | Q(retry_at__lte=at), state=State.RECEIVED, received_at__lt=at - LEFT_AFTER
    )
    events = list(
        left.select_for_update(skip_locked=True, of=("self",)).select_related("api_key").order_by("pk")[:limit]
    )
    for event in events:
        event.attempts += 1
        event.retry_at = at + BACKOFF[min(event.attempts, len(BACKOFF)) - 1]
    InboundEvent.objects.bulk_update(events, ["attempts", "retry_at"])
    return events


def _redrive(event: InboundEvent, at: datetime) -> None:
    try:
        if event.adapter:
            hooks.take(event=event, at=at)
        else:
            inbound.take_in(event=event, at=at)
    except (MalformedError, ActionRefusedError):
        return  # settled as refused: nobody waits for the answer any more
    except Exception as error:  # noqa: BLE001  one poisoned row must not stop the others: it is kept on the row
        state = State.FAILED if event.attempts > len(BACKOFF) else State.RECEIVED
        inbound.settle(event, state, at, error=f"{type(error).__name__}: {error}")
