"""Secret addresses under which people subscribe to what their accounts owe."""

from hashlib import sha256

from plans.models import CalendarFeed


def hash_of(secret: str) -> str:
    """Return what is kept of a secret."""
    return sha256(secret.encode()).hexdigest()


def feed_of(secret: str) -> CalendarFeed | None:
    """Return the feed of a secret, if it is not revoked and its holder still works here."""
    row = CalendarFeed.objects.select_related("user").filter(hash=hash_of(secret), user__is_active=True).first()
    return row if row and row.user.is_agent else None
