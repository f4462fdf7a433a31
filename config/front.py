"""The short way in for what a live chat does all the time: its words and all streams, past everything about pages.

The framework's own way costs more than the work itself: a thread for every open stream, and sessions, users and
messages for requests that have none. Whatever is not plainly one of these goes that way, as if it had come there first.
"""

import asyncio
from collections.abc import Iterable
from contextlib import aclosing, suppress
from functools import cache
from io import BytesIO
from typing import Any

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.core.exceptions import DisallowedHost, SuspiciousOperation
from django.core.handlers.asgi import ASGIRequest
from django.db import Error
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language_from_request

from config.body_limit import Application, Message, Receive, Scope, Send
from tickets.chat import stream as talk
from tickets.chat.quick import is_quick, say_quickly
from tickets.console import live as desk
from tickets.live.threads import asked

WORDS = ("POST", "/chat/v1/messages/")
STREAMS = {("GET", "/chat/v1/stream/"): talk.streamed, ("GET", "/console/live/"): desk.streamed}
Headers = list[tuple[bytes, bytes]]


def fronted(application: Application) -> Application:
    """Return the application behind this front."""

    async def front(scope: Scope, receive: Receive, send: Send) -> None:
        what = (scope.get("method"), scope.get("path"))
        if scope["type"] != "http" or scope.get("root_path") or what not in (WORDS, *STREAMS):
            await application(scope, receive, send)
        elif what == WORDS:
            await _words(application, scope, receive, send)
        else:
            await _stream(application, scope, receive, send)

    return front


async def _words(application: Application, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer what a customer says; what is left to the framework comes to it with its body as it came."""
    head = _request(scope)
    if head is None or not is_quick(head):
        await application(scope, receive, send)
        return
    came = [await receive()]
    while came[-1].get("more_body"):
        came.append(await receive())
    if came[-1]["type"] != "http.request":
        # The sender has gone in the middle of it: that is no request.
        await application(scope, _again(came, receive), send)
        return
    request = ASGIRequest(scope, BytesIO(b"".join(message.get("body", b"") for message in came)))
    answer = await asked(_said, request)
    if answer is None:
        await application(scope, _again(came, receive), send)
    else:
        await _send(request, answer, send)


def _request(scope: Scope) -> ASGIRequest | None:
    """Return a request without its body, None for one that came by a wrong name, or open where it must be encrypted."""
    try:
        request = ASGIRequest(scope, BytesIO())
        request.get_host()
    except (DisallowedHost, UnicodeDecodeError):
        return None
    return request if request.is_secure() or not settings.SECURE_SSL_REDIRECT else None


def _said(request: ASGIRequest) -> HttpResponse | None:
    """Return the answer; None where the usual way must give it, also for what could not be read."""
    try:
        return say_quickly(request)
    except (Error, SuspiciousOperation):
        return None


def _again(came: Iterable[Message], receive: Receive) -> Receive:
    """Return a receiver of what has come already, then of what is still to come."""
    left = iter(came)

    async def again() -> Message:
        message = next(left, None)
        return await receive() if message is None else message

    return again


async def _stream(application: Application, scope: Scope, receive: Receive, send: Send) -> None:
    request = _request(scope)
    if request is None:
        await application(scope, receive, send)
        return
    try:
        answer = await STREAMS[scope["method"], scope["path"]](request, asked)
    except (Error, SuspiciousOperation):
        # Nothing is begun: the usual way has the words for it.
        await application(scope, receive, send)
        return
    told = asyncio.ensure_future(_send(request, answer, send))
    gone = asyncio.ensure_future(_gone(receive))
    # A server that stops cancels this: the stream ends as it does by its age, and its page opens another.
    with suppress(asyncio.CancelledError):
        await asyncio.wait((told, gone), return_when=asyncio.FIRST_COMPLETED)
    for one in (told, gone):
        one.cancel()
    await asyncio.gather(told, gone, return_exceptions=True)
    if not told.cancelled():
        told.result()


async def _gone(receive: Receive) -> None:
    """Return once the reader has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(request: ASGIRequest, answer: HttpResponseBase, send: Send) -> None:
    """Send an answer, a stream piece by piece."""
    await send({"type": "http.response.start", "status": answer.status_code, "headers": _headers(request, answer)})
    if isinstance(answer, StreamingHttpResponse):
        parts: Any = aiter(answer)
        with suppress(asyncio.CancelledError):
            async with aclosing(parts):
                async for part in parts:
                    await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": getattr(answer, "content", b"")})


def _headers(request: ASGIRequest, answer: HttpResponseBase) -> Headers:
    patch_vary_headers(answer, ("Accept-Language", "Cookie"))
    answer.setdefault("Content-Language", get_language_from_request(request))
    if isinstance(answer, HttpResponse):
        answer["Content-Length"] = str(len(answer.content))
    said = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.items()]
    return [*said, *_guards()]


@cache
def _guards() -> Headers:
    """Return what every answer of the product says to a browser for safety's sake."""
    scheme = "https" if settings.SECURE_SSL_REDIRECT else "http"
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "scheme": scheme}
    request, bare = ASGIRequest(scope, BytesIO()), HttpResponse()
    for guard in (SecurityMiddleware, CSPMiddleware, XFrameOptionsMiddleware):
        guard(_nothing).process_response(request, bare)
    return [(name.lower().encode(), value.encode()) for name, value in bare.items() if name != "Content-Type"]


def _nothing(_request: Any) -> HttpResponse:
    return HttpResponse()
