"""What every answerer offers. A new one is a class with `answer`, chosen in `tickets.bot.answerer`. Source: Y05, K07"""

from dataclasses import dataclass
from typing import Protocol

from plans.models import Contact, Product


@dataclass(frozen=True, slots=True)
class Exchange:
    """Something said before, by the customer or by the bot."""

    is_customer: bool
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """What a customer asks, about whose product, in which language, and what they may read; nobody known: None."""

    text: str
    vendor: str
    product: Product | None = None
    language: str = "zh-hans"
    contact: Contact | None = None
    history: tuple[Exchange, ...] = ()


@dataclass(frozen=True, slots=True)
class Quote:
    """An article that an answer rests on; no address where the reader could not open it."""

    number: str
    title: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bot says: with the articles it is from, or none where it knows nothing and says so.

    `near` are articles that it names without saying that they answer.
    `is_small_talk`: a greeting or thanks, which asks for nothing.
    """

    text: str
    quotes: tuple[Quote, ...] = ()
    is_small_talk: bool = False
    near: tuple[Quote, ...] = ()

    @property
    def is_known(self) -> bool:
        """Tell whether it answers the question."""
        return bool(self.quotes)


class Answerer(Protocol):
    """Answers questions. It may be asked for seconds: never inside a transaction."""

    def answer(self, question: Question) -> Answer | None:
        """Return an answer, also one that says that nothing is known; None keeps silent. Never raises."""
