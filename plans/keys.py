"""Keys as their holders present them: how a secret is stored, and whose it is."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from plans.models import ApiKey

PREFIX = "syk_"
# How many requests a minute a key may send, where it has a limit of its own; and how large that may be.
PER_MINUTE, MOST_PER_MINUTE = "per_minute", 1_000_000


def hashed(secret: str) -> str:
    """Return what is stored of a secret. It is 256 random bits, so a plain sha256 cannot be searched."""
    return hashlib.sha256(secret.encode()).hexdigest()


def find(secret: str, at: datetime) -> ApiKey | None:
    """Return the key with this secret if it is valid at `at`, with its user, customer and product."""
    rows = ApiKey.objects.valid(at).select_related("user", "customer", "product")
    return rows.filter(hash=hashed(secret)).first()


def own_limit(options: Mapping[str, Any]) -> int | None:
    """Return how many requests a minute a key's options let it send, None where they say nothing sensible."""
    said = options.get(PER_MINUTE)
    if not isinstance(said, int) or isinstance(said, bool):
        return None
    return said if 1 <= said <= MOST_PER_MINUTE else None
