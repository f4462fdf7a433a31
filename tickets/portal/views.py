"""The portal's pages."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tickets.portal.guard import customers_only


@customers_only
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/home.html", {"page": "home"})


@customers_only
def tickets(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/tickets.html", {"page": "tickets"})
