"""The service reports of one contract, what is owed of them, and the form that asks for one. Source: Y15, K10, K13"""

import re
from datetime import date, datetime, timedelta
from http import HTTPStatus
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from plans.models import Contract, Obligation, User
from plans.models.people import Language
from plans.report_kinds import kinds_of
from plans.terms import last_day, local_date
from plans.wording import is_english
from sla.refusals import ActionRefusedError
from tickets.actions.reports import Asked, ask_for
from tickets.actions.reports.drafting import language_of, start_of
from tickets.console.accounts.fields import REQUIRED, day
from tickets.console.accounts.guard import for_account
from tickets.console.accounts.nav import account_page
from tickets.showing.report.listing import lines_of
from tickets.showing.report.words import said_of

LIST, FORM = "console/accounts/reports/list.html", "console/accounts/reports/new.html"
# Reports that are owed next, each with a shortcut that fills the form.
SHORTCUTS = 4
OBLIGATION = re.compile(r"[0-9]{1,18}")


class ReportForm(forms.Form):
    """Which report, about when, in which language."""

    kind = forms.ChoiceField(label=gettext_lazy("报告"), error_messages=REQUIRED)
    starts_on = day(gettext_lazy("期间自"))
    ends_on = day(gettext_lazy("期间至"), why=gettext_lazy("含当日。"))
    language = forms.ChoiceField(
        label=gettext_lazy("语言"), choices=Language, help_text=gettext_lazy("PDF 用这种语言；网页随读者的语言。")
    )

    def __init__(self, contract: Contract, *args: Any, **more: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **more})
        field = "title_en" if is_english() else "title"
        kinds = [(code, kind[field]) for code, (kind, _right) in kinds_of(contract).items()]
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]


@require_safe
@for_account()
def reports_page(request: HttpRequest, contract: Contract, at: datetime) -> HttpResponse:
    """Show a contract's reports, the newest in front, and those that are owed next."""
    context = {"lines": lines_of(contract.reports.all()), "owed": _owed(contract)}
    return account_page(request, contract, at, ("reports", LIST), context)


def _owed(contract: Contract) -> list[dict[str, Any]]:
    """Return the reports that are owed next and that nobody began."""
    rows = contract.obligations.filter(state=Obligation.State.OWED).exclude(item__report={}).filter(reports=None)
    return [
        {"row": row, "what": said_of(row.item.report, "title"), "starts_on": start_of(row, row.item.report)}
        for row in rows.select_related("contract", "item", "entitlement").order_by("due_on", "pk")[:SHORTCUTS]
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@for_account(write=True)
def new(request: HttpRequest, contract: Contract, at: datetime) -> HttpResponse:
    """Ask for a report; what is refused is told, and nothing typed is lost."""
    owed = _chosen(request, contract)
    form = ReportForm(contract, request.POST or None, initial=_first(contract, owed, local_date(contract, at)))
    refusal, status = None, HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            try:
                report = ask_for(
                    asked=Asked(contract, **form.cleaned_data, obligation=owed), actor=_user(request), at=at
                )
            except ActionRefusedError as error:
                refusal, status = error, HTTPStatus.CONFLICT
            else:
                messages.success(request, _("正在生成，完成后您会收到通知。"))
                return redirect("console:accounts:report", contract.number, report.code, report.version)
    context = {"form": form, "refusal": refusal, "owed": owed}
    return account_page(request, contract, at, ("reports", FORM), context, status=status)


def _chosen(request: HttpRequest, contract: Contract) -> Obligation | None:
    """Return what a report is asked for, where it is asked for something owed."""
    key = request.GET.get("owed", "")
    rows = contract.obligations.exclude(item__report={}).select_related("contract", "item", "entitlement")
    return rows.filter(pk=int(key), entitlement__isnull=False).first() if OBLIGATION.fullmatch(key) else None


def _first(contract: Contract, owed: Obligation | None, today: date) -> dict[str, Any]:
    """Return what the form proposes: the time of what is owed, else the term up to yesterday."""
    said = {"language": language_of(contract)}
    if owed is not None:
        kind = owed.item.report
        return {**said, "kind": kind["code"], "starts_on": start_of(owed, kind), "ends_on": owed.due_on}
    ends_on = max(min(today - timedelta(days=1), last_day(contract)), contract.starts_on)
    return {**said, "starts_on": contract.starts_on, "ends_on": ends_on}


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


urlpatterns = [
    path("<str:number>/reports/", reports_page, name="reports"),
    path("<str:number>/reports/new/", new, name="report_new"),
]
