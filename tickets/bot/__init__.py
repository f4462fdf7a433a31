"""Who answers before a person does: from the knowledge base, or by a model that is given what was found there."""

from django.conf import settings

from tickets.bot.answering import Answer, Answerer, Exchange, Question, Quote
from tickets.bot.from_articles import FromArticles
from tickets.bot.from_model import Endpoint, FromModel

__all__ = ["Answer", "Answerer", "Exchange", "Question", "Quote", "answerer"]


def answerer() -> Answerer:
    """Return who answers here: the knowledge base alone, unless an endpoint is set."""
    articles = FromArticles()
    if not settings.BOT_URL or not settings.BOT_MODEL:
        return articles
    return FromModel(Endpoint(settings.BOT_URL, settings.BOT_KEY, settings.BOT_MODEL), articles)
