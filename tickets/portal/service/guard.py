"""Whose contracts a customer sees: their organisation's."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from plans.models import Contact, Contract
from sla.clock import database_now
from tickets.portal.guard import Page, contact_in, customers_only


def contracts_of(contact: Contact) -> QuerySet[Contract]:
    """Return the contracts of a contact's organisation, the one that ends last in front."""
    return Contract.objects.filter(customer_id=contact.customer_id).order_by("-ends_on", "number")


def for_service(page: Page) -> Callable[..., HttpResponse]:
    """Return a page of one contract, called with it and the instant; somebody else's contract is not found."""

    @wraps(page)
    def guarded(request: HttpRequest, number: str, *args: Any, **more: Any) -> HttpResponse:
        return page(request, find_contract(contact_in(request), number), database_now(), *args, **more)

    return customers_only(guarded)


def find_contract(contact: Contact, number: str) -> Contract:
    """Return a contract of the contact's organisation. Raises Http404 for any other."""
    rows = contracts_of(contact).select_related("plan", "customer", "branch", "team")
    found = None if "\0" in number else rows.filter(number=number).first()
    if found is None:
        raise Http404
    return found
