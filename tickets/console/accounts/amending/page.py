"""The page on which a contract is changed."""

from datetime import datetime
from http import HTTPStatus
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from plans.models import Contract, User
from sla.refusals import ActionRefusedError
from tickets.console.accounts.amending.deeds import BY_KEY, DEEDS, RESCIND, Deed, Doing
from tickets.console.accounts.amending.forms import AmendForm
from tickets.console.accounts.guard import for_account
from tickets.console.accounts.nav import account_page


@require_safe
@for_account(amend=True)
def amend_page(request: HttpRequest, contract: Contract, at: datetime) -> HttpResponse:
    """Show everything that may be changed; what `open` names is unfolded."""
    return _shown(request, contract, at, (request.GET.get("open", ""), None, None))


@require_POST
@for_account(amend=True)
def amend(request: HttpRequest, contract: Contract, at: datetime, deed: str) -> HttpResponse:
    """Change one thing, or show it again with what is wrong; nothing typed is lost."""
    found = BY_KEY.get(deed)
    if found is None:
        raise Http404
    form = found.form(contract, request.POST)
    refusal = _attempt(found, form, Doing(contract, cast(User, request.user), at))
    if refusal is None and form.is_valid():
        messages.success(request, _("合同 %s 已改，变更历史里多了一条。") % contract.number)
        return redirect("console:accounts:contract", contract.number)
    return _shown(request, Contract.objects.get(pk=contract.pk), at, (deed, form, refusal))


def _attempt(deed: Deed, form: AmendForm, doing: Doing) -> ActionRefusedError | None:
    """Do what was asked if it was asked rightly, and return why it was refused, if it was."""
    if not form.is_valid():
        return None
    try:
        deed.carry_out(doing, form)
    except ActionRefusedError as refusal:
        return refusal
    return None


def _shown(
    request: HttpRequest,
    contract: Contract,
    at: datetime,
    tried: tuple[str, AmendForm | None, ActionRefusedError | None],
) -> HttpResponse:
    key, form, refusal = tried
    deeds = [RESCIND, *DEEDS] if key == RESCIND.key and form else DEEDS
    context = {
        "deeds": [_entry(deed, contract, form if deed.key == key else None, deed.key == key) for deed in deeds],
        "refusal": refusal,
        "tried": key,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form else HTTPStatus.OK
    page = ("contract", "console/accounts/amend.html")
    return account_page(request, contract, at, page, context, status=status)


def _entry(deed: Deed, contract: Contract, form: AmendForm | None, is_open: bool) -> dict[str, Any]:
    return {
        "key": deed.key,
        "name": deed.name,
        "what": deed.what,
        "form": form or deed.form(contract, auto_id=f"id_{deed.key}_%s"),
        "is_open": is_open,
        "url": reverse("console:accounts:amend", args=[contract.number, deed.key]),
    }


urlpatterns = [
    path("<str:number>/amend/", amend_page, name="amend_page"),
    path("<str:number>/amend/<slug:deed>/", amend, name="amend"),
]
