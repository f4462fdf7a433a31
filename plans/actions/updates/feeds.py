"""Writes of the secret addresses under which people subscribe to updates: made, revoked, and noted as used."""

import secrets
from datetime import datetime

from plans.models import UpdateFeed, User
from plans.obligations.feeds import hash_of


def make_feed(*, user: User, at: datetime) -> str:
    """Return a new secret under which a user's calendar of updates may be read; the one before is revoked by it."""
    secret = secrets.token_urlsafe(32)
    said = {"hash": hash_of(secret), "created_at": at, "last_used_at": None}
    UpdateFeed.objects.update_or_create(user=user, defaults=said)
    return secret


def revoke_feed(*, user: User) -> None:
    """Take back the secret of a user's calendar of updates."""
    UpdateFeed.objects.filter(user=user).delete()


def note_use(*, feed: UpdateFeed, at: datetime) -> None:
    """Note that somebody read a calendar of updates by its secret."""
    UpdateFeed.objects.filter(pk=feed.pk).update(last_used_at=at)
