"""No blank page: what the framework refuses without a word is told in words."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

Respond = Callable[[HttpRequest], HttpResponse]


def wordless(respond: Respond) -> Respond:
    """Return the middleware that gives a reader of pages one where an address takes nothing but a pressed button."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = respond(request)
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED or response.content or request.method == "HEAD":
            return response
        shown = render(request, "405.html", status=HTTPStatus.METHOD_NOT_ALLOWED)
        shown["Allow"] = response["Allow"]
        return shown

    return middleware
