"""Secrets of the demo: one password for everybody, a key for each channel and each token, kept for their owner only."""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.contrib.auth.hashers import make_password

from plans import keys
from plans.actions import Holder, issue_key, revoke_key
from plans.models import ApiKey, User
from tickets.channels.registry import SERVED
from tickets.demo import script
from tickets.demo.hotline import OPTIONS

# How other programs call by the demo's keys. Alertmanager names nobody: this is whom it watches for.
CALLED_BY = {
    "demo hotline": OPTIONS,
    "demo monitoring": {"contact": "ou.yueming@xinyue.example", "product": "galaxy"},
}


@dataclass(frozen=True, slots=True)
class Secrets:
    """What lets a newcomer in; the database has only hashes of it."""

    password: str
    keys: Mapping[str, str] = field(default_factory=dict)
    tokens: Mapping[str, str] = field(default_factory=dict)


def kept() -> Secrets | None:
    """Return what an earlier seeding kept, or None."""
    path = _path()
    return Secrets(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None


def password() -> str:
    """Return the demo's password: the one that is kept, else a new one."""
    found = kept()
    return found.password if found else "-".join(secrets.token_hex(2) for _ in range(4))


def renew(*, password: str, at: datetime) -> Secrets:
    """Issue the keys that are missing or no longer valid, keep all of it, and return it. Call inside atomic.

    The file is written before the commit: keys that nobody knows would be of no use, an unused file does no harm.
    """
    old = kept() or Secrets(password)
    signed_in = script.people()["tokens"]
    users = User.objects.in_bulk(list(signed_in.values()), field_name="username")
    new = Secrets(
        password,
        {channel: _valid(f"demo {channel}", old.keys.get(channel, ""), at, None) for channel in SERVED},
        {
            name: _valid(f"demo {name}", old.tokens.get(name, ""), at, users[username])
            for name, username in signed_in.items()
        },
    )
    if new != kept():
        _keep(new)
    return new


def set_password(*, usernames: list[str], password: str) -> None:
    """Give users a new password; all have one hash, which is slow to make."""
    User.objects.filter(username__in=usernames).update(password=make_password(password))


def _valid(name: str, secret: str, at: datetime, user: User | None) -> str:
    """Return a key's secret if it is still valid, else that of a new key in its place."""
    if secret and keys.find(secret, at):
        return secret
    for old in ApiKey.objects.valid(at).filter(name=name):
        revoke_key(key=old, at=at)
    scope = "api" if user else f"intake:{name.removeprefix('demo ')}"
    holder = Holder(user=user, options=CALLED_BY.get(name, {}))
    _key, issued = issue_key(name=name, scopes=[scope], at=at, holder=holder)
    return issued


def _path() -> Path:
    return Path(settings.VAR) / "demo.json"


def _keep(found: Secrets) -> None:
    path = _path()
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(found), file, ensure_ascii=False, indent=2)
    draft.rename(path)
