"""How the engine is doing, told from the rows alone, so that it can be told while every worker is dead."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q, QuerySet, Sum

from sla.lag import Lag, lag_between, waiting_since
from sla.models import Drift, DueMove, Escalation, Heartbeat, Milestone, Recompute, SelfCheck
from tickets.models import Delivery, InboundEvent

# What was fired in this time is what the figures of the lag speak of.
LOOK_BACK = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a hop: how many, and for how long the oldest; zero where nothing waits."""

    count: int
    age: timedelta


@dataclass(frozen=True, slots=True)
class Vitals:
    """Figures of one instant."""

    lag: Lag
    # Hop 1: steps that are due; hop 2: escalations to act on; hop 3: messages to send.
    steps: Waiting
    escalations: Waiting
    deliveries: Waiting
    deliveries_failed: int
    # Sent again because nobody learnt whether the first try arrived.
    unknown_sends: int
    inbound_waiting: int
    quarantined: int
    open_milestones: int
    recomputes_unfinished: int
    moves_waiting: int
    open_drifts: int
    last_check: SelfCheck | None
    # Kind of process → how long ago it last did its work, on whichever host did so last.
    hearts: dict[str, timedelta]


def vitals(at: datetime) -> Vitals:
    """Return how everything stands at an instant; a dozen small queries, each by an index."""
    failed, unknown = _troubled_sends()
    return Vitals(
        lag=lag_between(at - LOOK_BACK, at),
        steps=Waiting(Milestone.objects.due(at).order_by().count(), waiting_since(at)),
        escalations=_waiting(Escalation.objects.pending(at), "retry_at", at),
        deliveries=_waiting(Delivery.objects.sendable(at), "not_before", at),
        deliveries_failed=failed,
        unknown_sends=unknown,
        inbound_waiting=InboundEvent.objects.filter(state=InboundEvent.State.RECEIVED).count(),
        quarantined=_quarantined(),
        open_milestones=Milestone.objects.open().count(),
        recomputes_unfinished=Recompute.objects.unfinished().count(),
        moves_waiting=DueMove.objects.pending(at).count(),
        open_drifts=Drift.objects.filter(settled_at=None).count(),
        last_check=SelfCheck.objects.exclude(finished_at=None).order_by("-pk").first(),
        hearts=hearts(at),
    )


def _waiting(rows: QuerySet[Any], since: str, at: datetime) -> Waiting:
    found = rows.order_by().aggregate(count=Count("pk"), oldest=Min(since))
    return Waiting(found["count"], max(at - found["oldest"], timedelta()) if found["oldest"] else timedelta())


def _troubled_sends() -> tuple[int, int]:
    """Return how many messages were given up, and how often the outcome of a try was never learnt."""
    failed = Q(state=Delivery.State.FAILED)
    troubled = Delivery.objects.filter(Q(unknown_sends__gt=0) | failed)
    found = troubled.aggregate(failed=Count("pk", filter=failed), unknown=Sum("unknown_sends"))
    return found["failed"], found["unknown"] or 0


def _quarantined() -> int:
    escalations = Escalation.objects.filter(state=Escalation.State.QUARANTINED).count()
    return Milestone.objects.exclude(quarantined_at=None).count() + escalations


def hearts(at: datetime) -> dict[str, timedelta]:
    """Return how long ago each kind of process last did its work, on whichever host did so last."""
    beats = Heartbeat.objects.order_by("kind", "at").values_list("kind", "at")
    return {kind: max(at - beaten_at, timedelta()) for kind, beaten_at in beats}
