"""Pictures, videos and documents of articles: what they are by their bytes, and how they are sent."""

import re
from http import HTTPStatus
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header

from tickets.models.knowledge import ArticleFile

# What a browser may show in a page, by how the bytes begin; anything else is only ever saved.
SHOWN = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF8", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
)
SAVED = "application/octet-stream"
# Whatever the bytes claim to be, a browser runs nothing of them.
HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, max-age=3600",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Accept-Ranges": "bytes",
}
RANGE = re.compile(r"bytes=(\d*)-(\d*)")
# A player that asks for the rest of a video gets so much of it at a time, and asks again.
PIECE = 2 << 20


def kind_of(content: bytes) -> str:
    """Return what a file is by its first bytes, as far as pages may show it."""
    return next((kind for place, sign, kind in SHOWN if content[place : place + len(sign)] == sign), SAVED)


def address_of(file: ArticleFile) -> str:
    """Return where a file is fetched."""
    return reverse("portal:help:file", args=[file.pk])


def sent(request: HttpRequest, file: ArticleFile, path: Path) -> HttpResponse:
    """Return a file, or the part of it that was asked for: a video is watched from anywhere."""
    asked = _part(request.headers.get("Range", ""), file.size)
    if asked is None:
        return HttpResponse(
            status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers={"Content-Range": f"bytes */{file.size}"}
        )
    first, last = asked
    is_part = RANGE.fullmatch(request.headers.get("Range", "")) is not None
    response = HttpResponse(
        _bytes(path, first, last), content_type=file.content_type, headers=HEADERS,
        status=HTTPStatus.PARTIAL_CONTENT if is_part else HTTPStatus.OK,
    )  # fmt: skip
    if is_part:
        response["Content-Range"] = f"bytes {first}-{last}/{file.size}"
    saved = content_disposition_header(file.content_type == SAVED, file.name)
    response["Content-Disposition"] = saved or "inline"
    return response


def _part(said: str, size: int) -> tuple[int, int] | None:
    """Return the first and last byte to send; all where no part was asked for, None past the end."""
    found = RANGE.fullmatch(said)
    if found is None or not (found[1] or found[2]):
        return 0, size - 1
    first = int(found[1]) if found[1] else max(0, size - int(found[2]))
    last = int(found[2]) if found[1] and found[2] else size - 1
    return (first, min(last, size - 1, first + PIECE - 1)) if first <= min(last, size - 1) else None


def _bytes(path: Path, first: int, last: int) -> bytes:
    with path.open("rb") as file:
        file.seek(first)
        return file.read(last - first + 1)
