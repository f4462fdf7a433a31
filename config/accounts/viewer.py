"""Every page in the language and zone of who reads it."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from plans.accounts import reading_of
from plans.models import User

Respond = Callable[[HttpRequest], HttpResponse]


def viewer(respond: Respond) -> Respond:
    """Return the middleware; somebody who is not signed in keeps the cookie's or the browser's language."""

    def middleware(request: Any) -> HttpResponse:
        if not isinstance(request.user, User):
            return respond(request)
        reading = reading_of(request.user)
        translation.activate(reading.language)
        request.LANGUAGE_CODE = translation.get_language()
        with timezone.override(reading.zone):
            return respond(request)

    return middleware
