"""A contract is signed or renewed in two steps: say what it is to be, look at what it comes to, sign."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from plans.actions.contracts import Agreed, Owned, sign
from plans.actions.history import Decided
from plans.actions.previewing import Preview, preview
from plans.actions.renewing import Renewal, renew, starts_after
from plans.models import Contract, Plan, User
from plans.overlaps import words_of
from plans.quotas.windows import anniversary
from plans.wording import name_of
from sla.refusals import ActionRefusedError
from tickets.console.accounts import fields
from tickets.console.accounts.choosing import customers
from tickets.console.accounts.guard import amenders_only, for_account
from tickets.console.accounts.nav import account_page, desk_page
from tickets.console.accounts.signing_form import Lines, SignForm
from tickets.console.guard import Reader


class RenewForm(forms.Form):
    """The contract that follows another."""

    use_required_attribute = False

    number = forms.CharField(label=_("新的合同号"), max_length=40, error_messages=fields.REQUIRED)
    ends_on = fields.day(_("服务期至"), why=_("含当日。"))
    plan = fields.Named(
        Plan.objects.current(), label=_("成功计划"), required=False, empty_label=_("同一计划的现行版本")
    )
    keeps_agreed = forms.BooleanField(
        label=_("沿用没有截止日的约定和合同选项"), required=False, initial=True,
        help_text=_("有截止日的约定不带到下一期。"),
    )  # fmt: skip
    reason = fields.reason(required=False)

    def __init__(self, contract: Contract, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        offered: Any = self.fields["plan"]
        offered.queryset = Plan.objects.current().filter(vendor=contract.plan.vendor).order_by("-rank")


@dataclass(frozen=True)
class Step:
    """Where one is: what was asked to be signed, what it comes to, why it cannot be."""

    found: Preview | None = None
    refusal: ActionRefusedError | None = None
    signed: Contract | None = None


@amenders_only
def sign_page(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Take in a new contract, show what it comes to, and sign it when that was looked at."""
    asked = request.GET
    begun = {"customer": asked.get("customer", ""), "plan": asked.get("plan", ""), "picks": asked.getlist("picks")}
    form, lines = SignForm(request.POST or None, initial=begun), Lines(request.POST or None, prefix="products")
    step = Step()
    if request.method == "POST" and form.is_valid() and lines.is_valid():
        step = _go_on(
            request, partial(_sign, form, lines, Decided(reader.user, reader.at, form.cleaned_data["reason"]))
        )
    if step.signed:
        return _signed(request, step.signed)
    context = {"form": form, "lines": lines, **_told(step)}
    page = ("list", "console/accounts/sign.html")
    return desk_page(request, reader, page, context, _status(request, step))


@require_safe
@amenders_only
def sign_picks(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Return what the plan that was chosen lets pick; nothing where it is sold as a whole."""
    form = SignForm(initial={"plan": request.GET.get("plan", "")})
    return render(request, "console/accounts/_picks.html", {"field": form.picks_field})


@for_account(amend=True)
def renew_page(request: HttpRequest, contract: Contract, at: datetime) -> HttpResponse:
    """Take in the contract that follows, show what it comes to, and sign it when that was looked at."""
    decided = Decided(cast(User, request.user), at)
    first = starts_after(contract, decided)
    form = RenewForm(contract, request.POST or None)
    if request.method == "GET":
        form.initial = {"ends_on": anniversary(first, 1) - timedelta(days=1), "keeps_agreed": True}
    step = Step()
    if request.method == "POST" and form.is_valid():
        said = dict(form.cleaned_data)
        decided = Decided(decided.actor, at, said.pop("reason"))
        step = _go_on(request, partial(renew, contract=contract, renewal=Renewal(**said), decided=decided))
    if step.signed:
        return _signed(request, step.signed)
    context = {"form": form, "first": first, **_told(step)}
    page = ("contract", "console/accounts/renew.html")
    return account_page(request, contract, at, page, context, status=_status(request, step))


def _sign(form: Any, lines: Any, decided: Decided) -> Contract:
    said = form.cleaned_data
    owned = tuple(Owned(**line) for line in (row.cleaned_data for row in lines) if line.get("product"))
    agreed = Agreed(said["timezone"], said["branch"], said["team"], owned, form.seats, form.picks, None, decided)
    terms = {name: said[name] for name in ("customer", "plan", "number", "starts_on", "ends_on")}
    return sign(**terms, agreed=agreed)


def _go_on(request: HttpRequest, signing: Any) -> Step:
    """Sign where it was looked at, else show what it would come to."""
    try:
        if request.POST.get("step") == "sign":
            return Step(signed=signing())
        return Step(found=preview(signing))
    except ActionRefusedError as refusal:
        return Step(refusal=refusal)


def _told(step: Step) -> dict[str, Any]:
    found = step.found
    return {
        "found": found,
        "refusal": step.refusal,
        "overlaps": [words_of(one) for one in found.overlaps] if found else [],
        "plan_name": name_of(found.contract.plan) if found else "",
    }


def _status(request: HttpRequest, step: Step) -> int:
    return HTTPStatus.OK if request.method == "GET" or step.found else HTTPStatus.UNPROCESSABLE_ENTITY


def _signed(request: HttpRequest, contract: Contract) -> HttpResponse:
    messages.success(request, gettext("合同 %s 已签。") % contract.number)
    return redirect("console:accounts:contract", contract.number)


urlpatterns = [
    path("-/sign/", sign_page, name="sign"),
    path("-/customers/", customers, name="customers"),
    path("-/sign/picks/", sign_picks, name="sign_picks"),
    path("<str:number>/renew/", renew_page, name="renew"),
]
