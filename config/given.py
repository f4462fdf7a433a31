"""What the environment gives, read strictly: what cannot be understood is refused by its name."""

import os
from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured

TRUTHS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def text(name: str, default: str = "") -> str:
    """Return a variable as it is; the default where it is not set."""
    return os.environ.get(name, default)


def flag(name: str, default: bool) -> bool:
    """Return a variable as true or false. Raises ImproperlyConfigured for any other word."""
    given = text(name).strip().lower()
    if not given:
        return default
    if given not in TRUTHS:
        raise ImproperlyConfigured(f"{name} is {given!r}; it must be one of {', '.join(TRUTHS)}")
    return TRUTHS[given]


def number(name: str, default: int) -> int:
    """Return a variable as a whole number. Raises ImproperlyConfigured for anything else."""
    given = text(name).strip()
    try:
        return int(given) if given else default
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is {given!r}; it must be a whole number") from error


def words(name: str, default: Sequence[str]) -> list[str]:
    """Return a variable as what stands between its commas."""
    given = text(name)
    return [word.strip() for word in given.split(",") if word.strip()] if given else list(default)
