"""Which articles answer a question, and which are only about the same. Source: Y05, K07

A wrong answer is worse than none: an article answers only where its title and one passage of it hold enough of what is
asked. What is merely near is offered by its title, and the question counts as not answered.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, Count, Exists, FloatField, OuterRef, Q
from django.db.models.expressions import RawSQL

from tickets.bot.answering import Question
from tickets.bot.passages import sentences
from tickets.bot.weighing import Match, Term, asked_about, matched, token_set, weights
from tickets.knowledge.grams import wanted
from tickets.models.knowledge import Article, ArticleQuerySet

MOST = 3
CANDIDATES = 24
# How much of a question an answer holds: in its title and one passage together with it, or in that passage whatever
# its title. Chosen by the questions that a test asks.
IN_TITLE, WITH_PASSAGE, IN_PASSAGE = 0.3, 0.5, 0.75
# What is near holds so much of it.
NEAR = 0.4
HOLDS = "tickets_article.tokens @@ %s::tsquery"
WEIGHED = (
    "(SELECT coalesce(sum(said.weight), 0) FROM unnest(%s::text[], %s::float8[]) AS said(term, weight) "
    "WHERE tickets_article.tokens @@ said.term::tsquery)"
)


@dataclass(frozen=True, slots=True)
class Findings:
    """Articles that answer a question, the best first, or where there are none those that are near it."""

    answers: Sequence[Article]
    near: Sequence[Article]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An article and how much of a question it says."""

    article: Article
    match: Match
    is_of_product: bool


def find(question: Question) -> Findings:
    """Return what answers a question: of its product where there is any, else of the vendor's others. Two queries."""
    articles = Article.objects.published().filter(vendor=question.vendor)
    weighed = _weighed(articles, question.text)
    if not any(weighed.values()):
        return Findings((), ())
    found = _candidates(articles, weighed, question)
    answers = _answering(found)
    near = [] if answers else [one for one in found if _is_near(one.match)]
    return Findings([one.article for one in answers[:MOST]], [one.article for one in near[:MOST]])


def _weighed(articles: ArticleQuerySet, text: str) -> Mapping[Term, float]:
    """Return what is asked, each term with its weight among what the vendor's articles say."""
    runs = asked_about(text)
    terms = list(dict.fromkeys(term for run in runs for term in run))
    if not terms:
        return {}
    holding = {
        f"held_{place}": Count("pk", filter=RawSQL(HOLDS, [_query(term)], output_field=BooleanField()))
        for place, term in enumerate(terms)
    }
    counted: Any = articles.order_by().aggregate(articles=Count("pk"), **holding)
    counts = {term: counted[f"held_{place}"] for place, term in enumerate(terms)}
    return weights(runs, counts, counted["articles"])


def _query(term: Term) -> str:
    """Return PostgreSQL's `tsquery` of a term, said in any of its ways."""
    return " | ".join("(" + " & ".join(wanted(token) for token in way) + ")" for way in term.ways)


def _candidates(articles: ArticleQuerySet, weighed: Mapping[Term, float], question: Question) -> list[Candidate]:
    held = RawSQL(WEIGHED, [[_query(term) for term in weighed], list(weighed.values())], output_field=FloatField())
    holding = articles.annotate(held=held).filter(held__gt=0).select_related("current")
    if question.product:
        of_product = Article.objects.filter(Q(products=question.product) | Q(products=None), pk=OuterRef("pk"))
        holding = holding.annotate(fits=Exists(of_product))
    rows: Any = holding.order_by("-held", "-updated_at", "pk")[:CANDIDATES]
    found = [Candidate(one, match, bool(getattr(one, "fits", True))) for one in rows if (match := _match(one, weighed))]
    return sorted(found, key=lambda one: -one.match.score)


def _match(article: Article, weighed: Mapping[Term, float]) -> Match | None:
    said = article.current
    if said is None:
        return None
    title = token_set(f"{said.title}\n{said.title_en}\n{article.module}")
    chapters = [f"{one['title']}\n{one.get('title_en', '')}" for one in said.chapters]
    # Markup is no word: what is between the marks is read as it stands.
    passages = [*sentences(said.body), *sentences(said.body_en), *chapters]
    return matched(weighed, title, [token_set(passage) for passage in passages])


def _answering(found: Sequence[Candidate]) -> list[Candidate]:
    """Return what answers: of the product's own the good ones, else of the others."""
    of_product = [one for one in found if one.is_of_product]
    return _good(of_product) or _good(found)


def _good(found: Sequence[Candidate]) -> list[Candidate]:
    good = [one for one in found if _answers(one.match)]
    # One word that several articles are about asks for neither of them.
    is_vague = len(good) > 1 and good[0].match.size == 1
    return [] if is_vague else good


def _answers(match: Match) -> bool:
    if match.lacks_number:
        return False
    if match.size == 1:
        return match.title == 1.0
    return (match.title >= IN_TITLE and match.passage >= WITH_PASSAGE) or match.passage >= IN_PASSAGE


def _is_near(match: Match) -> bool:
    return match.title >= IN_TITLE or match.passage >= NEAR
