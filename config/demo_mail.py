"""What the mail server of `make run` received, to be read in the browser; mounted only where that server is used."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from pathlib import Path

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp, csp_update
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

SHOWN = 200
NAME = re.compile(r"\d+-\d+-\d+")
# The letter's own page: its inline styles and nothing else, neither scripts nor pictures from elsewhere.
LETTER = {"default-src": [NONE], "style-src": [UNSAFE_INLINE], "frame-ancestors": [SELF], "sandbox": ["allow-popups"]}


@dataclass(frozen=True)
class Received:
    """One message as it lies in the folder."""

    name: str
    at: datetime
    to: str
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"] or "")

    def body(self, kind: str) -> str:
        """Return the text of one kind, plain or html; empty where there is none."""
        part = self.message.get_body((kind,))
        return str(part.get_content()) if part else ""


def folder() -> Path:
    """Return where the messages lie. Raises Http404 where no such server is used."""
    if settings.DEMO_MAIL is None:
        raise Http404
    return Path(settings.DEMO_MAIL)


def read(file: Path) -> Received:
    """Return one message; the server wrote the instant into the file's name and the reader into its first line."""
    message = message_from_bytes(file.read_bytes(), policy=modern)
    at = datetime.fromtimestamp(int(file.stem.partition("-")[0]) / 1e9, UTC)
    return Received(file.stem, at, str(message["X-Envelope-To"] or ""), message)


def received(name: str) -> Received:
    """Return the message of this name. Raises Http404."""
    file = folder() / f"{name}.eml"
    if not NAME.fullmatch(name) or not file.is_file():
        raise Http404
    return read(file)


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Show the latest messages."""
    files = sorted(folder().glob("*.eml"), reverse=True)
    context = {"letters": [read(file) for file in files[:SHOWN]], "count": len(files)}
    return render(request, "demo_mail/index.html", context)


@require_safe
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]  # its type knows no views with an argument
def letter(request: HttpRequest, name: str) -> HttpResponse:
    """Show one message, as HTML and as plain text."""
    found = received(name)
    return render(request, "demo_mail/letter.html", {"letter": found, "text": found.body("plain")})


@require_safe
@xframe_options_sameorigin
@csp(LETTER)  # type: ignore[arg-type]
def html(request: HttpRequest, name: str) -> HttpResponse:
    """Answer with the HTML of one message, in a page that can do nothing."""
    return HttpResponse(received(name).body("html"))


urlpatterns = [
    path("", index, name="demo-mail"),
    path("<slug:name>/", letter, name="demo-mail-letter"),
    path("<slug:name>/html/", html, name="demo-mail-html"),
]
