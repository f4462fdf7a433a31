"""Keys as their holders present them: how a secret is stored, and whose it is."""

import hashlib
from datetime import datetime

from plans.models import ApiKey

PREFIX = "syk_"


def hashed(secret: str) -> str:
    """Return what is stored of a secret. It is 256 random bits, so a plain sha256 cannot be searched."""
    return hashlib.sha256(secret.encode()).hexdigest()


def find(secret: str, at: datetime) -> ApiKey | None:
    """Return the key with this secret if it is valid at `at`, with its user, customer and product."""
    rows = ApiKey.objects.valid(at).select_related("user", "customer", "product")
    return rows.filter(hash=hashed(secret)).first()
