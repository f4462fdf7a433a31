"""What has changed while an alert waited: nobody is told on Monday of what was done on Saturday. Source: C26"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from sla.models import EscalationRule
from tickets.models import Delivery
from tickets.models.ticket import ENDED
from tickets.telling.gathering import GATHERING

Kind = Delivery.Kind

# What is younger is told as it was: a breach of a minute ago is news, whatever became of it.
NEWS = GATHERING + timedelta(seconds=15)
STEPS = (Kind.WARNING, Kind.BREACH, Kind.OWED_SOON, Kind.OWED_LATE, Kind.TALK_SOON, Kind.TALK_LATE)


def withhold_settled(keys: Collection[int], now: datetime) -> set[int]:
    """Withhold those of these unsent alerts that waited and need not be told any more; return their keys."""
    waited = Delivery.objects.filter(pk__in=keys, queued_at__lt=now - NEWS).order_by("pk")
    withheld: set[int] = set()
    for narrowed, reason in ((_settled(waited), Delivery.SETTLED), (_overtaken(waited), Delivery.OVERTAKEN)):
        found = set(narrowed.values_list("pk", flat=True)) - withheld
        if found:
            Delivery.objects.filter(pk__in=found).update(state=Delivery.State.WITHHELD, lease_until=None, error=reason)
        withheld |= found
    return withheld


def _settled(alerts: QuerySet[Delivery]) -> QuerySet[Delivery]:
    """Narrow to alerts about what is met, moved, ended, taken on or another's by now."""
    moved = ~Q(escalation__milestone__due_at=F("escalation__due_at"))
    step = Q(kind__in=STEPS) & (Q(escalation__milestone__stopped_at__isnull=False) | moved)
    another = Q(kind=Kind.REASSIGNED) & ~Q(ticket__assignee=F("user"))
    return alerts.filter(Q(ticket__status__in=ENDED) | step | _taken_on() | another)


def _taken_on() -> Q:
    """Return what is silent since somebody took the matter on: all but the breach itself. Source: C29"""
    taken_on = Q(escalation__milestone__acknowledged_at__gte=F("queued_at"))
    return Q(kind__in=STEPS) & taken_on & ~Q(escalation__mark=EscalationRule.Mark.BREACH)


def _overtaken(alerts: QuerySet[Delivery]) -> QuerySet[Delivery]:
    """Narrow to steps of a promise of which a later step tells the same reader."""
    same = {"address": OuterRef("address"), "escalation__milestone": OuterRef("escalation__milestone")}
    later = Delivery.objects.filter(**same, kind__in=STEPS, channel=Delivery.EMAIL, pk__gt=OuterRef("pk"))
    return alerts.filter(Exists(later.exclude(state=Delivery.State.WITHHELD)), kind__in=STEPS)
