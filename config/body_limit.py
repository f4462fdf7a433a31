"""Refuse endless bodies before they fill the disk: the framework stores a body whole before it asks any view."""

import json
from collections.abc import Awaitable, Callable, Mapping
from io import BytesIO
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.template.loader import render_to_string
from django.utils import translation

from sla.api.problems import CONTENT_TYPE

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

# Above every limit of a view: each of those answers in its own words, this is only for what no view would take.
LIMIT = 24 * 1024 * 1024
REFUSAL = {
    "type": "urn:shouyue:problem:too_large",
    "title": "Request Entity Too Large",
    "status": 413,
    "detail": f"内容超过 {LIMIT >> 20} MB。 / The content is larger than {LIMIT >> 20} MB.",
    "code": "too_large",
}


class TooLargeError(Exception):
    """Raised while reading a body that goes on beyond the limit."""


def limited(application: Application, limit: int = LIMIT) -> Application:
    """Return the application behind a guard that answers 413 to a body of more than `limit` bytes."""

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
        elif _said(scope) > limit:
            await _refuse(scope, send)
        else:
            try:
                await application(scope, _counted(receive, limit), send)
            except TooLargeError:
                await _refuse(scope, send)

    return guard


def _said(scope: Scope) -> int:
    """Return the length that the sender names, or zero when it names none."""
    length = dict(scope["headers"]).get(b"content-length", b"0")
    return int(length) if length.isdigit() else 0


def _counted(receive: Receive, limit: int) -> Receive:
    """Return a receiver that raises TooLargeError once more than `limit` bytes have come."""
    come = 0

    async def counted() -> Message:
        nonlocal come
        message = await receive()
        come += len(message.get("body", b""))
        if come > limit:
            raise TooLargeError
        return message

    return counted


def _refusal(scope: Scope) -> tuple[str, bytes]:
    """Return the kind and the words of the answer: a page for who reads pages, a problem for programs."""
    if b"text/html" not in dict(scope["headers"]).get(b"accept", b""):
        return CONTENT_TYPE, json.dumps(REFUSAL, ensure_ascii=False).encode()
    with translation.override(translation.get_language_from_request(ASGIRequest(scope, BytesIO()))):
        return "text/html; charset=utf-8", render_to_string("413.html").encode()


async def _refuse(scope: Scope, send: Send) -> None:
    kind, raw = _refusal(scope)
    headers = [(b"content-type", kind.encode()), (b"content-length", str(len(raw)).encode())]
    # What is still to come of the body is not read: the connection ends here.
    headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": raw})
