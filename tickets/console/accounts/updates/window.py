"""One window: when, for whom, who was told, what happened, and what can be done with it; and a new one by hand."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.views.decorators.http import require_http_methods

from plans.accounts import zone_named
from plans.actions.updates.windows import add
from plans.models import AccountNotice, UpdateWindow
from plans.updates.reading import affected, find_window
from sla.refusals import ActionRefusedError
from tickets.console.accounts.guard import SEE_ALL, accounts_of
from tickets.console.accounts.nav import desk_page
from tickets.console.accounts.updates.acting import acted
from tickets.console.accounts.updates.acts import WINDOW, offered
from tickets.console.accounts.updates.forms import WindowForm
from tickets.console.guard import Reader, agents_only
from tickets.engagement_forms import Attempt
from tickets.rounds.account_notices import NOBODY
from tickets.showing.updates import journal_of, shown

ROUTE = "updates_desk"
LISTED = 100


def operators_only(page: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Return a page whose forms only those who answer for all accounts may send; others of us read."""

    @wraps(page)
    def guarded(request: HttpRequest, reader: Reader, *args: object, **more: object) -> HttpResponse:
        if request.method == "POST" and reader.user.role not in SEE_ALL:
            raise PermissionDenied
        return page(request, reader, *args, **more)

    return agents_only(guarded)


@require_http_methods(["GET", "HEAD", "POST"])
@operators_only
def window_page(request: HttpRequest, reader: Reader, code: str) -> HttpResponse:
    """Show a window, or do something with it."""
    window = find_window(code)
    if window is None:
        raise Http404

    def again(attempt: Attempt, status: int) -> HttpResponse:
        return _shown(request, reader, window, attempt, status)

    if request.method == "POST":
        return acted(request, reader, window, WINDOW, again)
    return again(Attempt(), HTTPStatus.OK)


def _shown(
    request: HttpRequest, reader: Reader, window: UpdateWindow, attempt: Attempt, status: int
) -> HttpResponse:  # fmt: skip
    [one] = shown([window], reader.at)
    mine = accounts_of(reader.user)
    told = AccountNotice.objects.filter(
        key__startswith=f"update_window:{window.pk}:{window.sequence}:", contract__in=mine
    )  # fmt: skip
    concerned = affected(window, reader.at).filter(pk__in=mine)
    may_operate = reader.user.role in SEE_ALL
    context = {
        "one": one,
        "window": window,
        "journal": journal_of(window),
        "acts": offered(window, WINDOW, (attempt.name, attempt.form)) if may_operate else [],
        "refusal": attempt.refusal,
        "concerned": concerned.count() if window.is_open else 0,
        "contracts": concerned.select_related("customer")[:LISTED],
        "told": told.count(),
        "unheard": told.filter(error=NOBODY).select_related("contract__customer")[:LISTED],
    }
    return desk_page(request, reader, (ROUTE, "console/accounts/updates/window.html"), context, status)


@require_http_methods(["GET", "HEAD", "POST"])
@operators_only
def window_new(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Set a window by hand."""
    if reader.user.role not in SEE_ALL:
        raise PermissionDenied
    form = WindowForm(request.POST or None, zone=zone_named(reader.user.timezone), label_suffix="")
    refusal, status = None, HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            try:
                made = add(planned=form.planned(), actor=reader.user, at=reader.at)
                return redirect("console:accounts:update_window", made.number)
            except ActionRefusedError as refused:
                refusal, status = refused, HTTPStatus.CONFLICT
    context = {"form": form, "refusal": refusal}
    return desk_page(request, reader, (ROUTE, "console/accounts/updates/window_new.html"), context, status)


urlpatterns = [
    path("-/updates/new/", window_new, name="update_window_new"),
    path("-/updates/windows/<slug:code>/", window_page, name="update_window"),
]
