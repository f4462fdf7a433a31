"""Writes of keys: the secret is returned once and kept as a hash only."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from plans.keys import MOST_PER_MINUTE, PER_MINUTE, PREFIX, hashed, own_limit
from plans.models import ApiKey, Customer, Product, User
from plans.refusals import RefusedError
from plans.vocabulary import CHANNELS

SCOPES = ("api", "upsert", *(f"intake:{channel}" for channel in CHANNELS))
# How long the old key goes on after a rotation, unless said otherwise.
GRACE = timedelta(days=7)
SHOWN = 12


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a key acts for, to whose contacts and which product it is bound, and how the other program calls by it."""

    user: User | None = None
    customer: Customer | None = None
    product: Product | None = None
    signing_secret: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


def issue_key(
    *, name: str, scopes: Sequence[str], at: datetime, holder: Holder | None = None, expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """Issue a key and return it with its secret, which is shown this once. Raises RefusedError for a bad scope."""
    holder = holder or Holder()
    _check_scopes(scopes, holder)
    check_options(holder.options)
    if expires_at is not None and expires_at <= at:
        raise RefusedError("expired_already", _("到期时间须在将来。"))
    secret = PREFIX + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        name=name, scopes=list(scopes), prefix=secret[:SHOWN], hash=hashed(secret), expires_at=expires_at,
        user=holder.user, customer=holder.customer, product=holder.product,
        signing_secret=holder.signing_secret, options=dict(holder.options),
    )  # fmt: skip
    return key, secret


@transaction.atomic
def adjust_key(*, key: ApiKey, options: Mapping[str, Any], signing_secret: str = "") -> ApiKey:
    """Change how another program calls by a key: its options, and what it signs with; blank leaves that as it is."""
    check_options(options)
    key.options = dict(options)
    if signing_secret:
        key.signing_secret = signing_secret
    key.save(update_fields=["options", "signing_secret"])
    return key


def check_options(options: object) -> None:
    """Refuse options that are none, or that limit a key to nothing."""
    if not isinstance(options, Mapping):
        raise RefusedError("bad_options", _("来源选项必须是一个 JSON 对象。"))
    if PER_MINUTE in options and own_limit(options) is None:
        words = _("per_minute 是每分钟最多几次请求，须为 1 到 %(most)s 的整数。")
        raise RefusedError("bad_limit", words % {"most": MOST_PER_MINUTE})


def _check_scopes(scopes: Sequence[str], holder: Holder) -> None:
    if unknown := [scope for scope in scopes if scope not in SCOPES]:
        raise RefusedError("unknown_scope", _("没有这样的权限：%s。") % _("、").join(unknown), ways_on=SCOPES)
    if not scopes:
        raise RefusedError("no_scope", _("至少要有一项权限。"), ways_on=SCOPES)
    if "api" in scopes and holder.user is None:
        raise RefusedError("user_missing", _("api 密钥须代表一位用户。"))


@transaction.atomic
def rotate_key(*, key: ApiKey, at: datetime, grace: timedelta = GRACE) -> tuple[ApiKey, str]:
    """Issue the successor of a key and return it with its secret; the old one stays valid for `grace`.

    Both belong to one series, so what came by the old one is known to the new one.
    """
    old = ApiKey.objects.select_for_update().get(pk=key.pk)
    if old.revoked_at is not None or (old.expires_at is not None and old.expires_at <= at):
        raise RefusedError("key_ended", _("这把密钥已停用或已过期，请签发新的。"))
    holder = Holder(old.user, old.customer, old.product, old.signing_secret, old.options)
    new, secret = issue_key(name=old.name, scopes=old.scopes, at=at, holder=holder)
    new.series = old.series
    new.save(update_fields=["series"])
    old.expires_at = min(old.expires_at or at + grace, at + grace)
    old.save(update_fields=["expires_at"])
    return new, secret


def revoke_key(*, key: ApiKey, at: datetime) -> ApiKey:
    """End a key at once; ending it again changes nothing."""
    if key.revoked_at is None:
        key.revoked_at = at
        key.save(update_fields=["revoked_at"])
    return key
