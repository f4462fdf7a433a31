"""Who signs in: by user name or e-mail, and no quicker for somebody who does not exist."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from plans.accounts import signs_in_as
from plans.models import Role, User

# How the permissions of a role begin.
BACK_OFFICE: dict[str, str] = {Role.ADMIN: "", Role.MANAGER: "view_"}


class NameOrEmail(ModelBackend):
    """Django's own check, for a user found by name or by e-mail."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """Return the user whose password this is; an unknown one costs a password's hash all the same."""
        if username is None or password is None:
            return None
        user = signs_in_as(username)
        if user is None:
            User().set_password(password)
            return None
        return user if user.check_password(password) and self.user_can_authenticate(user) else None

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Tell what a role may do in the back office: administrators everything, managers look."""
        reach = BACK_OFFICE.get(user_obj.role) if isinstance(user_obj, User) and user_obj.is_active else None
        return reach is not None and perm.partition(".")[2].startswith(reach)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return self.has_perm(user_obj, f"{app_label}.view_")

    def get_user(self, user_id: int) -> User | None:
        """Return who is signed in, with what every page asks of them, in one query."""
        user = User.objects.select_related("contact__customer", "team").filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None
