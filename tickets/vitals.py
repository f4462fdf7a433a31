"""How the engine is doing, told from the rows alone, so that it can be told while every worker is dead."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q, Sum

from sla.lag import Lag, lag_between, waiting_since
from sla.models import Drift, DueMove, Escalation, Heartbeat, Milestone, Recompute, SelfCheck
from tickets.models import Delivery, InboundEvent

# What was fired in this time is what the figures of the lag speak of.
LOOK_BACK = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Vitals:
    """Figures of one instant. Ages are how long the oldest has waited, zero where nothing waits."""

    at: datetime
    lag: Lag
    # Hop 1: steps that are due; hop 2: escalations to act on; hop 3: messages to send.
    steps_waiting: int
    steps_age: timedelta
    escalations_waiting: int
    escalations_age: timedelta
    deliveries_waiting: int
    deliveries_age: timedelta
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
    steps = Milestone.objects.due(at).order_by()
    pending = Escalation.objects.pending(at).order_by().aggregate(count=Count("pk"), oldest=Min("retry_at"))
    queued = Delivery.objects.sendable(at).order_by().aggregate(count=Count("pk"), oldest=Min("not_before"))
    sends = Delivery.objects.filter(Q(unknown_sends__gt=0) | Q(state=Delivery.State.FAILED)).aggregate(
        failed=Count("pk", filter=Q(state=Delivery.State.FAILED)), unknown=Sum("unknown_sends")
    )
    stuck = Milestone.objects.exclude(quarantined_at=None).count()
    stuck += Escalation.objects.filter(state=Escalation.State.QUARANTINED).count()
    return Vitals(
        at=at,
        lag=lag_between(at - LOOK_BACK, at),
        steps_waiting=steps.count(),
        steps_age=waiting_since(at),
        escalations_waiting=pending["count"],
        escalations_age=_age(pending["oldest"], at),
        deliveries_waiting=queued["count"],
        deliveries_age=_age(queued["oldest"], at),
        deliveries_failed=sends["failed"],
        unknown_sends=sends["unknown"] or 0,
        inbound_waiting=InboundEvent.objects.filter(state=InboundEvent.State.RECEIVED).count(),
        quarantined=stuck,
        open_milestones=Milestone.objects.open().count(),
        recomputes_unfinished=Recompute.objects.unfinished().count(),
        moves_waiting=DueMove.objects.pending(at).count(),
        open_drifts=Drift.objects.filter(settled_at=None).count(),
        last_check=SelfCheck.objects.exclude(finished_at=None).order_by("-pk").first(),
        hearts=hearts(at),
    )


def _age(oldest: datetime | None, at: datetime) -> timedelta:
    return max(at - oldest, timedelta()) if oldest else timedelta()


def hearts(at: datetime) -> dict[str, timedelta]:
    """Return how long ago each kind of process last did its work, on whichever host did so last."""
    beats = Heartbeat.objects.order_by("kind", "at").values_list("kind", "at")
    return {kind: max(at - beaten_at, timedelta()) for kind, beaten_at in beats}
