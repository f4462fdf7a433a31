"""One search over everything people may look up. Source: Y01"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, Case, FloatField, IntegerField, Value, When
from django.db.models.expressions import RawSQL

from plans.wording import text_of
from tickets.knowledge.grams import any_of, plain, query, runs, stem, telling, wanted
from tickets.knowledge.writing import text_of_markdown
from tickets.models.knowledge import Article, ArticleQuerySet

LONGEST = 200
# How much of what a question says an article must hold where none holds all of it.
ENOUGH = 0.4
# Of so many candidates the best are taken.
CANDIDATES = 60
# Characters before and after a hit that an excerpt shows.
BEFORE, AFTER = 24, 72
WEIGHTS = "{0.1, 0.2, 0.5, 1.0}"
HOLDS = "tickets_article.tokens @@ %s::tsquery"
RANK = "ts_rank(%s::float4[], tickets_article.tokens, %s::tsquery, 1)"
HELD = "(SELECT count(*) FROM unnest(%s::text[]) AS said WHERE tickets_article.tokens @@ said::tsquery)"


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of an excerpt; `is_hit` where it is what was looked for."""

    text: str
    is_hit: bool


@dataclass(frozen=True, slots=True)
class Found:
    """An article that was found, and the words around the first hit."""

    article: Article
    title: Sequence[Piece]
    excerpt: Sequence[Piece]
    # Whether it holds everything as it was asked, or only enough of it.
    is_exact: bool


def asked(words: str) -> str:
    """Return what was typed as it is searched and kept."""
    return " ".join(words.replace("\x00", " ").split())[:LONGEST]


def search(articles: ArticleQuerySet, words: str, limit: int = 20) -> list[Found]:
    """Return articles that say what was asked, the best first; those that hold enough of it after them."""
    words = asked(words)
    if not runs(words):
        return []
    exact = list(_exactly(articles, words).shown()[:limit])
    rest = _nearly(articles, words, limit - len(exact), {one.pk for one in exact})
    return [_found(one, words, is_exact=True) for one in exact] + [_found(one, words, is_exact=False) for one in rest]


def _exactly(articles: ArticleQuerySet, words: str) -> Any:
    return _holding(articles, query(words)).order_by("-rank", "-updated_at", "pk")


def _holding(articles: ArticleQuerySet, wanted: str) -> Any:
    held = articles.filter(RawSQL(HOLDS, [wanted], output_field=BooleanField()))
    return held.annotate(rank=RawSQL(RANK, [WEIGHTS, wanted], output_field=FloatField()))


def _nearly(articles: ArticleQuerySet, words: str, limit: int, without: set[int]) -> list[Article]:
    """Return articles that hold enough of what was asked, those that hold most of it first."""
    said = telling(words)
    if limit <= 0 or not said:
        return []
    held = RawSQL(HELD, [[wanted(token) for token in said]], output_field=IntegerField())
    ranked = _holding(articles, any_of(said)).exclude(pk__in=without).order_by("-rank", "pk")[:CANDIDATES]
    keys = [one.pk for one in ranked.only("pk")]
    best = articles.filter(pk__in=keys).annotate(held=held).filter(held__gte=max(1, ENOUGH * len(said)))
    order = Case(*(When(pk=key, then=Value(place)) for place, key in enumerate(keys)), default=Value(len(keys)))
    return list(best.order_by("-held", order).shown()[:limit]) if keys else []


def _found(article: Article, words: str, *, is_exact: bool) -> Found:
    version = article.current
    if version is None:
        return Found(article, (), (), is_exact)
    return Found(article, *excerpted(text_of(version, "title"), text_of(version, "body"), words), is_exact)


def excerpted(title: str, body: str, words: str) -> tuple[list[Piece], list[Piece]]:
    """Return a title, and the words of Markdown around the first hit, with what was looked for marked in both."""
    marked = _marked(words)
    text = text_of_markdown(body).replace("\n", " ")
    return pieces(title, marked), pieces(_around(text, marked), marked)


def _marked(words: str) -> list[str]:
    """Return what to mark: what was asked piece by piece, then the tokens that tell."""
    whole = [part for part in plain(words).split() if part]
    return list(dict.fromkeys([*sorted(whole, key=len, reverse=True), *map(stem, telling(words))]))


def _around(text: str, wanted: Sequence[str]) -> str:
    folded = text.casefold()
    places = [place for place in (folded.find(one) for one in wanted) if place >= 0]
    start = max(0, (places[0] if places else 0) - BEFORE)
    end = start + BEFORE + AFTER
    return ("…" if start else "") + text[start:end].strip() + ("…" if end < len(text) else "")


def pieces(text: str, wanted: Sequence[str]) -> list[Piece]:
    """Return a text in pieces, what was looked for apart; longer wishes are marked before shorter ones."""
    marked = [False] * len(text)
    folded = text.casefold()
    if len(folded) != len(text):
        return [Piece(text, is_hit=False)]
    for one in wanted:
        place = folded.find(one)
        while place >= 0:
            marked[place : place + len(one)] = [True] * len(one)
            place = folded.find(one, place + len(one))
    return _joined(text, marked)


def _joined(text: str, marked: Sequence[bool]) -> list[Piece]:
    found: list[Piece] = []
    start = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or marked[end] != marked[start]:
            found.append(Piece(text[start:end], marked[start]))
            start = end
    return found
