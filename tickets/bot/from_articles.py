"""Answer from the knowledge base, in the articles' own words. Source: Y05, K07"""

from collections.abc import Sequence

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from plans.wording import text_of
from tickets.bot.answering import Answer, Question, Quote
from tickets.bot.finding import Findings, find
from tickets.bot.passages import excerpt
from tickets.bot.small_talk import short_answer
from tickets.bot.weighing import Term, asked_about
from tickets.knowledge.writing import text_of_markdown
from tickets.models.knowledge import Article


class FromArticles:
    """Says what the best article says around the hit, with its title, number and link; nothing of its own."""

    def answer(self, question: Question) -> Answer | None:
        """Return an answer from what the asker may read, or one that says that nothing was found."""
        with override(question.language):
            if small := short_answer(question.text):
                return Answer(small, is_small_talk=True)
            found = find(question)
            return _quoted(question, found.answers) if found.answers else unknown(question, found)


def unknown(question: Question, found: Findings) -> Answer:
    """Return the answer that nothing is known, what is near it, and who may know more."""
    near = tuple(quote(one, question) for one in found.near)
    if not near and question.contact is None:
        return Answer(_("知识库里没有找到答案。可以换个说法再问；登录后可以转人工，或提交工单。"))
    if not near:
        return Answer(_("知识库里没有找到答案。可以换个说法再问，或点【转人工客服】找服务人员，或点【提交问题】。"))
    ways_on = (
        _("都不是的话，可以换个说法再问；登录后可以转人工，或提交工单。")
        if question.contact is None
        else _("都不是的话，可以换个说法再问，或点【转人工客服】找服务人员，或点【提交问题】。")
    )
    named = [_("《%(title)s》（%(number)s）") % _named(one) for one in near]
    return Answer("\n".join([_("没有找到确切的答案，相近的文章有："), *named, ways_on]), near=near)


def quote(article: Article, question: Question) -> Quote:
    """Return an article as an answer names it; its page is for customers who sign in."""
    title = text_of(article.current, "title") if article.current else article.number
    path = reverse("portal:help:article", args=[article.number])
    return Quote(article.number, title, f"{settings.PUBLIC_URL}{path}" if question.contact else "")


def _quoted(question: Question, found: Sequence[Article]) -> Answer:
    quotes = tuple(quote(one, question) for one in found)
    first = quotes[0]
    said = [
        excerpt(words_of(found[0]), _terms(question.text), first.title),
        _("出自《%(title)s》（%(number)s）") % _named(first),
    ]
    said += [_("另见《%(title)s》（%(number)s）") % _named(other) for other in quotes[1:]]
    return Answer("\n".join(part for part in said if part), quotes)


def _terms(text: str) -> list[Term]:
    return [term for run in asked_about(text) for term in run]


def _named(one: Quote) -> dict[str, str]:
    return {"title": one.title, "number": one.number}


def words_of(article: Article) -> str:
    """Return what an article says, without its markup, in the language in use."""
    return text_of_markdown(text_of(article.current, "body")) if article.current else ""
