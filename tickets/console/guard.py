"""Who may see the console, and the instant that a page is made for."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from plans.models import User
from sla.clock import database_now
from tickets.guarding import sign_in_first


@dataclass(frozen=True)
class Reader:
    """The agent who reads a page, and the one instant at which everything on it is told."""

    user: User
    at: datetime


def agents_only(page: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Return the page for agents alone, called with its reader: strangers sign in first, customers go to theirs."""

    @wraps(page)
    def guarded(request: HttpRequest, *args: str | int, **kwargs: str | int) -> HttpResponse:
        if not isinstance(request.user, User):
            return sign_in_first(request)
        if not request.user.is_agent:
            return redirect("landing")
        return page(request, Reader(request.user, database_now()), *args, **kwargs)

    return guarded
