"""Who may see the portal."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control

from plans.accounts import contact_of
from plans.models import Contact, User
from tickets.guarding import sign_in_first

Page = Callable[..., HttpResponse]


def customers_only(page: Page) -> Page:
    """Return the page for customers alone: strangers sign in first, our own people have a console.

    A customer's user who is nobody's contact, or no longer an active one, is told so.
    """

    @wraps(page)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not isinstance(request.user, User):
            return sign_in_first(request)
        if not request.user.is_customer:
            return redirect("landing")
        if contact_of(request.user) is None:
            return render(request, "portal/no_contact.html", {"page": ""}, status=403)
        response = page(request, *args, **kwargs)
        # The browser's back button may show it again, nobody's shared cache may.
        patch_cache_control(response, private=True, no_cache=True)
        return response

    return guarded


def user_in(request: HttpRequest) -> User:
    """Return who asks for a guarded page."""
    return cast(User, request.user)


def contact_in(request: HttpRequest) -> Contact:
    """Return the contact who asks for a guarded page."""
    return cast(Contact, contact_of(user_in(request)))
