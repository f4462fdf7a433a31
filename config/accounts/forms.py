"""The forms of signing in and of asking for a new password."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, SetPasswordForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from config.accounts import throttle
from plans.actions.accounts import set_password
from plans.models import User

TOO_OFTEN = "too_often"


class SignInForm(AuthenticationForm):
    """Name or e-mail and password; whatever is wrong, the answer is the same."""

    username = forms.CharField(
        label=_("用户名或邮箱"),
        max_length=254,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "username", "autocapitalize": "none"}),
    )
    password = forms.CharField(
        label=_("密码"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
    error_messages = {
        "invalid_login": _("用户名、邮箱或密码不对。密码区分大小写；忘记了可以重设。"),
        "inactive": _("用户名、邮箱或密码不对。密码区分大小写；忘记了可以重设。"),
    }

    def clean(self) -> dict[str, Any]:
        """Count the try before the password is looked at. Raises ValidationError beyond the limit."""
        name = self.cleaned_data.get("username", "")
        if self.request and (minutes := throttle.minutes_to_wait("sign-in", throttle.SIGN_IN, self.request, name)):
            raise ValidationError(
                _("试的次数太多了，请过 %(minutes)s 分钟再来；也可以重设密码。"), TOO_OFTEN, {"minutes": minutes}
            )
        return super().clean()


class ResetForm(forms.Form):
    """The address that a link is asked for."""

    email = forms.EmailField(
        label=_("邮箱"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True})
    )


class NewPasswordForm(SetPasswordForm):
    """A new password, twice."""

    def save(self, commit: bool = True) -> User:
        """Keep the new password and return its user."""
        return set_password(user=self.user, password=self.cleaned_data["new_password1"])
