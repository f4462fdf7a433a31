"""Secrets that the database must not hold: it says where one is kept, and only who needs it looks there."""

import os
import re
from pathlib import Path

# Only what is meant for mailboxes: whoever may lay one down chooses the server that is told its password.
IN_ENVIRONMENT, IN_FILE = re.compile(r"env:(MAILBOX_[A-Z0-9_]{1,80})"), re.compile(r"file:([a-z0-9][a-z0-9_-]{0,80})")
# Where Docker, Podman and Kubernetes put them.
FOLDER = Path("/run/secrets")
LONGEST = 4096
NOWHERE = "No secret is kept there"


class SecretError(ValueError):
    """A secret is not where it is said to be."""


def is_place(said: str) -> bool:
    """Tell whether a text says where a secret is kept."""
    return bool(IN_ENVIRONMENT.fullmatch(said) or IN_FILE.fullmatch(said))


def secret_at(place: str) -> str:
    """Return the secret that is kept at a place, nothing where no place is said. Raises SecretError."""
    if not place:
        return ""
    if found := IN_ENVIRONMENT.fullmatch(place):
        return _there(os.environ.get(found[1], ""), place)
    if found := IN_FILE.fullmatch(place):
        return _there(_read(FOLDER / found[1]), place)
    raise SecretError(f"{NOWHERE}.")


def _read(path: Path) -> str:
    try:
        return path.read_bytes()[:LONGEST].decode().strip("\r\n")
    except (OSError, UnicodeError):
        return ""


def _there(secret: str, place: str) -> str:
    if not secret:
        raise SecretError(f"{NOWHERE}: {place}")
    return secret
