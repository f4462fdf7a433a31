"""Every page, asked for by who has no business there: it says so before it looks at what was asked for."""

import asyncio
import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.test import RequestFactory
from django.urls import URLPattern, get_resolver

from plans.models import User

SAMPLES = {"int": 1, "str": "x", "slug": "x", "path": "x"}
# Opened by a secret in the address itself: calendar programs sign in nowhere.
BY_SECRET = ("-/calendar/<str:secret>/", "-/updates/<str:secret>/")
# A stream that ends at once, and pictures of articles, which both sides read: no page to be led away from.
IN_PAGES = {"console/live/", "portal/help/files/<int:pk>/"}


def pages(under: str, resolver: Any = None, said: str = "") -> Iterator[tuple[str, URLPattern, dict[str, Any]]]:
    """Yield every page under a folder: its route, and what its gaps are filled with."""
    for one in (resolver or get_resolver()).url_patterns:
        route = said + str(one.pattern)
        if not isinstance(one, URLPattern):
            yield from pages(under, one, route)
        elif route.startswith(under) and route not in IN_PAGES and not any(by in route for by in BY_SECRET):
            yield route, one, gaps(route)


def gaps(route: str) -> dict[str, Any]:
    named = [part.partition(">")[0].partition(":") for part in route.split("<")[1:]]
    return {name: SAMPLES[kind] for kind, _colon, name in named}


def asked(page: URLPattern, method: str, user: Any, filled: dict[str, Any]) -> str:
    """Return where a page sends somebody, or what it answers instead."""
    request = getattr(RequestFactory(), method)("/asked/")
    request.user, request.session, request.auser = user, {}, None
    try:
        answer: Any = page.callback(request, **{**page.default_args, **filled})
        if inspect.iscoroutine(answer):
            answer = asyncio.run(answer)
    except (Http404, PermissionDenied) as refusal:
        return type(refusal).__name__
    assert isinstance(answer, HttpResponse)
    return answer.get("Location", "") or str(answer.status_code)


def open_to(user: Any, under: str, door: str) -> dict[str, str]:
    """Return which pages do not send somebody to the door at once, by method and route."""
    found = list(pages(under))
    assert len(found) > 60
    told = {
        f"{method} {route}": asked(page, method, user, filled)
        for route, page, filled in found
        for method in ("get", "post")
    }
    return {page: said for page, said in told.items() if not said.startswith(door) and said != "405"}


@pytest.mark.parametrize("under", ["console/", "portal/"])
def test_who_is_not_signed_in_is_sent_to_the_door_from_everywhere(under: str) -> None:
    assert open_to(AnonymousUser(), under, "/sign-in/") == {}


@pytest.mark.parametrize(("role", "under"), [("customer", "console/"), ("agent", "portal/")])
def test_each_side_is_led_home_from_every_page_of_the_other(role: str, under: str) -> None:
    assert open_to(User(pk=1, username="x", role=role), under, "/") == {}
