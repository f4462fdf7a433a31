"""Making a service report: its figures, then its print; and giving up on one with what went wrong."""

from datetime import datetime

from django.utils.translation import gettext as _

from plans.actions.news import tell
from plans.keeping import store
from plans.refusals import RefusedError
from plans.report_kinds import kinds_of
from tickets.models import ServiceReport
from tickets.reports.composing import Wanted, compose
from tickets.reports.shape import from_json, to_json
from tickets.showing.report.paper import report_pdf

State = ServiceReport.State
# Who reads a draft before the customer does. Source: Y22, K10
DRAFT_READERS = ("success_manager", "technical_manager")
MADE = ("content", "made_at", "pdf", "pdf_size", "state", "error")


def make(*, report: ServiceReport, at: datetime) -> ServiceReport:
    """Make a locked report and return it: what is counted already is printed only. Call inside atomic.

    Raises what printing or the database raises, and RefusedError for a kind that is not there any more.
    """
    is_new = report.content is None
    if is_new:
        report.content, report.made_at = to_json(compose(wanted_of(report), at)), at
    printed = report_pdf(
        from_json(report.content or {}), reference=str(report), words=report.words, language=report.language
    )
    report.pdf, report.pdf_size = store(printed), len(printed)
    report.state, report.error = State.READY, ""
    report.save(update_fields=MADE)
    if is_new:
        _tell(report, "report_waiting", _readers(report), at)
    return report


def wanted_of(report: ServiceReport) -> Wanted:
    """Return what a report is to be about. Raises RefusedError for a kind that is not there any more."""
    found = kinds_of(report.contract).get(report.kind)
    if found is None:
        raise RefusedError("unknown_kind", _("没有这种报告：%s。") % report.kind)
    kind, _right = found
    return Wanted(report.contract, kind, report.starts_on, report.ends_on, report.entitlement, report.obligation)


def _readers(report: ServiceReport) -> tuple[str, ...]:
    """Return who is told of a draft: whoever asked for it, else who answers for the customer."""
    return (f"user:{report.requested_by_id}",) if report.requested_by_id else DRAFT_READERS


def fail(*, report: ServiceReport, error: str, at: datetime) -> None:
    """Give up on a locked report with what went wrong, and tell who can do something about it. Call inside atomic."""
    report.state, report.error = State.FAILED, error[:400]
    report.save(update_fields=["state", "error"])
    asked = (f"user:{report.requested_by_id}",) if report.requested_by_id else ()
    _tell(report, f"report_failed:{at.isoformat()}", ("team_lead", *asked), at)


def _tell(report: ServiceReport, kind: str, to: tuple[str, ...], at: datetime) -> None:
    named, _colon, _when = kind.partition(":")
    key = f"{kind}:{report.code}:{report.version}"
    tell(kind=named, contract=report.contract, about={"report": report.pk}, to=to, at=at, key=key)
