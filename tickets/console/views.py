"""The console's pages."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST, require_safe

from sla.refusals import ActionRefusedError
from tickets.console.acts import KINDS, Deed, Kind, carry_out
from tickets.console.beside import beside
from tickets.console.customers import customers_for
from tickets.console.guard import Reader, agents_only
from tickets.console.queue import Wish, choices, queue
from tickets.console.rail import BY_KEY, rail, view_named
from tickets.console.ticket_page import Desk, Draft, find_promise, find_ticket
from tickets.models import Ticket
from tickets.showing.proof_page import proof_context

# The parts of a ticket's page that keep themselves fresh.
PARTS = {
    "head": ("console/_ticket_head.html", Desk.head),
    "talk": ("console/_conversation.html", Desk.talk),
    "sheet": ("console/_side.html", Desk.sheet),
    "list": ("console/_slips.html", Desk.beside),
}


def shown(request: HttpRequest, template: str, context: dict[str, Any], status: int = HTTPStatus.OK) -> HttpResponse:
    """Return a page that no cache keeps: it is one reader's, and only for this moment."""
    response = render(request, template, context, status=status)
    response["Cache-Control"] = "private, no-store"
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
@agents_only
def queue_page(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Show a view's tickets; to a refresh, only the list. A ticket's whole number leads to the ticket."""
    wish = Wish.of(request.GET)
    if wish.query and Ticket.objects.visible_to(reader.user).filter(number=wish.query.upper()).exists():
        return redirect("console:ticket", wish.query.upper())
    if request.headers.get("HX-Request"):
        return shown(request, "console/_queue.html", queue(wish, reader))
    found = {**queue(wish, reader), "customers": customers_for(wish.query, reader)}
    return shown(request, "console/queue.html", {**rail(reader, wish.view), **found, **choices(wish)})


@require_safe
@agents_only
def rail_part(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Show the rail's views with their counts, or what waits beside them, for a refresh."""
    if request.GET.get("part") == "beside":
        return shown(request, "console/_beside.html", beside(reader, request.GET.get("here", "")))
    return shown(request, "console/_views.html", rail(reader, BY_KEY.get(request.GET.get("view", ""))))


@require_safe
@agents_only
def ticket_page(request: HttpRequest, reader: Reader, number: str) -> HttpResponse:
    """Show a ticket; to a refresh, only the part that it names."""
    desk = Desk(find_ticket(number, reader), reader, view_named(request.GET.get("view", "")))
    part = PARTS.get(request.GET.get("part", ""))
    if part:
        return shown(request, part[0], part[1](desk))
    return shown(request, "console/ticket.html", {**rail(reader, desk.view), **desk.whole()})


@require_POST
@agents_only
def act(request: HttpRequest, reader: Reader, number: str) -> HttpResponse:
    """Do something with a ticket and show it again; a refusal is told with its clause, and nothing typed is lost."""
    ticket = find_ticket(number, reader)
    view = view_named(request.GET.get("view", ""))
    kind = KINDS.get(request.POST.get("action", ""))
    draft = attempt(kind, ticket, request, reader)
    if draft is None:
        return redirect(Desk(ticket, reader, view).url)
    desk = Desk(find_ticket(number, reader), reader, view, draft)
    context = {**rail(reader, view), **desk.whole()}
    return shown(request, "console/ticket.html", context, HTTPStatus.UNPROCESSABLE_ENTITY)


def attempt(kind: Kind | None, ticket: Ticket, request: HttpRequest, reader: Reader) -> Draft | None:
    """Do what was asked and return nothing, or return what was typed and why it was not done."""
    if kind is None:
        return Draft(body=request.POST.get("body", ""))
    form = kind.form(request.POST)
    if not form.is_valid():
        return refused(request, str(next(iter(form.errors.values()))[0]))
    try:
        carry_out(kind, Deed(ticket, form.cleaned_data, reader), request.POST.get("sending", "")[:64])
    except ActionRefusedError as refusal:
        return refused(request, refusal.message, refusal)
    messages.success(request, str(kind.done))
    return None


def refused(request: HttpRequest, error: str, refusal: ActionRefusedError | None = None) -> Draft:
    """Return what was typed, with why it was not done and what can be done instead."""
    return Draft(
        kind=request.POST.get("action", ""),
        body=request.POST.get("body", ""),
        error=error,
        clause=f"{refusal.promise} {refusal.clause}".strip() if refusal else "",
        ways_on=tuple(refusal.ways_on) if refusal else (),
        fields={name: request.POST.get(name, "") for name in ("for", "until", "answered", "into", "to")},
    )


@require_safe
@agents_only
def proof_page(request: HttpRequest, reader: Reader, number: str, milestone: int) -> HttpResponse:
    """Show how a deadline was reckoned, to be read and printed."""
    desk = Desk(find_ticket(number, reader), reader, view_named(""))
    promise = find_promise(desk.promises, milestone)
    return shown(request, "console/proof.html", {**rail(reader, desk.view), **desk.head(), **proof_context(promise)})
