"""The bytes of attachments: kept once by their digest, given back only as a download."""

import hashlib
import os
import re
import tempfile
import unicodedata
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from plans.authentication import identify, presented
from plans.models import User
from tickets.models import Attachment, Ticket

NAME_LIMIT = 120
NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+')
# What Windows takes for a device, whatever follows the dot.
DEVICES = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
# Whatever the bytes claim to be, a browser runs nothing of them.
HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def store(content: bytes) -> str:
    """Write bytes under their digest, once, and return it; a file that no row names later does no harm."""
    digest = hashlib.sha256(content).hexdigest()
    path = path_of(digest)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, content)
    return digest


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, also when two write it at once or the power goes."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as draft:
        draft.write(content)
        draft.flush()
        os.fsync(draft.fileno())
    Path(draft.name).replace(path)


def path_of(digest: str) -> Path:
    """Return where the bytes with this digest lie."""
    return Path(settings.MEDIA_ROOT) / digest[:2] / digest


def safe_name(name: str) -> str:
    """Return a file name that means the same on every system: no folders, no devices, no control characters."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    printable = "".join(char for char in last if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co"))
    plain = NOT_IN_NAMES.sub("_", printable).strip(" .")
    if DEVICES.match(plain):
        plain = f"_{plain}"
    stem, dot, ending = plain.rpartition(".")
    if dot and len(ending) <= 10:
        plain = f"{stem[: NAME_LIMIT - len(ending) - 1]}.{ending}"
    return plain[:NAME_LIMIT] or "file"


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
    path = path_of(attachment.sha256) if attachment else None
    if attachment is None or path is None or not path.is_file():
        raise Http404
    response = HttpResponse(path.read_bytes(), content_type="application/octet-stream", headers=HEADERS)
    response["Content-Disposition"] = content_disposition_header(True, attachment.name) or "attachment"
    return response
