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
from tickets.console.accounts.amending.acts import ACTS, BY_KEY, RESCIND, Act, Deed
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
def amend(request: HttpRequest, contract: Contract, at: datetime, act: str) -> HttpResponse:
    """Change one thing, or show it again with what is wrong; nothing typed is lost."""
    found = BY_KEY.get(act)
    if found is None:
        raise Http404
    form = found.form(contract, request.POST)
    refusal = _attempt(found, form, Deed(contract, cast(User, request.user), at))
    if refusal is None and form.is_valid():
        messages.success(request, _("合同 %s 已改，变更历史里多了一条。") % contract.number)
        return redirect("console:accounts:contract", contract.number)
    return _shown(request, Contract.objects.get(pk=contract.pk), at, (act, form, refusal))


def _attempt(act: Act, form: AmendForm, deed: Deed) -> ActionRefusedError | None:
    """Do what was asked if it was asked rightly, and return why it was refused, if it was."""
    if not form.is_valid():
        return None
    try:
        act.carry_out(deed, form)
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
    acts = [RESCIND, *ACTS] if key == RESCIND.key and form else ACTS
    context = {
        "acts": [_entry(act, contract, form if act.key == key else None, act.key == key) for act in acts],
        "refusal": refusal,
        "tried": key,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form else HTTPStatus.OK
    page = ("contract", "console/accounts/amend.html")
    return account_page(request, contract, at, page, context, status=status)


def _entry(act: Act, contract: Contract, form: AmendForm | None, is_open: bool) -> dict[str, Any]:
    return {
        "key": act.key,
        "name": act.name,
        "what": act.what,
        "form": form or act.form(contract, auto_id=f"id_{act.key}_%s"),
        "is_open": is_open,
        "url": reverse("console:accounts:amend", args=[contract.number, act.key]),
    }


urlpatterns = [
    path("<str:number>/amend/", amend_page, name="amend_page"),
    path("<str:number>/amend/<slug:act>/", amend, name="amend"),
]
