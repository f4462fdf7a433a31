"""Which letter tells what: a new kind of letter is one line here."""

from collections.abc import Callable

from tickets import change_letters, letters
from tickets.letters import Letter
from tickets.models import Delivery
from tickets.occasions import Occasion

WRITERS: dict[Delivery.Kind, Callable[[Occasion], Letter]] = {**letters.WRITERS, **change_letters.WRITERS}


def write(occasion: Occasion) -> Letter:
    """Return the letter of one delivery."""
    return WRITERS[Delivery.Kind(occasion.delivery.kind)](occasion)
