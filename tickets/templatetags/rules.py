"""How the rules area says hours and changed dates."""

import re

from django import template
from django.urls import reverse
from django.utils.html import format_html

from tickets.console.rules.changed_dates import lines_of
from tickets.console.rules.year_grid import day_name, hours_words

register = template.Library()
register.filter("hours_words", hours_words)
register.filter("day_name", day_name)
register.filter("changed_lines", lines_of)

TICKET = re.compile(r"T-\d{4}-\d{6,}")


@register.filter
def thing_link(thing: str) -> str:
    """Return what a clock times: a link where it is a ticket's number, its words otherwise."""
    if not TICKET.fullmatch(thing):
        return thing or "–"
    return format_html('<a href="{}">{}</a>', reverse("console:ticket", args=[thing]), thing)
