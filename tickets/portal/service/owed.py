"""What we owe a customer by when, and how we kept it, to the customer."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe

from plans.models import Contract
from tickets.portal.service.guard import for_service
from tickets.portal.service.nav import service_page
from tickets.showing.owed import shown_lines


@require_safe
@for_service
def owed_page(request: HttpRequest, contract: Contract, at: datetime) -> HttpResponse:
    """Show what a contract owes its customer."""
    lines = shown_lines(contract, at)
    soonest = [one for line in lines for one in line.rows if one.owed.is_open]
    context = {"lines": lines, "next": min(soonest, key=lambda one: one.row.due_on, default=None)}
    return service_page(request, contract, at, ("owed", "portal/service/owed.html"), context)


urlpatterns = [path("<str:number>/owed/", owed_page, name="owed")]
