"""How the rules area says hours and changed dates."""

import re
from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from plans.wording import name_of, text_of
from sla.models import CalendarVersion, Milestone, Policy, Recompute
from tickets.console.rules.changed_dates import lines_of
from tickets.console.rules.year_grid import day_name, hours_words
from tickets.models import DeliveryTry, TicketClock
from tickets.showing.unreached import why

register = template.Library()
register.filter("hours_words", hours_words)
register.filter("day_name", day_name)
register.filter("changed_lines", lines_of)
register.filter("text_in", text_of)

TICKET = re.compile(r"T-\d{4}-\d{6,}")


@register.filter
def why_not(one: DeliveryTry, kind: str) -> str:
    """Return why a try to write to a kind of address failed, in words; nothing where it did not, or nobody knows."""
    return "" if one.outcome == DeliveryTry.Outcome.SENT else why(kind, one.answer, one.status)


@register.filter
def in_words(said: str, kind: str) -> str:
    """Return what was noted of an address outside in words, else as it was noted."""
    return why(kind, said) or said


@register.filter
def rule_name(recompute: Recompute) -> str:
    """Return what a calendar or policy that is gone over to is called; its code where it is kept no longer."""
    rows = {Recompute.Kind.CALENDAR: CalendarVersion, Recompute.Kind.POLICY: Policy}[Recompute.Kind(recompute.kind)]
    found: Any = rows._default_manager.filter(code=recompute.code, version=recompute.version).first()
    return name_of(found) if found else recompute.code


@register.filter
def promise_name(milestone: Milestone) -> str:
    """Return what a deadline is about; one that a team owes within the house says so."""
    metric = milestone.get_metric_display()
    timed = getattr(milestone.clock, "ticket_clock", None)
    is_internal = timed is not None and timed.part == TicketClock.Part.TEAM
    return _("%(metric)s（团队内部）") % {"metric": metric} if is_internal else metric


@register.filter
def thing_link(thing: str) -> str:
    """Return what a clock times: a link where it is a ticket's number, its words otherwise."""
    if not TICKET.fullmatch(thing):
        return thing or "–"
    return format_html('<a href="{}">{}</a>', reverse("console:ticket", args=[thing]), thing)
