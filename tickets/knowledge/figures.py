"""What the knowledge base saves: searches, answers without a ticket, and what nobody found. Source: Y01"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q

from tickets.models.knowledge import Article, ArticleReading, Search

MOST_MISSES = 50


@dataclass(frozen=True, slots=True)
class Deflection:
    """What became of the searches of a period: each is counted once, under what it ended in."""

    searches: int
    solved: int
    asked: int
    opened: int
    nothing: int

    @property
    def left(self) -> int:
        """Return how many ended without a word: nothing asked, nothing said."""
        return self.searches - self.solved - self.asked

    @property
    def rate(self) -> float | None:
        """Return the share of those who said how it ended that needed no ticket; None where nobody did."""
        told = self.solved + self.asked
        return self.solved / told if told else None


def deflection(start: datetime, end: datetime) -> Deflection:
    """Return what became of the searches in [start, end)."""
    counted = Search.objects.filter(at__gte=start, at__lt=end).aggregate(
        searches=Count("pk"),
        solved=Count("pk", filter=Q(solved_at__isnull=False)),
        asked=Count("pk", filter=Q(ticket__isnull=False, solved_at=None)),
        opened=Count("pk", filter=Q(opened__isnull=False)),
        nothing=Count("pk", filter=Q(found=0)),
    )
    return Deflection(**counted)


def misses(start: datetime, end: datetime) -> list[dict[str, Any]]:
    """Return what was looked for in vain, the most often first: what is still to be written."""
    vain = Search.objects.filter(at__gte=start, at__lt=end, found=0).order_by()
    counted: Any = vain.values("words", "vendor").annotate(times=Count("pk"), last=Max("at"), tickets=Count("ticket"))
    return list(counted.order_by("-times", "-last")[:MOST_MISSES])


def use_of(article: Article) -> dict[str, int]:
    """Return how often an article was read, by how many, and whether it helped."""
    verdicts = ArticleReading.Verdict
    counted: dict[str, int] = article.readings.aggregate(
        readers=Count("pk"),
        helpful=Count("pk", filter=Q(verdict=verdicts.HELPFUL)),
        unhelpful=Count("pk", filter=Q(verdict=verdicts.UNHELPFUL)),
        finished=Count("pk", filter=Q(finished_at__isnull=False)),
    )
    return counted
