"""How a page of a window or a request does what was asked of it, and loses nothing that was typed."""

from collections.abc import Callable, Mapping
from http import HTTPStatus

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from sla.refusals import ActionRefusedError
from tickets.console.accounts.updates.acts import Act, Deed, Thing
from tickets.console.guard import Reader
from tickets.engagement_forms import Attempt

# Shows the page again, with what was tried.
Again = Callable[[Attempt, int], HttpResponse]


def acted(
    request: HttpRequest, reader: Reader, thing: Thing, acts: Mapping[str, Act], again: Again
) -> HttpResponse:  # fmt: skip
    """Do the act that was sent and go back to the page; a mistake or a refusal shows it again with its form."""
    name = request.POST.get("action", "")
    if name not in acts:
        raise Http404
    form: forms.Form = acts[name].form(thing, request.POST)
    if not form.is_valid():
        return again(Attempt(name, form), HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        acts[name].does(Deed(thing, form, reader.user, reader.at))
    except ActionRefusedError as refusal:
        return again(Attempt(name, form, refusal), HTTPStatus.CONFLICT)
    messages.success(request, str(acts[name].done))
    return redirect(request.path)
