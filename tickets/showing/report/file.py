"""A report's file: the one that was kept, or one printed now where none is."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from plans.keeping import path_of
from tickets.attachments import HEADERS
from tickets.models import ServiceReport
from tickets.reports.shape import from_json
from tickets.showing.report.paper import report_pdf


def file_of(row: ServiceReport) -> bytes:
    """Return a made report as PDF. Raises PrintingError where there is none yet and none can be printed."""
    kept = path_of(row.pdf) if row.pdf else None
    if kept and kept.is_file():
        return kept.read_bytes()
    content = from_json(row.content or {})
    return report_pdf(content, reference=str(row), words=row.words, language=row.language)


def sent(row: ServiceReport) -> HttpResponse:
    """Return a made report to be saved. Raises PrintingError."""
    response = HttpResponse(file_of(row), content_type="application/pdf", headers=HEADERS)
    response["Content-Disposition"] = content_disposition_header(True, row.file_name) or "attachment"
    return response
