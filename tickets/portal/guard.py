"""Who may see the portal."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from plans.accounts import contact_of
from plans.models import User

Page = Callable[..., HttpResponse]


def customers_only(page: Page) -> Page:
    """Return the page for customers alone: strangers sign in first, our own people have a console.

    A customer's user who is nobody's contact, or no longer an active one, is told so.
    """

    @wraps(page)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not isinstance(request.user, User):
            return redirect_to_login(request.get_full_path(), "sign_in")
        if not request.user.is_customer:
            return redirect("landing")
        if contact_of(request.user) is None:
            return render(request, "portal/no_contact.html", {"page": ""}, status=403)
        return page(request, *args, **kwargs)

    return guarded
