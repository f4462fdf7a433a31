"""The updates of one contract: how each product is updated, what lies ahead, what was asked for and taken."""

from datetime import datetime
from http import HTTPStatus
from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from plans.actions.updates.requests import Wanted, ask, may_be_asked
from plans.actions.updates.running import describe
from plans.models import Contact, Contract, OwnedProduct, User
from plans.updates.policies import right_to_updates
from plans.updates.reading import ahead, governed, packages_for
from plans.wording import clause_of, name_of
from sla.refusals import ActionRefusedError
from tickets.console.accounts.guard import for_account
from tickets.console.accounts.nav import account_page
from tickets.console.accounts.updates.forms import AskForm, RunningForm, as_it_runs
from tickets.showing.updates import BADGES, running_words, shown, size_words, standings

ROUTE = "updates"
AHEAD, LISTED = 12, 100


@require_safe
@for_account()
def updates_page(request: HttpRequest, contract: Contract, at: datetime) -> HttpResponse:
    """Show the updates of a contract."""
    right = right_to_updates(contract)
    requests = contract.update_requests.select_related("product")[:LISTED]
    context = {
        "clause": clause_of(right.item) if right else "",
        "standings": standings(governed(contract, at), at),
        "ahead": shown(ahead(contract, at, AHEAD), at),
        "requests": [(row, BADGES[row.state]) for row in requests],
        "packages": [(row, size_words(row)) for row in packages_for(contract, at)],
        "takings": contract.package_takings.select_related("package__product", "user")[:LISTED],
    }
    return account_page(request, contract, at, (ROUTE, "console/accounts/updates/contract.html"), context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_account(write=True)
def ask_page(request: HttpRequest, contract: Contract, at: datetime, pk: int) -> HttpResponse:
    """Ask for an update on a customer's behalf."""
    owned, form = _owned(contract, pk), AskForm(request.POST or None, label_suffix="")
    contacts = Contact.objects.active().filter(customer=contract.customer_id).order_by("pk")
    refusal, status = _told_no(contract, owned, at), HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            contact = contacts.filter(pk=_key(request.POST.get("contact", ""))).first()
            try:
                wanted = Wanted(owned, **form.cleaned_data)
                made = ask(wanted=wanted, contact=contact, actor=cast(User, request.user), at=at)
                messages.success(request, _("申请已提交。"))
                return redirect("console:accounts:update_request", made.number)
            except ActionRefusedError as refused:
                refusal, status = refused, HTTPStatus.CONFLICT
    context = {
        "form": form, "refusal": refusal, "owned": owned, "contacts": contacts,
        "title": _("申请更新：%s") % name_of(owned.product), "runs": running_words(owned),
    }  # fmt: skip
    return account_page(request, contract, at, (ROUTE, "console/accounts/updates/ask.html"), context, status=status)


def _told_no(contract: Contract, owned: OwnedProduct, at: datetime) -> ActionRefusedError | None:
    """Return why an update cannot be asked for, so that nobody fills in a form for nothing."""
    try:
        may_be_asked(contract, owned, at)
    except ActionRefusedError as refusal:
        return refusal
    return None


def _key(written: str) -> int:
    return int(written) if written.isdecimal() and len(written) < len(str(2**63)) else 0


@require_http_methods(["GET", "HEAD", "POST"])
@for_account(write=True)
def running_page(request: HttpRequest, contract: Contract, at: datetime, pk: int) -> HttpResponse:
    """Write down how a product runs."""
    owned = _owned(contract, pk)
    form = RunningForm(request.POST or None, initial=as_it_runs(owned), label_suffix="")
    status = HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            describe(
                owned=owned, running=form.running(), reason=form.cleaned_data["reason"],
                actor=cast(User, request.user), at=at,
            )  # fmt: skip
            messages.success(request, _("已记录，写进了合同的变更历史。"))
            return redirect("console:accounts:updates", contract.number)
    context = {
        "form": form, "refusal": None, "owned": owned, "title": _("怎么运行：%s") % name_of(owned.product),
        "runs": running_words(owned),
    }  # fmt: skip
    return account_page(request, contract, at, (ROUTE, "console/accounts/updates/running.html"), context, status=status)


def _owned(contract: Contract, pk: int) -> OwnedProduct:
    found = contract.owned_products.select_related("product", "contract__plan").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


urlpatterns = [
    path("<str:number>/updates/", updates_page, name="updates"),
    path("<str:number>/updates/<int:pk>/ask/", ask_page, name="updates_ask"),
    path("<str:number>/updates/<int:pk>/running/", running_page, name="updates_running"),
]
