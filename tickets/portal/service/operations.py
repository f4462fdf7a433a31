"""The operations board: how each product line runs, for the customer. Source: K04"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from sla.clock import database_now
from tickets.portal.guard import contact_in, customers_only, user_in
from tickets.portal.service.guard import contracts_of
from tickets.showing.operations import lines_of
from tickets.showing.updates import shown


@require_safe
@customers_only
def board(request: HttpRequest) -> HttpResponse:
    """Show how the products of the reader's organisation run in the public cloud."""
    contact, at = contact_in(request), database_now()
    contracts = list(contracts_of(contact).select_related("plan"))
    lines = lines_of(contact.customer, contracts, user_in(request), at)
    context = {"page": "service", "now": at, "lines": [(one, shown(list(one.windows), at)) for one in lines]}
    return render(request, "portal/service/operations.html", context)


urlpatterns = [path("operations/", board, name="operations")]
