"""Who is busy then: engagements of the same expert whose times overlap."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from plans.models import Engagement, EngagementExpert, User

State = Engagement.State
# What takes an expert's time, once agreed or while it is on the table.
HELD = (State.PROPOSED, State.AGREED, State.DELIVERED, State.RECORDED, State.CLOSED)


@dataclass(frozen=True, slots=True)
class Conflict:
    """One engagement that takes an expert's time already."""

    user: User
    engagement: Engagement

    @property
    def is_firm(self) -> bool:
        """Tell whether that time is agreed, not only on the table."""
        return self.engagement.state != State.PROPOSED


def conflicts_of(
    experts: Iterable[User], start: datetime, end: datetime, besides: Engagement | None = None
) -> list[Conflict]:
    """Return what takes the experts' time in [start, end), the earliest first; what only touches it does not."""
    taking = Engagement.objects.taking_place(start, end).filter(state__in=HELD)
    rows = EngagementExpert.objects.filter(user__in=list(experts), engagement__in=taking)
    rows = rows.exclude(engagement=besides) if besides else rows
    related = rows.select_related("user", "engagement__contract__customer", "engagement__item")
    return [Conflict(row.user, row.engagement) for row in related.order_by("engagement__starts_at", "pk")]
