"""The first page of a customer's service: which contract, until when, and who is there for them."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_safe

from plans.history.states import agreement
from plans.history.words import Names, agreement_in
from plans.models import Contract, Override
from plans.terms import standing_of
from sla.clock import database_now
from tickets.portal.guard import contact_in, customers_only
from tickets.portal.service.guard import contracts_of, for_service
from tickets.portal.service.nav import service_page

State = Override.State
# What a customer means by "my service", first things first.
ORDER = ("ending", "in_force", "ahead", "over")


@require_safe
@customers_only
def service(request: HttpRequest) -> HttpResponse:
    """Go to the contract that matters most now: one in force, of the highest plan."""
    at, rows = database_now(), list(contracts_of(contact_in(request)).select_related("plan"))
    if not rows:
        return render(request, "portal/service/none.html", {"page": "service"})
    first = min(rows, key=lambda one: (ORDER.index(standing_of(one, at).state) // 2, -one.plan.rank, one.number))
    return redirect("portal:service:contract", first.number)


@require_safe
@for_service
def contract_page(request: HttpRequest, contract: Contract, at: datetime) -> HttpResponse:
    """Show a contract to its customer."""
    names = Names.known()
    agreed = Override.objects.filter(entitlement__contract=contract, state__in=(State.AHEAD, State.IN_FORCE))
    rows = agreed.exclude(kind=Override.Kind.WITHDRAWN).select_related("entitlement__item").order_by("-at", "-pk")
    context = {
        "products": contract.owned_products.select_related("product"),
        "seats": contract.account_team.select_related("user").filter(user__is_active=True),
        "agreements": [(row, agreement_in(agreement(row), names)) for row in rows],
        "follower": Contract.objects.filter(renews=contract).first(),
    }
    return service_page(request, contract, at, ("contract", "portal/service/contract.html"), context)


urlpatterns = [
    path("", service, name="first"),
    path("<str:number>/", contract_page, name="contract"),
]
