"""Files that were handed over, given back to who may see them: to be saved, or shown where a browser can do no harm."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from plans.actions.deliverables import note_opened
from plans.keeping import path_of
from plans.models import Deliverable, DeliverableFile
from sla.clock import database_now
from tickets.attachments import HEADERS, reader_of, sent

# What a browser shows by itself without running anything of it.
SHOWABLE = ("application/pdf", "image/png", "image/jpeg")
SHOWN = {
    **HEADERS,
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; object-src 'self'; style-src 'unsafe-inline'",
}


@require_safe
def deliverable_file(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a file of a round; somebody else's is as absent as one that never was. The customer's opening is noted."""
    user = reader_of(request)
    seen = Deliverable.objects.visible_to(user) if user else Deliverable.objects.none()
    file = (
        DeliverableFile.objects.select_related("round__deliverable").filter(pk=pk, round__deliverable__in=seen).first()
    )
    if file is None or user is None:
        raise Http404
    answer = _shown(file) if "show" in request.GET and file.content_type in SHOWABLE else _saved(file)
    if request.method == "GET":
        note_opened(row=file.round, actor=user, at=database_now())
    return answer


def _saved(file: DeliverableFile) -> HttpResponse:
    return sent(path_of(file.sha256), file.name)


def _shown(file: DeliverableFile) -> HttpResponse:
    path = path_of(file.sha256)
    if not path.is_file():
        raise Http404
    response = HttpResponse(path.read_bytes(), content_type=file.content_type, headers=SHOWN)
    response["Content-Disposition"] = content_disposition_header(False, file.name) or "inline"
    return response
