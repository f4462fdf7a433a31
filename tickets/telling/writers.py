"""Which letter tells what: a new kind of letter is one line here."""

from collections.abc import Callable

from tickets.models import Delivery
from tickets.telling import account_letters, account_steps, change_letters, coverage_letters, letters, mail_letters
from tickets.telling.letters import Letter
from tickets.telling.occasions import Occasion
from tickets.telling.talk_letters import WRITERS as OF_TALKS

WRITERS: dict[Delivery.Kind, Callable[[Occasion], Letter]] = {
    **letters.WRITERS,
    **change_letters.WRITERS,
    **coverage_letters.WRITERS,
    **account_steps.WRITERS,
    **OF_TALKS,
    **mail_letters.WRITERS,
    Delivery.Kind.ACCOUNT: account_letters.write,
}


def write(occasion: Occasion) -> Letter:
    """Return the letter of one delivery."""
    return WRITERS[Delivery.Kind(occasion.delivery.kind)](occasion)
