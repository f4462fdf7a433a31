"""Keys for tests, and requests that carry them."""

import secrets
from typing import Any

from plans.keys import hashed
from plans.models import ApiKey, User


def new_key(*scopes: str, user: User | None = None, **more: Any) -> str:
    """Keep a new key with these scopes and return its secret."""
    secret = f"syk_{secrets.token_urlsafe(24)}"
    ApiKey.objects.create(
        name="+".join(scopes), prefix=secret[:8], hash=hashed(secret),
        scopes=list(scopes), user=user, **more,
    )  # fmt: skip
    return secret


def bearer(secret: str) -> dict[str, str]:
    """Return the header that presents a key, as Django's test client takes it."""
    return {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
