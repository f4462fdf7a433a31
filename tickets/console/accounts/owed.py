"""What one contract owes by when, and the acts that settle it: delivered, waived, taken back, agreed anew."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from plans.actions import obligations
from plans.models import Contract, Obligation, User
from plans.obligations.reads import standing
from plans.obligations.schedule import MOST_A_YEAR, Frequency, Period
from plans.terms import local_date
from plans.wording import clause_of, worded
from sla.refusals import ActionRefusedError
from tickets.console.accounts.guard import for_account
from tickets.console.accounts.nav import account_page
from tickets.showing.owed import shown, shown_lines

PAGE, FORM = "console/accounts/owed.html", "console/accounts/owed_form.html"
PERIODS = [
    (Period.YEAR, pgettext_lazy("period", "年")),
    (Period.HALF_YEAR, pgettext_lazy("period", "半年")),
    (Period.QUARTER, pgettext_lazy("period", "季度")),
    (Period.MONTH, pgettext_lazy("period", "月")),
    (Period.TERM, pgettext_lazy("period", "服务期")),
]


class DeliveryForm(forms.Form):
    """When it was delivered, and what shows it."""

    on = forms.DateField(
        label=gettext_lazy("交付日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    ref = forms.CharField(
        label=gettext_lazy("交付记录"), max_length=64,
        help_text=gettext_lazy("服务单号、报告编号，或一句话说明交付了什么。"),
    )  # fmt: skip


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        label=gettext_lazy("理由"), max_length=400, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("客户在门户里看得到这句话。"),
    )  # fmt: skip


class FrequencyForm(ReasonForm):
    """How often, and where that was agreed."""

    times = forms.IntegerField(label=gettext_lazy("次数"), min_value=1, max_value=MOST_A_YEAR)
    period = forms.ChoiceField(label=gettext_lazy("每"), choices=PERIODS)
    field_order = ("times", "period", "reason")


@require_safe
@for_account()
def owed_page(request: HttpRequest, contract: Contract, at: datetime) -> HttpResponse:
    """Show what a contract owes by when, and how it was kept."""
    return account_page(request, contract, at, ("owed", PAGE), {"lines": shown_lines(contract, at)})


@require_http_methods(["GET", "HEAD", "POST"])
@for_account(write=True)
def deliver(request: HttpRequest, contract: Contract, at: datetime, pk: int) -> HttpResponse:
    """Note something as delivered on a day up to today."""
    row, today = _row(contract, pk), local_date(contract, at)
    form = _made(DeliveryForm, request, {"on": today})
    form.fields["on"].widget.attrs["max"] = today.isoformat()

    def act() -> str:
        said = form.cleaned_data
        if said["on"] > today:
            raise ActionRefusedError("not_yet", _("交付日期不能晚于今天。"))
        met = obligations.meet_on(obligation=row, ref=said["ref"], on=said["on"], at=at, actor=_user(request))
        return _("已登记：按期交付。") if met.state == Obligation.State.MET else _("已登记：逾期交付。")

    return _acted(request, contract, at, (_("登记交付"), form, row), act)


@require_http_methods(["GET", "HEAD", "POST"])
@for_account(write=True)
def waive(request: HttpRequest, contract: Contract, at: datetime, pk: int) -> HttpResponse:
    """Let something go that both sides agree not to deliver any more."""
    row, form = _row(contract, pk), _made(ReasonForm, request, {})

    def act() -> str:
        obligations.waive(obligation=row, reason=form.cleaned_data["reason"], at=at, actor=_user(request))
        return _("已豁免。")

    return _acted(request, contract, at, (_("豁免"), form, row), act)


@require_http_methods(["GET", "HEAD", "POST"])
@for_account(write=True)
def take_back(request: HttpRequest, contract: Contract, at: datetime, pk: int) -> HttpResponse:
    """Owe again what was noted by mistake."""
    row, form = _row(contract, pk), _made(ReasonForm, request, {})

    def act() -> str:
        obligations.take_back(obligation=row, reason=form.cleaned_data["reason"], at=at, actor=_user(request))
        return _("已撤回，这一项重新待交付。")

    return _acted(request, contract, at, (_("撤回登记"), form, row), act)


@require_http_methods(["GET", "HEAD", "POST"])
@for_account(amend=True)
def agree(request: HttpRequest, contract: Contract, at: datetime, right: int, line: str = "") -> HttpResponse:
    """Set how often something is owed under this contract. Source: Y20, Y22, K10"""
    entitlement = contract.entitlements.select_related("item", "contract").filter(pk=right).first()
    found = [said for said in entitlement.item.frequency if said["line"] == line] if entitlement else []
    if entitlement is None or not found:
        raise Http404
    form = _made(FrequencyForm, request, {"times": 1, "period": Period.QUARTER})

    def act() -> str:
        said = form.cleaned_data
        obligations.agree_frequency(
            entitlement=entitlement, line=line, frequency=Frequency(said["times"], Period(said["period"])),
            reason=said["reason"], actor=_user(request), at=at,
        )  # fmt: skip
        return _("已约定，以后的日期已排定。")

    about = {"what": worded(found[0], "what"), "clause": clause_of(entitlement.item)}
    return _acted(request, contract, at, (_("约定频次"), form, about), act)


Asked = tuple[str, forms.Form, Obligation | dict[str, str]]


def _acted(
    request: HttpRequest, contract: Contract, at: datetime, asked: Asked, act: Callable[[], str]
) -> HttpResponse:
    """Show a form, or do what it says and go back; a refusal stands above what was typed."""
    title, form, about = asked
    refusal, status = None, HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            try:
                messages.success(request, act())
                return redirect("console:accounts:owed", contract.number)
            except ActionRefusedError as refused:
                refusal, status = refused, HTTPStatus.CONFLICT
    context = {"title": title, "form": form, "refusal": refusal, "about": _about(about, at)}
    return account_page(request, contract, at, ("owed", FORM), context, status=status)


def _about(about: Obligation | dict[str, str], at: datetime) -> dict[str, Any]:
    """Return what a form is about."""
    if isinstance(about, dict):
        return about
    [one] = shown(standing(Obligation.objects.filter(pk=about.pk), at), at)
    return {"what": one.what, "clause": clause_of(about.item), "one": one}


def _made(kind: type[forms.Form], request: HttpRequest, initial: dict[str, Any]) -> Any:
    return kind(request.POST or None, initial=initial, label_suffix="")


def _row(contract: Contract, pk: int) -> Obligation:
    rows = contract.obligations.exclude(state=Obligation.State.CANCELLED).select_related("item", "contract")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


urlpatterns = [
    path("<str:number>/owed/", owed_page, name="owed"),
    path("<str:number>/owed/<int:pk>/deliver/", deliver, name="owed_deliver"),
    path("<str:number>/owed/<int:pk>/waive/", waive, name="owed_waive"),
    path("<str:number>/owed/<int:pk>/take-back/", take_back, name="owed_take_back"),
    path("<str:number>/owed/rights/<int:right>/agree/", agree, name="owed_agree"),
    path("<str:number>/owed/rights/<int:right>/agree/<slug:line>/", agree, name="owed_agree_line"),
]
