"""What a password must be."""

from typing import Any

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


class LongEnough(MinimumLengthValidator):
    """Django's own rule, in words that exist in both languages."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError for a password that is too short."""
        if len(password) < self.min_length:
            raise ValidationError(self.get_help_text(), "password_too_short")

    def get_help_text(self) -> str:
        """Return the rule."""
        return _("密码至少要有 %(least)s 个字符。") % {"least": self.min_length}
