"""How the rules area says hours and changed dates."""

import re

from django import template
from django.urls import reverse
from django.utils.html import format_html

from plans.wording import worded
from sla.comparing import DayChange
from tickets.console.rules.year_grid import KIND_NAMES, day_name, hours_words

register = template.Library()
register.filter("hours_words", hours_words)
register.filter("day_name", day_name)

TICKET = re.compile(r"T-\d{4}-\d{6,}")


@register.filter
def change_words(change: DayChange) -> str:
    """Return why the hours of a date differ: the occasion where it has a name, else what kind of day it becomes."""
    if change.reason:
        return worded(change.reason, "name")
    return str(KIND_NAMES.get(change.kind_after, ""))


@register.filter
def thing_link(thing: str) -> str:
    """Return what a clock times: a link where it is a ticket's number, its words otherwise."""
    if not TICKET.fullmatch(thing):
        return thing or "–"
    return format_html('<a href="{}">{}</a>', reverse("console:ticket", args=[thing]), thing)
