"""Who may ask what, by the key's scopes and the user's role."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from plans.authentication import Caller
from plans.models import Role, User

MANAGING: tuple[str, ...] = (Role.MANAGER, Role.ADMIN)


def has_scope(request: Request, scope: str) -> bool:
    """Tell whether the key that a request carries may be used for `scope`."""
    return isinstance(request.auth, Caller) and scope in request.auth.key.scopes


class ActsAsUser(BasePermission):
    """Let in keys that act with the rights of a user."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return has_scope(request, "api") and isinstance(request.user, User)


class WorksTickets(ActsAsUser):
    """Let in keys of people who work for the provider."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return super().has_permission(request, view) and isinstance(request.user, User) and request.user.is_agent


class Manages(ActsAsUser):
    """Let in keys of managers and administrators."""

    def has_permission(self, request: Request, view: Any) -> bool:
        user = request.user
        return super().has_permission(request, view) and isinstance(user, User) and user.role in MANAGING


class KeepsCustomers(BasePermission):
    """Let in keys that may keep customers up to date."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return has_scope(request, "upsert")
