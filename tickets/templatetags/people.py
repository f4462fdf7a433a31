"""Names as the reader's language has them."""

from typing import Any

from django import template

from plans.wording import text_of

register = template.Library()


@register.filter
def called(named: Any) -> str:
    """Return the name of a person, team or product in the reader's language."""
    return text_of(named, "name") or str(named)


@register.filter
def told(row: Any, field: str) -> str:
    """Return a text of a row of plan data in the reader's language."""
    return text_of(row, field)
