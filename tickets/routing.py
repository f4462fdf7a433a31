"""The waiting line: one for each vendor, the highest plan first, then who has waited longest. Source: Y06, Y21"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from django.db.models import F, Q

from tickets.models import Chat, Presence

# A console that has said nothing for so long is gone.
GONE_AFTER = timedelta(seconds=90)
# So many of the last waits say how long the next one is.
LAST = 50
MINUTE = timedelta(minutes=1)
LONGEST = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a conversation stands in its vendor's line: its place from 1, and how many are ahead of it.

    `estimate` is None when nothing is known: nobody is there, or nobody waited so far. `agents` take chats now.
    """

    place: int
    ahead: int
    estimate: timedelta | None
    agents: int


def standing(chat: Chat, at: datetime) -> Standing:
    """Return where a waiting conversation stands."""
    ahead = _ahead(chat)
    agents = present(chat.vendor, at)
    return Standing(ahead + 1, ahead, _estimate(chat.vendor, ahead + 1, agents), agents)


def _ahead(chat: Chat) -> int:
    line = Chat.objects.waiting_line(chat.vendor)
    higher = Q(plan_rank__gt=chat.plan_rank)
    longer = Q(plan_rank=chat.plan_rank, waiting_since__lt=chat.waiting_since)
    first = Q(plan_rank=chat.plan_rank, waiting_since=chat.waiting_since, pk__lt=chat.pk)
    return line.filter(higher | longer | first).count()


def present(vendor: str, at: datetime) -> int:
    """Return how many people take a vendor's chats now, whose console is open."""
    return Presence.objects.of_vendor(vendor).filter(seen_at__gte=at - GONE_AFTER).count()


def _estimate(vendor: str, place: int, agents: int) -> timedelta | None:
    """Return about how long it takes: the usual wait once for each turn that the people there have to take first."""
    waits = _waits(vendor) if agents else []
    if not waits:
        return None
    turns = -(-place // agents)
    usual = timedelta(seconds=median(wait.total_seconds() for wait in waits))
    return MINUTE * max(1, -(-usual * turns // MINUTE))


def _waits(vendor: str) -> list[timedelta]:
    """Return the last waits in a line; a longer one lay over a night, or was handed back, and tells nothing."""
    taken = Chat.objects.filter(vendor=vendor, accepted_at__isnull=False, waiting_since__isnull=False)
    found = taken.order_by("-accepted_at").annotate(waited=F("accepted_at") - F("waiting_since"))
    return list(found.filter(waited__lte=LONGEST).values_list("waited", flat=True)[:LAST])
