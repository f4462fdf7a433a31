"""The first pages of a customer's service: everything on one page, and one contract with who is there for them."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from plans.accounts import contact_of
from plans.history.states import agreement
from plans.history.words import Names, agreement_in
from plans.models import Contract, Override, Role
from sla.clock import database_now
from tickets.portal.guard import contact_in, customers_only, user_in
from tickets.portal.service.guard import contracts_of, for_service
from tickets.portal.service.nav import service_page
from tickets.portal.waiting import matters_of
from tickets.showing.account.bought import bought_of
from tickets.showing.account.coming import THEIRS
from tickets.showing.account.kept import is_quick, kept_of
from tickets.showing.account.reading import Account, account_of
from tickets.showing.account.timeline import coming_of
from tickets.showing.account.used import delivered_of, used_of
from tickets.showing.operations import has_operations

State = Override.State
# So many things that come next are shown; the rest is folded.
SHOWN = 8


@require_safe
@customers_only
def service(request: HttpRequest) -> HttpResponse:
    """Show what the reader's organisation has with us, on one page: what waits, comes next, was bought and used.

    How promises were kept is said of all tickets together, so the organisation's administrators alone read it, and ask
    for it where the tickets of a year are many.
    """
    user, contact, at = user_in(request), contact_in(request), database_now()
    account = account_of(contact.customer, contracts_of(contact), user, at)
    if not account.held:
        return render(request, "portal/service/none.html", {"page": "service"})
    with_kept = user.role == Role.CUSTOMER_ADMIN
    is_wanted = with_kept and ("kept" in request.GET or is_quick(account))
    kept = {"with_kept": with_kept, "kept": kept_of(account) if is_wanted else None}
    return render(request, "portal/service/overview.html", {**_context(account), **kept})


def _context(account: Account) -> dict[str, Any]:
    contact = contact_of(account.user)
    # What waits for them stands above; what we still have to write down is nothing to them.
    coming = [one for one in coming_of(account) if one.acts != THEIRS and one.kind != "record"]
    return {
        "page": "service",
        "account": account,
        "matters": matters_of(account.user, contact, account.at) if contact else [],
        "coming": coming[:SHOWN],
        "later": coming[SHOWN:],
        "bought": bought_of(account),
        "used": used_of(account),
        "delivered": delivered_of(account),
        "has_operations": has_operations([one.contract for one in account.current]),
        "now": account.at,
    }


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
