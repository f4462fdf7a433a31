"""Addresses that no thing can have: the database keeps no text with a zero byte in it."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse

Respond = Callable[[HttpRequest], HttpResponse]


def nameable(respond: Respond) -> Respond:
    """Return the middleware that answers 404 to an address with a zero byte, whatever page it would have led to."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info:
            raise Http404
        return respond(request)

    return middleware
