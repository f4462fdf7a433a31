"""People whom a row of the rules keeps as text, by the names that the reader's language has for them."""

from collections.abc import Iterable

from plans.models import User
from plans.wording import is_english, name_of


def people(texts: Iterable[str]) -> dict[str, str]:
    """Return the name of each person; the text that was kept where nobody is called so any more."""
    kept = set(texts)
    known = User.objects.filter(name__in=kept).exclude(name="") if is_english() else User.objects.none()
    return {text: text for text in kept} | {row.name: name_of(row) for row in known}


def person_named(name: str) -> str:
    """Return one person in the reader's language."""
    return people([name])[name]
