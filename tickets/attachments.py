"""The bytes of attachments, given back only as a download."""

from pathlib import Path
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from plans.authentication import identify, presented
from plans.keeping import path_of
from plans.models import User
from tickets.models import Attachment, Ticket

# Whatever the bytes claim to be, a browser runs nothing of them.
HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def reader_of(request: HttpRequest) -> User | None:
    """Return who asks for a file: the holder of a user's key, else who is signed in."""
    secret = presented(request)
    if secret is not None:
        caller = identify(secret)
        return caller.key.user if caller and "api" in caller.key.scopes else None
    user: Any = request.user
    return user if user.is_authenticated else None


def readable_by(user: User) -> Any:
    """Return the files in tickets that a user sees; what was said among agents, or taken back, is for agents only."""
    found = Attachment.objects.filter(ticket__in=Ticket.objects.visible_to(user))
    if user.is_agent:
        return found
    return found.exclude(message__is_public=False).exclude(message__retracted_at__isnull=False)


@require_safe
def download(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a file to be saved; somebody else's is as absent as one that never was."""
    user = reader_of(request)
    attachment = readable_by(user).filter(pk=pk).first() if user else None
    if attachment is None:
        raise Http404
    return sent(path_of(attachment.sha256), attachment.name)


def sent(path: Path, name: str) -> HttpResponse:
    """Return kept bytes to be saved under a name. Raises Http404 where they are gone."""
    if not path.is_file():
        raise Http404
    response = HttpResponse(path.read_bytes(), content_type="application/octet-stream", headers=HEADERS)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response
