"""Files of conversations: saved, or shown where their bytes are a picture's."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from plans.keeping import path_of
from tickets.attachments import HEADERS, sent
from tickets.console.chat.finding import find_chat
from tickets.console.chat.talk import picture_kind
from tickets.console.guard import Reader, agents_only
from tickets.models.chat import ChatFile


@require_safe
@agents_only
def chat_file(request: HttpRequest, reader: Reader, code: str, pk: int) -> HttpResponse:
    """Send a file of a conversation to be saved; a picture, where that is asked for, to be looked at."""
    file = ChatFile.objects.filter(message__chat=find_chat(code, reader), pk=pk).first()
    if file is None:
        raise Http404
    kind = picture_kind(file) if request.GET.get("as") == "picture" else ""
    return _shown(file, kind) if kind else sent(path_of(file.sha256), file.name)


def _shown(file: ChatFile, kind: str) -> HttpResponse:
    response = HttpResponse(path_of(file.sha256).read_bytes(), content_type=kind, headers=HEADERS)
    response["Content-Disposition"] = content_disposition_header(False, file.name) or "inline"
    return response
