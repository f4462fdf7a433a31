"""One version of a service report: read, and what may be done with it as it stands."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any, NamedTuple, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from plans.models import Contract, User
from plans.wording import name_of
from sla.refusals import ActionRefusedError
from tickets.actions.reports import deliver, remake, retry, say, withdraw
from tickets.console.accounts.guard import for_account
from tickets.console.accounts.nav import account_page
from tickets.models import ServiceReport
from tickets.printing.press import PrintingError
from tickets.reports.shape import from_json
from tickets.showing.report.file import sent
from tickets.showing.report.listing import BADGES, kind_title
from tickets.showing.report.reading import read

PAGE, STATE = "console/accounts/reports/report.html", "console/accounts/reports/_state.html"
State = ServiceReport.State
Refusal = ActionRefusedError | None
UNDER_WAY = (State.QUEUED, State.MAKING)
RELATED = ("contract", "entitlement__item", "obligation", "requested_by", "delivered_by", "withdrawn_by")
# What may be done with a version in each state; what was replaced can only be taken back.
MAY = {
    State.READY: ("say", "deliver", "remake", "withdraw"),
    State.DELIVERED: ("remake", "withdraw"),
    State.WITHDRAWN: ("remake",),
    State.FAILED: ("retry", "withdraw"),
}


@require_safe
@for_account()
def report_page(request: HttpRequest, contract: Contract, at: datetime, code: str, version: int) -> HttpResponse:
    """Show one version of a report; while it is being made, how far that is."""
    return _shown(request, contract, at, _found(contract, code, version))


@require_safe
@for_account()
def state(request: HttpRequest, contract: Contract, at: datetime, code: str, version: int) -> HttpResponse:
    """Show how far a report is, for a page that waits for it."""
    row = _found(contract, code, version)
    return render(request, STATE, {"row": row, "is_under_way": row.state in UNDER_WAY})


@require_safe
@for_account()
def file(request: HttpRequest, contract: Contract, at: datetime, code: str, version: int) -> HttpResponse:
    """Send one version as PDF."""
    row = _found(contract, code, version)
    if row.content is None:
        raise Http404
    try:
        return sent(row)
    except PrintingError as error:
        messages.error(request, _("PDF 没有生成：%(why)s") % {"why": error})
        return redirect("console:accounts:report", contract.number, code, version)


@require_POST
@for_account(write=True)
def act(request: HttpRequest, contract: Contract, at: datetime, code: str, version: int) -> HttpResponse:
    """Do one thing with a version; what is refused is told above what was typed."""
    row = _found(contract, code, version)
    deed = DEEDS.get(request.POST.get("action", ""))
    if deed is None:
        raise Http404
    try:
        done, words = deed(row, _typed(request), cast(User, request.user), at)
    except ActionRefusedError as refused:
        return _shown(request, contract, at, _found(contract, code, version), refused)
    messages.success(request, words)
    return redirect("console:accounts:report", contract.number, done.code, done.version)


class Typed(NamedTuple):
    """The words of a form, and those that stood there when it was opened."""

    words: str
    read: str


def _typed(request: HttpRequest) -> Typed:
    """Return what was typed as it can be kept."""
    return Typed(*(request.POST.get(name, "").replace("\r\n", "\n").replace("\0", "") for name in Typed._fields))


def _say(row: ServiceReport, typed: Typed, actor: User, at: datetime) -> tuple[ServiceReport, str]:
    return say(report=row, words=typed.words, read=typed.read, actor=actor, at=at), _("已保存，PDF 正在重新生成。")


def _deliver(row: ServiceReport, typed: Typed, actor: User, at: datetime) -> tuple[ServiceReport, str]:
    return deliver(report=row, actor=actor, at=at), _("已交付：客户会收到邮件，门户里也能看到。")


def _remake(row: ServiceReport, typed: Typed, actor: User, at: datetime) -> tuple[ServiceReport, str]:
    return remake(report=row, actor=actor, at=at), _("正在生成新的一版，这一版保持原样。")


def _retry(row: ServiceReport, typed: Typed, actor: User, at: datetime) -> tuple[ServiceReport, str]:
    return retry(report=row, actor=actor, at=at), _("正在重新生成。")


def _withdraw(row: ServiceReport, typed: Typed, actor: User, at: datetime) -> tuple[ServiceReport, str]:
    return withdraw(report=row, reason=typed.words, actor=actor, at=at), _("已撤回。")


Deed = Callable[[ServiceReport, Typed, User, datetime], tuple[ServiceReport, str]]
DEEDS: dict[str, Deed] = {
    "say": _say, "deliver": _deliver, "remake": _remake, "retry": _retry, "withdraw": _withdraw,
}  # fmt: skip


def _found(contract: Contract, code: str, version: int) -> ServiceReport:
    """Return one version. Raises Http404 for one that the contract does not have."""
    rows = contract.reports.select_related(*RELATED).filter(version=version)
    found = None if "\0" in code else rows.filter(code=code).first()
    if found is None:
        raise Http404
    return found


def _shown(
    request: HttpRequest,
    contract: Contract,
    at: datetime,
    row: ServiceReport,
    refusal: ActionRefusedError | None = None,
) -> HttpResponse:
    versions = list(contract.reports.defer("content").filter(code=row.code).order_by("-version"))
    is_latest = versions[0].pk == row.pk
    reading = read(from_json(row.content)) if row.content else None
    context: dict[str, Any] = {
        "row": row,
        "by": _by(row),
        "reading": reading,
        "title": reading.title if reading else kind_title(row),
        "badge": BADGES[State(row.state)],
        "versions": versions,
        "newer": None if is_latest else versions[0],
        "may": MAY.get(State(row.state), ()) if is_latest else _if_replaced(row),
        "is_under_way": row.state in UNDER_WAY,
        "refusal": refusal,
        "tried": request.POST.get("action", ""),
        "typed": request.POST.get("words", "") if refusal else row.words,
    }
    status = HTTPStatus.CONFLICT if refusal else HTTPStatus.OK
    return account_page(request, contract, at, ("reports", PAGE), context, status=status)


def _by(row: ServiceReport) -> str:
    """Return who did the last thing with a report; whoever has left since has no name any more."""
    user = row.withdrawn_by if row.state == State.WITHDRAWN else row.delivered_by
    return name_of(user) if user else "—"


def _if_replaced(row: ServiceReport) -> tuple[str, ...]:
    return ("withdraw",) if row.state in (State.READY, State.DELIVERED) else ()


urlpatterns = [
    path("<str:number>/reports/<str:code>/v<int:version>/", report_page, name="report"),
    path("<str:number>/reports/<str:code>/v<int:version>/state/", state, name="report_state"),
    path("<str:number>/reports/<str:code>/v<int:version>/pdf/", file, name="report_file"),
    path("<str:number>/reports/<str:code>/v<int:version>/act/", act, name="report_act"),
]
