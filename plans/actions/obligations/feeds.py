"""Writes of calendar feeds: a secret is made, and with the next one, or without, revoked."""

import secrets
from datetime import datetime

from plans.models import CalendarFeed, User
from plans.obligations.feeds import hash_of


def make_feed(*, user: User, at: datetime) -> str:
    """Return a new secret under which a user's calendar may be read; the one before is revoked by it."""
    secret = secrets.token_urlsafe(32)
    said = {"hash": hash_of(secret), "created_at": at, "last_used_at": None}
    CalendarFeed.objects.update_or_create(user=user, defaults=said)
    return secret


def revoke_feed(*, user: User) -> None:
    """Take back the secret of a user's calendar."""
    CalendarFeed.objects.filter(user=user).delete()


def note_use(*, feed: CalendarFeed, at: datetime) -> None:
    """Note that somebody read a calendar by its secret."""
    CalendarFeed.objects.filter(pk=feed.pk).update(last_used_at=at)
