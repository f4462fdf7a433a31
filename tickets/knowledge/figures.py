"""What the knowledge base saves: searches, answers without a ticket, and what nobody found. Source: Y01"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q

from tickets.models.knowledge import Article, ArticleReading, Gap, Search

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
    def found(self) -> int:
        """Return for how many anything was found."""
        return self.searches - self.nothing

    @property
    def left(self) -> int:
        """Return how many ended without a word: nothing asked, nothing said."""
        return self.searches - self.solved - self.asked

    @property
    def rate(self) -> float | None:
        """Return the share of those who said how it ended that needed no ticket; None where nobody did."""
        told = self.solved + self.asked
        return self.solved / told if told else None


def deflection(start: datetime, end: datetime, place: str = "") -> Deflection:
    """Return what became of the searches in [start, end), of one place or of all."""
    where = {"place": place} if place else {}
    counted = Search.objects.filter(at__gte=start, at__lt=end, **where).aggregate(
        searches=Count("pk"),
        solved=Count("pk", filter=Q(solved_at__isnull=False)),
        asked=Count("pk", filter=Q(ticket__isnull=False, solved_at=None)),
        opened=Count("pk", filter=Q(opened__isnull=False)),
        nothing=Count("pk", filter=Q(found=0)),
    )
    return Deflection(**counted)


def misses(start: datetime, end: datetime) -> list[dict[str, Any]]:
    """Return what was looked for in vain, the most often first: what is still to be written.

    `bot` counts how often the bot was asked it: what it found and did not help is in vain too. What was settled since
    it was looked for is left out; `draft` is the article that is being written on it.
    """
    settled = Gap.objects.filter(vendor=OuterRef("vendor"), words=OuterRef("words"), closed_at__gte=OuterRef("at"))
    vain = Search.objects.filter(~Exists(settled), at__gte=start, at__lt=end, found=0).order_by()
    of_bot = Count("pk", filter=Q(place=Search.Place.BOT))
    counted: Any = vain.values("words", "vendor").annotate(
        times=Count("pk"), last=Max("at"), tickets=Count("ticket"), bot=of_bot
    )
    rows = list(counted.order_by("-times", "-last")[:MOST_MISSES])
    drafts = Gap.objects.filter(words__in=[row["words"] for row in rows], closed_at=None).select_related("article")
    begun = {(one.vendor, one.words): one.article for one in drafts}
    return [row | {"draft": begun.get((row["vendor"], row["words"]))} for row in rows]


def settled(limit: int = MOST_MISSES) -> list[Gap]:
    """Return the gaps that were closed last, each with what answers it or why nothing will."""
    return list(Gap.objects.exclude(closed_at=None).select_related("article").order_by("-closed_at")[:limit])


USE = {
    "readers": Count("pk"),
    "helpful": Count("pk", filter=Q(verdict=ArticleReading.Verdict.HELPFUL)),
    "unhelpful": Count("pk", filter=Q(verdict=ArticleReading.Verdict.UNHELPFUL)),
    "finished": Count("pk", filter=Q(finished_at__isnull=False)),
}


def use_of(articles: Iterable[Article]) -> dict[int, dict[str, int]]:
    """Return by how many each article was read, whether it helped them, and how many learned it. One query."""
    rows = list(articles)
    read: Any = ArticleReading.objects.filter(article__in=rows).order_by().values("article").annotate(**USE)
    nobody = {one.pk: dict.fromkeys(USE, 0) for one in rows}
    return nobody | {said["article"]: {name: said[name] for name in USE} for said in read}
