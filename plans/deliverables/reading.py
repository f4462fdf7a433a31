"""Deliverables as pages, letters and programs read them."""

import re

from django.db.models import Exists, OuterRef, Value
from django.db.models.functions import Coalesce, NullIf

from plans.models import Contract, Customer, Deliverable, Engagement, Outcome, User
from plans.models.deliverables import DeliverableQuerySet
from plans.models.engagements import EngagementQuerySet
from sla.models import Target
from sla.models.policies import Metric

NUMBER = re.compile(r"D-(\d{4})-(\d{6,12})")


def find(number: str, rows: DeliverableQuerySet | None = None) -> Deliverable | None:
    """Return a deliverable by its number, of `rows` where given; None where there is none."""
    written = NUMBER.fullmatch(number.upper())
    if not written:
        return None
    found = (Deliverable.objects.all() if rows is None else rows).brought().filter(pk=int(written[2])).first()
    return found if found and found.number == number.upper() else None


def waiting_for(owner: Contract | Customer, user: User | None = None) -> list[Deliverable]:
    """Return what waits for a signature under a contract or of a customer, the longest waiting in front.

    With `user`, of what they may see.
    """
    rows = Deliverable.objects.visible_to(user) if user else Deliverable.objects.all()
    mine = rows.filter(contract=owner) if isinstance(owner, Contract) else rows.filter(contract__customer=owner)
    return list(mine.waiting().brought())


def still_to_hand_over(engagements: EngagementQuerySet) -> EngagementQuerySet:
    """Narrow to what was delivered, and whose report nobody has handed over yet, the longest delivered in front.

    Of what the customer signs for alone: until then nothing is deducted, and nobody is asked. Source: K06, K12
    """
    signed_by = Target.objects.filter(policy__is_current=True, metric=Metric.SIGN_OFF).values("policy__code")
    handed = Deliverable.objects.filter(engagement=OuterRef("pk")).exclude(state=Outcome.WITHDRAWN)
    rows = engagements.filter(state__in=(Engagement.State.DELIVERED, Engagement.State.RECORDED))
    rows = rows.exclude(item__deliverable="").exclude(Exists(handed))
    own = Coalesce(NullIf("entitlement__policy", Value("")), "item__policy")
    return rows.annotate(signed_by=own).filter(signed_by__in=signed_by).order_by("delivered_at", "pk")
