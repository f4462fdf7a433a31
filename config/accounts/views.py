"""Sign in and out, a new password by mail, the language and the theme."""

from typing import Any

from django.conf import settings
from django.contrib.auth import views as auth_views
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import i18n
from django.views.decorators.http import require_POST, require_safe
from django.views.generic import FormView

from config import tasks
from config.accounts import throttle
from config.accounts.forms import TOO_OFTEN, NewPasswordForm, ResetForm, SignInForm
from plans.actions.accounts import choose_language
from plans.models import User

THEMES = ("light", "dark", "system")
YEAR = 365 * 24 * 3600  # seconds


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """Send everybody to where they work."""
    if not isinstance(request.user, User):
        return redirect("sign_in")
    return redirect("portal:home" if request.user.is_customer else "console:queue")


class SignIn(auth_views.LoginView):
    """Sign in by name or e-mail; the session is a new one."""

    template_name = "account/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        throttle.forget("sign-in", self.request, form.cleaned_data["username"])
        return super().form_valid(form)

    def form_invalid(self, form: Any) -> HttpResponse:
        response = super().form_invalid(form)
        response.status_code = 429 if form.has_error("__all__", TOO_OFTEN) else 200
        return response


class AskReset(FormView):
    """Ask for a link; the answer and its time are the same whether the address is known or not."""

    template_name = "account/reset.html"
    form_class = ResetForm
    success_url = reverse_lazy("password_reset_done")

    def form_valid(self, form: ResetForm) -> HttpResponse:
        email = form.cleaned_data["email"]
        if not throttle.minutes_to_wait("reset", throttle.RESET, self.request, email):
            tasks.ask_reset(email)
        return super().form_valid(form)


class ConfirmReset(auth_views.PasswordResetConfirmView):
    """Set a password by a link: the first one, or one in place of a forgotten one."""

    template_name = "account/reset_confirm.html"
    form_class = NewPasswordForm
    success_url = reverse_lazy("password_reset_complete")


@require_POST
def set_language(request: HttpRequest) -> HttpResponseBase:
    """Switch the language: of this browser, and of who is signed in, their mail included."""
    chosen = request.POST.get("language", "")
    if isinstance(request.user, User) and chosen in dict(settings.LANGUAGES):
        choose_language(user=request.user, language=chosen)
    return i18n.set_language(request)


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Switch between light, dark and the system's own."""
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    response = redirect(wanted if is_ours else "/")
    theme = request.POST.get("theme", "")
    if theme in THEMES:
        response.set_cookie(
            "shouyue_theme", theme, max_age=YEAR, samesite="Lax", httponly=True, secure=settings.SESSION_COOKIE_SECURE
        )
    return response
