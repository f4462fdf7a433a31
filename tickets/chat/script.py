"""The widget's one file under an address that never changes: its tag stands in other people's pages."""

import gzip
import hashlib
from functools import cache
from http import HTTPStatus

from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

NAME = "widget/shouyue.js"
# A page that stays open longer than this gets the new one at its next visit.
KEPT = 600  # seconds


@cache
def _file() -> tuple[bytes, bytes, str]:
    """Return the file, the same packed, and its tag. Raises Http404."""
    path = finders.find(NAME)
    if not path:
        raise Http404
    with open(path, "rb") as file:
        raw = file.read()
    return raw, gzip.compress(raw, 9, mtime=0), f'"{hashlib.sha256(raw).hexdigest()[:32]}"'


@require_safe
def script(request: HttpRequest) -> HttpResponse:
    """Give the widget to any page."""
    raw, packed, tag = _file()
    is_packed = "gzip" in request.headers.get("Accept-Encoding", "")
    if request.headers.get("If-None-Match") == tag:
        response = HttpResponse(status=HTTPStatus.NOT_MODIFIED)
    else:
        response = HttpResponse(packed if is_packed else raw, content_type="text/javascript; charset=utf-8")
        if is_packed:
            response["Content-Encoding"] = "gzip"
    response["ETag"] = tag
    response["Cache-Control"] = f"public, max-age={KEPT}"
    response["Vary"] = "Accept-Encoding"
    # A page that isolates itself takes only what says that it may be taken.
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Access-Control-Allow-Origin"] = "*"
    return response
