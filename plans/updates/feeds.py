"""Secret addresses under which people subscribe to the updates that concern them."""

from plans.models import UpdateFeed
from plans.obligations.feeds import hash_of


def feed_of(secret: str) -> UpdateFeed | None:
    """Return the feed of a secret, if it is not revoked and its holder may still sign in."""
    return UpdateFeed.objects.select_related("user").filter(hash=hash_of(secret), user__is_active=True).first()
