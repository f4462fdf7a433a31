"""The page of what is kept for how long, and what the last nights removed."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe

from tickets.console.guard import Reader
from tickets.console.rules.guard import readers_only
from tickets.console.rules.nav import rules_page
from tickets.models import Clearing, Forgetting
from tickets.showing.keeping import BESIDE, RULES, removed

PAGE = ("keeping", "console/rules/keeping.html")
NIGHTS_SHOWN = 14


@require_safe
@readers_only
def keeping_page(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Show the rules, the last nights, and how many people were forgotten."""
    context = {
        "rules": RULES,
        "beside": BESIDE,
        "nights": removed(Clearing.objects.all()[:NIGHTS_SHOWN]),
        "forgotten": Forgetting.objects.count(),
    }
    return rules_page(request, reader, PAGE, context)


urlpatterns = [path("keeping/", keeping_page, name="keeping")]
