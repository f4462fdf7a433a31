"""Who a host product says its user is: a compact JWT, HS256 and nothing else, for one site, short, taken once."""

import binascii
import hashlib
import hmac
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sla.api.strict_json import StrictJsonError, read_json

LONGEST_TOKEN = 4096
# A token holds no longer than this, and a host's clock may be ahead of ours by so much.
LONGEST, AHEAD = timedelta(hours=1), timedelta(minutes=1)
FORM = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)
# By claim, how long its text may be; all three must be there.
NEEDED = {"sub": 254, "aud": 40, "jti": 64}
MAY = {"name": 80, "customer": 64}


class IdentityError(ValueError):
    """Raised for a token that proves nothing; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Claims:
    """What a host said of its user: e-mail or external id, which customer's (where it says so), and for how long."""

    subject: str
    token_id: str
    expires_at: datetime
    name: str = ""
    customer: str = ""


def read_identity(token: str, site: str, secrets: Iterable[str], at: datetime) -> Claims:
    """Return what a token says that one of `secrets` signed for `site` and that holds at `at`. Raises IdentityError.

    Whether it was presented before is not known here.
    """
    if not token:
        raise IdentityError("identity_missing")
    if len(token) > LONGEST_TOKEN or not FORM.fullmatch(token):
        raise IdentityError("identity_malformed")
    signed, _dot, signature = token.rpartition(".")
    head, _dot, body = signed.partition(".")
    _check_head(_object(head))
    # Each secret is tried whatever the one before it said: how long it takes tells nothing.
    if not any([_is_signed(signed, signature, secret) for secret in secrets if secret]):
        raise IdentityError("identity_signature")
    return _claims(_object(body), site, at)


def _object(part: str) -> Mapping[str, Any]:
    try:
        found = read_json(_bytes(part))
    except (StrictJsonError, ValueError) as error:
        raise IdentityError("identity_malformed") from error
    if not isinstance(found, dict):
        raise IdentityError("identity_malformed")
    return found


def _bytes(part: str) -> bytes:
    """Return what base64url says. Raises ValueError for another spelling of the same bytes too."""
    found = urlsafe_b64decode(part + "=" * (-len(part) % 4))
    if binascii.b2a_base64(found, newline=False).rstrip(b"=").translate(bytes.maketrans(b"+/", b"-_")) != part.encode():
        raise ValueError(part)
    return found


def _check_head(head: Mapping[str, Any]) -> None:
    """Take one algorithm only, whatever a token would like, and no extension that must be understood."""
    if head.get("alg") != "HS256" or "crit" in head or head.get("typ", "JWT") not in ("JWT", "jwt"):
        raise IdentityError("identity_algorithm")


def _is_signed(signed: str, signature: str, secret: str) -> bool:
    wanted = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    try:
        return hmac.compare_digest(wanted, _bytes(signature))
    except ValueError:
        return False


def _claims(said: Mapping[str, Any], site: str, at: datetime) -> Claims:
    texts = {name: _text(said.get(name), limit) for name, limit in NEEDED.items()}
    more = {name: _text(said.get(name, ""), limit, required=False) for name, limit in MAY.items()}
    if texts["aud"] != site:
        raise IdentityError("identity_audience")
    issued_at, expires_at = _instant(said.get("iat")), _instant(said.get("exp"))
    _check_times(issued_at, expires_at, at)
    return Claims(texts["sub"], texts["jti"], expires_at, **more)


def _text(value: Any, limit: int, *, required: bool = True) -> str:
    if not isinstance(value, str) or len(value) > limit or "\x00" in value or (required and not value.strip()):
        raise IdentityError("identity_claims")
    return value.strip()


def _instant(value: Any) -> datetime:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise IdentityError("identity_claims")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise IdentityError("identity_claims") from error


def _check_times(issued_at: datetime, expires_at: datetime, at: datetime) -> None:
    tests: dict[str, Callable[[], bool]] = {
        "identity_too_long": lambda: expires_at - issued_at > LONGEST,
        "identity_not_yet": lambda: issued_at > at + AHEAD,
        "identity_expired": lambda: expires_at <= at,
    }
    for code, is_wrong in tests.items():
        if is_wrong():
            raise IdentityError(code)
