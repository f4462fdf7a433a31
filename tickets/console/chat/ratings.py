"""What became of conversations: what customers thought of them, how long they waited, what the bot answered alone."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import mean, median
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import localtime
from django.views.decorators.http import require_safe

from tickets.console.chat.finding import RELATED, vendors_of
from tickets.console.chat.slips import Slip
from tickets.console.guard import Reader, agents_only
from tickets.console.rail import rail
from tickets.console.views import shown
from tickets.models import Chat
from tickets.models.knowledge import WRITERS

WEEKS, LAST = 8, 20
BEST = 5
FIELDS = ("opened_at", "waiting_since", "accepted_at", "ended_at", "state", "ticket_id", "rating", "customer_at")


@dataclass(frozen=True, slots=True)
class Week:
    """What became of the conversations that began in one week, [first, first + 7 days)."""

    first: datetime
    chats: int
    by_person: int
    lost: int
    tickets: int
    ratings: tuple[int, ...]
    waits: tuple[timedelta, ...]
    asked_bot: int
    deflected: int

    @property
    def rating(self) -> str:
        return f"{mean(self.ratings):.1f}" if self.ratings else ""

    @property
    def rating_percent(self) -> int:
        """Return the average as a share of the best."""
        return round(mean(self.ratings) / BEST * 100) if self.ratings else 0

    @property
    def wait(self) -> timedelta | None:
        """Return how long one half waited at most."""
        return timedelta(seconds=median(wait.total_seconds() for wait in self.waits)) if self.waits else None

    @property
    def longest(self) -> timedelta | None:
        return max(self.waits, default=None)

    @property
    def deflection(self) -> str:
        """Return the share of those who talked to the bot that needed nobody else."""
        return f"{self.deflected / self.asked_bot:.0%}" if self.asked_bot else ""


def week_of(first: datetime, rows: list[dict[str, Any]]) -> Week:
    """Return the figures of the conversations that began in a week."""
    spoken = [row for row in rows if row["customer_at"]]
    ended = [row for row in spoken if row["state"] == Chat.State.ENDED]
    alone = [row for row in ended if row["waiting_since"] is None and row["ticket_id"] is None]
    taken = [row for row in rows if row["accepted_at"] and row["waiting_since"]]
    return Week(
        first=first,
        chats=len(rows),
        by_person=sum(1 for row in rows if row["accepted_at"]),
        lost=sum(1 for row in ended if row["waiting_since"] and not row["accepted_at"]),
        tickets=sum(1 for row in rows if row["ticket_id"]),
        ratings=tuple(row["rating"] for row in rows if row["rating"]),
        waits=tuple(row["accepted_at"] - row["waiting_since"] for row in taken),
        asked_bot=len(ended),
        deflected=len(alone),
    )


def weeks_of(rows: list[dict[str, Any]], first: datetime, count: int) -> list[Week]:
    """Return the weeks from the last to the one that begins at `first`."""
    starts = [first + timedelta(weeks=number) for number in range(count)]
    parts = [[row for row in rows if start <= row["opened_at"] < start + timedelta(weeks=1)] for start in starts]
    return [week_of(start, part) for start, part in reversed(list(zip(starts, parts, strict=True)))]


@require_safe
@agents_only
def ratings_page(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Show the last weeks in figures, and the last ratings with their words."""
    seen = Chat.objects.visible_to(reader.user)
    theirs = vendors_of(reader)
    seen = seen.filter(vendor__in=theirs) if theirs else seen
    monday = localtime(reader.at).replace(hour=0, minute=0, second=0, microsecond=0)
    first = monday - timedelta(days=monday.weekday()) - timedelta(weeks=WEEKS - 1)
    rows = list(seen.filter(opened_at__gte=first).order_by().values(*FIELDS))
    rated = seen.filter(rating__isnull=False).select_related(*RELATED).order_by("-rated_at")[:LAST]
    context = {
        "weeks": weeks_of(rows, first, WEEKS),
        "whole": week_of(first, rows),
        "rated": [Slip(chat, reader) for chat in rated],
        "may_see_gaps": reader.user.role in WRITERS,
        "now": reader.at,
    }
    return shown(request, "console/chat/ratings.html", {**rail(reader, None), "in_chats": True, **context})
