"""Names as the reader's language has them."""

from typing import Any

from django import template

from plans.accounts import zone_named
from plans.wording import text_of
from tickets.showing.wording import zone_words

register = template.Library()


@register.filter
def called(named: Any) -> str:
    """Return the name of a person, team or product in the reader's language."""
    return text_of(named, "name") or str(named)


@register.filter
def told(row: Any, field: str) -> str:
    """Return a text of a row of plan data in the reader's language."""
    return text_of(row, field)


@register.filter
def zone_called(key: str) -> str:
    """Return what people call a zone, such as Beijing time; its IANA name where nothing better is known."""
    return zone_words(zone_named(key))
