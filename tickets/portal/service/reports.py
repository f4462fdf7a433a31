"""Service reports that were delivered to a customer: the list, each as a page and as a file. Source: Y15, K10, K13"""

from datetime import datetime
from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from plans.models import Contract
from tickets.models import ServiceReport
from tickets.models.reports import ServiceReportQuerySet
from tickets.portal.guard import user_in
from tickets.portal.service.guard import for_service
from tickets.portal.service.nav import service_page
from tickets.printing.press import PrintingError
from tickets.reports.shape import from_json
from tickets.showing.report.file import sent
from tickets.showing.report.listing import Line, lines_of
from tickets.showing.report.reading import read

LIST, PAGE = "portal/service/reports/list.html", "portal/service/reports/report.html"


@require_safe
@for_service
def reports_page(request: HttpRequest, contract: Contract, at: datetime) -> HttpResponse:
    """Show the reports that were delivered, the newest in front; of each the last version."""
    return service_page(request, contract, at, ("reports", LIST), {"lines": _lines(request, contract)})


@require_safe
@for_service
def report_page(request: HttpRequest, contract: Contract, at: datetime, code: str, version: int = 0) -> HttpResponse:
    """Show one report; the last version that was delivered unless another is named."""
    row = _found(request, contract, code, version)
    versions = list(_seen(request, contract).filter(code=code).order_by("-version"))
    context = {
        "row": row,
        "reading": read(from_json(row.content or {})),
        "versions": versions if len(versions) > 1 else [],
        "newer": versions[0] if versions[0].version > row.version else None,
    }
    return service_page(request, contract, at, ("reports", PAGE), context)


@require_safe
@for_service
def report_file(request: HttpRequest, contract: Contract, at: datetime, code: str, version: int) -> HttpResponse:
    """Send one report as PDF."""
    row = _found(request, contract, code, version)
    try:
        return sent(row)
    except PrintingError:
        messages.error(request, _("这份报告的 PDF 暂时无法生成，内容都在这一页上。请稍后再试。"))
        back = redirect("portal:service:report_version", contract.number, code, version)
        back.status_code = HTTPStatus.SEE_OTHER
        return back


def _seen(request: HttpRequest, contract: Contract) -> ServiceReportQuerySet:
    return ServiceReport.objects.visible_to(user_in(request)).filter(contract=contract)


def _lines(request: HttpRequest, contract: Contract) -> list[Line]:
    return lines_of(_seen(request, contract))


def _found(request: HttpRequest, contract: Contract, code: str, version: int) -> ServiceReport:
    """Return a report that the reader may see. Raises Http404 for any other."""
    rows = _seen(request, contract).order_by("-version")
    named = {"version": version} if version else {}
    found = None if "\0" in code else rows.filter(code=code, **named).first()
    if found is None:
        raise Http404
    return found


urlpatterns = [
    path("<str:number>/reports/", reports_page, name="reports"),
    path("<str:number>/reports/<str:code>/", report_page, name="report"),
    path("<str:number>/reports/<str:code>/v<int:version>/", report_page, name="report_version"),
    path("<str:number>/reports/<str:code>/v<int:version>/pdf/", report_file, name="report_file"),
]
