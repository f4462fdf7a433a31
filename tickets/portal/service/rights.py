"""What a customer's contract gives: how much of each is left, and the statement, to read, print and keep."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.views.decorators.http import require_safe

from plans.models import Contract
from tickets.portal.service.guard import for_service
from tickets.portal.service.nav import service_page
from tickets.showing.quotas import file_of, page_in, shown_rights, shown_statement, span_of


@require_safe
@for_service
def rights_page(request: HttpRequest, contract: Contract, at: datetime) -> HttpResponse:
    """Show a customer what their contract gives and what became of it."""
    span, wrong = span_of(contract, request.GET, at)
    counted, others = shown_rights(contract, at)
    statement = shown_statement(contract, span, page_in(request.GET))
    context = {"counted": counted, "others": others, "statement": statement, "wrong": wrong}
    page = ("rights", "portal/service/rights.html")
    return service_page(request, contract, at, page, context, status=422 if wrong else 200)


@require_safe
@for_service
def statement_file(request: HttpRequest, contract: Contract, at: datetime) -> HttpResponse:
    """Return a customer's statement as a file for spreadsheets; the page tells what is wrong with its dates."""
    span, wrong = span_of(contract, request.GET, at)
    if wrong:
        return redirect(f"{reverse('portal:service:rights', args=[contract.number])}?{request.GET.urlencode()}")
    return file_of(contract, span, with_actors=False)


urlpatterns = [
    path("<str:number>/rights/", rights_page, name="rights"),
    path("<str:number>/rights/statement.csv", statement_file, name="rights_file"),
]
