"""What was asked for by a key is for its holder alone: nothing on the way keeps a copy."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

Respond = Callable[[HttpRequest], HttpResponse]


def unshared(respond: Respond) -> Respond:
    """Return the middleware that has answers to a key kept nowhere, unless they say themselves what may be kept."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = respond(request)
        if "Authorization" in request.headers:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return middleware
