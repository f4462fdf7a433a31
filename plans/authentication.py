"""Who asks: a key that a program presents, with the instant at which it asked."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from plans import keys
from plans.models import ApiKey, User
from sla.clock import DatabaseNow
from sla.prepared import Prepared, prepare

REALM = 'Bearer realm="shouyue"'
# The key's row is not written at every request: to the minute is exact enough for "last used".
NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Caller:
    """A valid key, and the database's instant at which it was presented."""

    key: ApiKey
    at: datetime

    @property
    def credential(self) -> str:
        """Return what stays the same when the key is rotated."""
        return str(self.key.series)


class BearerAuthentication(BaseAuthentication):
    """Take `Authorization: Bearer …`: one query finds the key and the time."""

    def authenticate(self, request: Request) -> tuple[User | AnonymousUser, Caller] | None:
        secret = presented(request)
        if secret is None:
            return None
        caller = identify(secret)
        if caller is None:
            raise AuthenticationFailed(_("密钥无效、已停用或已过期。"), "bad_key")
        return caller.key.user or AnonymousUser(), caller

    def authenticate_header(self, request: Request) -> str:
        return REALM


def presented(request: Request | HttpRequest) -> str | None:
    """Return the secret that a request carries, or None when it carries no bearer key."""
    scheme, _space, secret = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else None


def identify(secret: str) -> Caller | None:
    """Return who presents this secret, or None when no valid key has it."""
    found: list[Any] = _by_hash().rows(hash=keys.hashed(secret))
    if not found:
        return None
    key = found[0]
    at: datetime = key.asked_at.astimezone(UTC)
    if not is_valid(key, at):
        return None
    if key.last_used_at is None or at - key.last_used_at > NOTED_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=at)
    return Caller(key, at)


@cache
def _by_hash() -> Prepared[ApiKey]:
    return prepare(lambda hash: ApiKey.objects.filter(hash=hash).order_by().annotate(asked_at=DatabaseNow()), hash=str)


def is_valid(key: ApiKey, at: datetime) -> bool:
    """Tell whether a key may be used at an instant; one that acts for a user stops with that user."""
    ended = [instant for instant in (key.revoked_at, key.expires_at) if instant and instant <= at]
    return not ended and (key.user is None or key.user.is_active)


def caller_of(request: Request) -> Caller:
    """Return who asks; the view's permission has made sure that somebody does."""
    caller: Any = request.auth
    return caller
