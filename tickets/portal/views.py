"""The portal's pages for reading, and what a customer adds to a ticket."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from sla.clock import database_now
from sla.refusals import ActionRefusedError
from tickets.actions import asking
from tickets.actions import ticket as actions
from tickets.models import Status, Ticket
from tickets.portal import finding, rights
from tickets.portal.finding import VIEWS, Wish
from tickets.portal.forms import AnswerForm
from tickets.portal.guard import contact_in, customers_only, user_in
from tickets.portal.questions import questions_of, url_of
from tickets.portal.saying import cited, held, promised, said_of, standing_of
from tickets.showing.conversation import entries_of
from tickets.showing.promises import Promise, current_of, promises_of
from tickets.showing.proof_page import proof_context
from tickets.uploads import was_cut


@require_safe
@customers_only
def home(request: HttpRequest, part: str = "portal/home.html") -> HttpResponse:
    """Answer the three questions."""
    answers = questions_of(user_in(request), contact_in(request), database_now())
    return render(request, part, {"page": "home"} | answers)


@require_safe
@customers_only
def tickets(request: HttpRequest) -> HttpResponse:
    """List the reader's tickets, or their organisation's."""
    user, at, wish = user_in(request), database_now(), Wish.of(request)
    page = finding.page_of(finding.found_for(user, wish), wish)
    promises = promises_of(page.object_list, at, user)
    rows = [
        {"ticket": one, "url": url_of(one), "standing": standing_of(one), "say": said_of(one, promises[one.pk], at)}
        for one in page.object_list
    ]
    views = [{"name": name, "url": wish.url(show=code, page="1"), "is_current": code == wish.view}
             for code, name in VIEWS.items()]  # fmt: skip
    context = {"page": "tickets", "rows": rows, "views": views, "wish": wish, "now": at}
    return render(request, "portal/tickets.html", context | {"pages": finding.pager_of(page, wish)})


@require_safe
@customers_only
def ticket(request: HttpRequest, number: str, part: str = "portal/ticket.html") -> HttpResponse:
    """Show a ticket as its customer may see it."""
    found = finding.find(user_in(request), number)
    return render(request, part, ticket_context(request, found, AnswerForm(initial={"sending": uuid4().hex})))


def ticket_context(request: HttpRequest, found: Ticket, form: AnswerForm) -> dict[str, Any]:
    """Return what the ticket's page needs."""
    user, at = user_in(request), database_now()
    promises = promises_of([found], at, user)[found.pk]
    current = None if found.is_ended else current_of(promises)
    return {
        "page": "tickets",
        "ticket": found,
        "standing": standing_of(found),
        "current": current,
        "say": promised(current) if current else held(found, at),
        "cite": cited(found.contract.plan, current.clause_source) if current else "",
        "others": [promise for promise in promises if promise is not current],
        "entries": entries_of(found, promises, user),
        "form": form,
        "may_confirm": found.status == Status.RESOLVED,
        "may_answer": found.status not in (Status.CLOSED, Status.MERGED),
        "now": at,
    }


@require_POST
@customers_only
def answer(request: HttpRequest, number: str) -> HttpResponse:
    """Add what a customer writes; words on a solved ticket open it again."""
    found = finding.find(user_in(request), number)
    form = AnswerForm(request.POST, request.FILES, is_cut=was_cut(request))
    if not form.is_valid():
        return render(request, "portal/ticket.html", ticket_context(request, found, form), status=422)
    said = form.cleaned_data
    try:
        there = asking.answer(
            ticket=found,
            contact=contact_in(request),
            body=said["body"],
            files=said["attachments"],
            token=said["sending"],
            at=database_now(),
        )
    except ActionRefusedError as refusal:
        form.add_error(None, " ".join([refusal.message, *refusal.ways_on]))
        return render(request, "portal/ticket.html", ticket_context(request, found, form), status=422)
    messages.success(request, _("收到了，处理人马上能看到。"))
    return redirect(url_of(there) + "#answer")


@require_POST
@customers_only
def confirm(request: HttpRequest, number: str) -> HttpResponse:
    """Close a ticket that its customer finds solved; one that is closed already stays so."""
    found = finding.find(user_in(request), number)
    try:
        actions.close(ticket=found, actor=contact_in(request), at=database_now())
    except ActionRefusedError as refusal:
        messages.error(request, " ".join([refusal.message, *refusal.ways_on]))
    else:
        messages.success(request, _("谢谢确认，工单已关闭。"))
    return redirect(url_of(found))


@require_safe
@customers_only
def proof(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Show how a deadline was worked out."""
    found, at = finding.find(user_in(request), number), database_now()
    context = {"page": "tickets", "ticket": found, "url": url_of(found), "now": at}
    return render(request, "portal/proof.html", context | proof_context(_promise(found, pk, request, at)))


def _promise(found: Ticket, pk: int, request: HttpRequest, at: datetime) -> Promise:
    for promise in promises_of([found], at, user_in(request))[found.pk]:
        if promise.milestone.pk == pk:
            return promise
    raise Http404


@require_safe
@customers_only
def owed(request: HttpRequest) -> HttpResponse:
    """List everything that the contracts give, with its clause."""
    at = database_now()
    context = {"page": "rights", "contracts": rights.held_by(contact_in(request), at), "now": at}
    return render(request, "portal/rights.html", context)
