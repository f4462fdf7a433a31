"""The community in the one search: posts that say something, in a list beside the articles. Source: Y01, Y04"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, FloatField, IntegerField
from django.db.models.expressions import RawSQL

from tickets.knowledge.finding import CANDIDATES, ENOUGH, WEIGHTS, Piece, asked, excerpted
from tickets.knowledge.grams import any_of, query, runs, telling, wanted
from tickets.models.board import Post, PostQuerySet

HOLDS = "tickets_post.tokens @@ %s::tsquery"
RANK = "ts_rank(%s::float4[], tickets_post.tokens, %s::tsquery, 1)"
HELD = "(SELECT count(*) FROM unnest(%s::text[]) AS said WHERE tickets_post.tokens @@ said::tsquery)"


@dataclass(frozen=True, slots=True)
class FoundPost:
    """A post that was found, and the words around the first hit."""

    post: Post
    title: Sequence[Piece]
    excerpt: Sequence[Piece]


def search_posts(posts: PostQuerySet, words: str, limit: int = 20) -> list[FoundPost]:
    """Return posts in sight that say what was asked, the best first; those that say enough of it after them."""
    words = asked(words)
    if not runs(words):
        return []
    rows = posts.standing()
    found = list(_holding(rows, query(words)).order_by("-rank", "-last_at", "pk").shown()[:limit])
    found += _nearly(rows, words, limit - len(found), [one.pk for one in found])
    return [FoundPost(one, *excerpted(one.title, one.body, words)) for one in found]


def _holding(posts: PostQuerySet, asked_for: str) -> Any:
    held = posts.filter(RawSQL(HOLDS, [asked_for], output_field=BooleanField()))
    return held.annotate(rank=RawSQL(RANK, [WEIGHTS, asked_for], output_field=FloatField()))


def _nearly(posts: PostQuerySet, words: str, limit: int, without: Sequence[int]) -> list[Post]:
    said = telling(words)
    if limit <= 0 or not said:
        return []
    held = RawSQL(HELD, [[wanted(token) for token in said]], output_field=IntegerField())
    ranked = _holding(posts, any_of(said)).exclude(pk__in=without).order_by("-rank", "pk")[:CANDIDATES]
    best = posts.filter(pk__in=[one.pk for one in ranked.only("pk")]).annotate(held=held)
    return list(best.filter(held__gte=max(1, ENOUGH * len(said))).order_by("-held", "-last_at").shown()[:limit])
