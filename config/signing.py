"""The keys that this product signs and seals with, and those before them that still count."""

import secrets
from pathlib import Path
from typing import NamedTuple

from django.core.exceptions import ImproperlyConfigured
from environs import Env

SHORTEST = 32


class Keys(NamedTuple):
    """What signs; what signed before and still counts; what seals secrets in the database, newest first."""

    signing: str
    before: list[str]
    sealing: list[str]


def keys(env: Env, kept: Path, *, may_lack: bool) -> Keys:
    """Return the product's keys; a lone command may go without one, and then seals nothing.

    `SECRETS_KEY` seals apart from what signs; what `SECRET_KEY` sealed before is opened all the same.
    """
    made = kept.read_text().strip() if kept.exists() else ""
    lasting = env.str("SECRET_KEY", "") or made
    if not lasting and not may_lack:
        raise ImproperlyConfigured("SECRET_KEY is not set, and `make run` has not made one")
    before: list[str] = env.list("SECRET_KEY_FALLBACKS", [])
    apart: list[str] = env.list("SECRETS_KEY", [])
    if any(len(key) < SHORTEST for key in apart):
        raise ImproperlyConfigured(f"SECRETS_KEY must be {SHORTEST} characters or more, commas between several keys")
    sealing = dict.fromkeys(filter(None, [*apart, lasting, *before, made]))
    return Keys(lasting or secrets.token_urlsafe(64), before, list(sealing))
