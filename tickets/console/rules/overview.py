"""The first page of the rules: every subject with one line and how it stands."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from sla.models import Recompute
from tickets.console.guard import Reader
from tickets.console.rules.guard import readers_only
from tickets.console.rules.nav import SUBJECTS, rules_page
from tickets.rounds.bulletins import assumption_ahead


@require_safe
@readers_only
def overview(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Show the subjects, and what is being recomputed at this moment."""
    cards = [
        {"url": one.url, "name": one.name, "what": one.what, "icon": one.icon, "figure": one.figure(reader)}
        for one in SUBJECTS
    ]
    recomputes = list(Recompute.objects.unfinished())
    context = {"cards": cards, "recomputes": recomputes, "assumed_ahead": assumption_ahead(reader.at)}
    return rules_page(request, reader, ("overview", "console/rules/overview.html"), context)
