"""Answer from the knowledge base, in the articles' own words. Source: Y05, K07"""

import re
from collections.abc import Sequence

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from plans.wording import text_of
from tickets.bot.answering import Answer, Question, Quote
from tickets.bot.small_talk import short_answer
from tickets.knowledge.finding import Found, search
from tickets.knowledge.grams import plain, telling
from tickets.knowledge.writing import text_of_markdown
from tickets.models.knowledge import Article, ArticleQuerySet

MOST = 3
# Of what a question says an article must hold so much to answer it, and at least so many tokens.
ENOUGH, FEWEST = 0.5, 2
SENTENCES, LONGEST = 3, 320
END = re.compile(r"(?<=[。！？；!?;])|(?<=\.)\s+|\n")


class FromArticles:
    """Says what the best article says around the hit, with its title, number and link; nothing of its own."""

    def answer(self, question: Question) -> Answer | None:
        """Return an answer from what the asker may read, or one that says that nothing was found."""
        with override(question.language):
            if small := short_answer(question.text):
                return Answer(small, is_small_talk=True)
            found = find(question)
            return _quoted(question, found) if found else unknown(question)


def find(question: Question) -> list[Article]:
    """Return the articles that may answer a question, the best first: of its product, else of the vendor's others."""
    readable = Article.objects.published().filter(vendor=question.vendor)
    if question.product:
        fitting = readable.filter(Q(products=question.product) | Q(products=None)).distinct()
        found = _good(fitting, question.text)
        if found:
            return found
    return _good(readable, question.text)


def _good(articles: ArticleQuerySet, text: str) -> list[Article]:
    keys = articles.order_by().values("pk")
    found = search(Article.objects.filter(pk__in=keys), text, MOST)
    return [one.article for one in found if _is_good(one, telling(text))]


def _is_good(found: Found, said: Sequence[str]) -> bool:
    if found.is_exact:
        return True
    held = getattr(found.article, "held", 0)
    return held >= max(FEWEST, ENOUGH * len(said))


def unknown(question: Question) -> Answer:
    """Return the answer that nothing is known, and who may know more."""
    if question.contact is None:
        return Answer(_("知识库里没有找到答案。可以换个说法再问；登录后可以转人工，或提交工单。"))
    return Answer(_("知识库里没有找到答案。可以换个说法再问，或点【转人工客服】找服务人员，或点【提交问题】。"))


def quote(article: Article, question: Question) -> Quote:
    """Return an article as an answer names it; its page is for customers who sign in."""
    title = text_of(article.current, "title") if article.current else article.number
    path = reverse("portal:help:article", args=[article.number])
    return Quote(article.number, title, f"{settings.PUBLIC_URL}{path}" if question.contact else "")


def _quoted(question: Question, found: Sequence[Article]) -> Answer:
    quotes = tuple(quote(one, question) for one in found)
    first = quotes[0]
    said = [
        excerpt(words_of(found[0]), question.text, first.title),
        _("出自《%(title)s》（%(number)s）") % _named(first),
    ]
    said += [_("另见《%(title)s》（%(number)s）") % _named(other) for other in quotes[1:]]
    return Answer("\n".join(part for part in said if part), quotes)


def _named(one: Quote) -> dict[str, str]:
    return {"title": one.title, "number": one.number}


def words_of(article: Article) -> str:
    """Return what an article says, without its markup, in the language in use."""
    return text_of_markdown(text_of(article.current, "body")) if article.current else ""


def excerpt(text: str, asked: str, title: str = "") -> str:
    """Return two or three sentences of a text, from the one on that holds most of what was asked.

    Where its title holds more of it, the whole is about that: it is read from the beginning.
    """
    sentences = [part.strip() for part in END.split(text) if part and part.strip()]
    if not sentences:
        return ""
    said = telling(asked)
    held = [sum(token in plain(sentence) for token in said) for sentence in sentences]
    is_about_it = sum(token in plain(title) for token in said) > max(held)
    start = 0 if is_about_it else max(0, min(held.index(max(held)), len(sentences) - SENTENCES))
    chosen = ""
    for sentence in sentences[start : start + SENTENCES]:
        if chosen and len(chosen) + len(sentence) > LONGEST:
            break
        chosen += sentence if _runs_on(chosen) else f" {sentence}"
    return chosen.strip() if len(chosen) <= LONGEST else f"{chosen.strip()[: LONGEST - 1]}…"


def _runs_on(before: str) -> bool:
    """Tell whether the next sentence needs no space before it."""
    return not before or before[-1] in "。！？；"
