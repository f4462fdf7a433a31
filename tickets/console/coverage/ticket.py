"""What a ticket's plan answered each time it was asked, and deciding otherwise."""

import secrets
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from sla.refusals import ActionRefusedError
from tickets.actions import ticket as actions
from tickets.actions.ticket.overriding import LONGEST_REASON, SHORTEST_REASON
from tickets.actions.ticket.weighing import SAID
from tickets.console.acts import Act, Deed, Kind, carry_out
from tickets.console.guard import Reader, agents_only
from tickets.console.rail import rail, view_named
from tickets.console.ticket_page import Desk, find_ticket
from tickets.console.views import shown as page_shown
from tickets.models import Ticket
from tickets.models.decisions import Outcome
from tickets.showing.coverage import shown

RELATED = ("contact", "product", "contract", "plan", "actor")


DECIDED = [(code, name) for code, name in Outcome.choices if code in SAID]


class OverrideForm(Act):
    """What is decided in the plan's place, and why."""

    outcome = forms.ChoiceField(
        choices=DECIDED,
        error_messages={"required": gettext_lazy("请选一个结论。")},
    )
    reason = forms.CharField(
        max_length=LONGEST_REASON,
        error_messages={"required": gettext_lazy("请写明理由。"), "max_length": gettext_lazy("理由太长了。")},
    )


def _override(deed: Deed) -> Ticket:
    return actions.override(**deed.who, **deed.said)


OVERRIDE = Kind(OverrideForm, _override, gettext_lazy("已改判，组长会收到通知。"))


@require_http_methods(["GET", "HEAD", "POST"])
@agents_only
def decisions_page(request: HttpRequest, reader: Reader, number: str) -> HttpResponse:
    """Show what the plan answered to a ticket; posted, decide otherwise. A refusal keeps what was typed."""
    ticket = find_ticket(number, reader)
    form = OverrideForm(request.POST or None)
    if request.method != "POST":
        return _page(request, ticket, reader, {"form": form})
    if not form.is_valid():
        return _page(request, ticket, reader, {"form": form})
    try:
        carry_out(OVERRIDE, Deed(ticket, form.cleaned_data, reader), request.POST.get("sending", "")[:64])
    except ActionRefusedError as refusal:
        return _page(request, ticket, reader, {"form": form, "refusal": refusal})
    messages.success(request, str(OVERRIDE.done))
    return redirect("console:decisions", ticket.number)


def _page(request: HttpRequest, ticket: Ticket, reader: Reader, said: dict[str, Any]) -> HttpResponse:
    desk = Desk(ticket, reader, view_named(request.GET.get("view", "")))
    context = {
        **rail(reader, desk.view),
        **desk.head(),
        "decisions": shown(ticket.decisions.select_related(*RELATED)),
        "outcomes": [(code, name) for code, name in DECIDED if code != ticket.outcome],
        "may_override": not ticket.is_ended,
        "shortest": SHORTEST_REASON,
        "sending": secrets.token_urlsafe(12),
        **said,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK
    return page_shown(request, "console/coverage/ticket.html", context, status)


urlpatterns = [path("tickets/<str:number>/coverage/", decisions_page, name="decisions")]
