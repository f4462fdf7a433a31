"""Secrets that must be read again, sealed before they reach the database: who reads a copy of it can sign nothing.

AES-256-GCM under keys derived from the product's own (`settings.SEALING_KEYS`): the first seals, all of them open. What
is kept says which key sealed it, and opens in its own column alone.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache
from secrets import token_bytes
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.translation import gettext as _

from plans.refusals import RefusedError

# Before what is sealed; whatever does not begin so was written before anything was.
MARK = "sealed:1:"
NONCE = 12  # bytes
KEY, NAME = 32, 4  # bytes


class UnopenedError(RefusedError):
    """Raised when a secret cannot be sealed or opened by the keys that there are."""


class Key(NamedTuple):
    """A key that seals, and the name by which it is told from others; nobody learns the key by it."""

    name: str
    cipher: AESGCM


@lru_cache(maxsize=16)
def _derived(material: str) -> Key:
    """Return the key of one of the product's own: never that one itself, which signs other things."""
    parts = HKDF(SHA256(), length=KEY + NAME, salt=None, info=b"shouyue sealed secrets 1").derive(material.encode())
    return Key(parts[KEY:].hex(), AESGCM(parts[:KEY]))


def keys() -> list[Key]:
    """Return the keys that open, the one that seals first; none where a lone command has no `SECRET_KEY`."""
    return [_derived(material) for material in settings.SEALING_KEYS]


def seal(text: str, place: str) -> str:
    """Return a secret as it is kept in `place`, such as "plans.apikey.signing_secret". Raises UnopenedError."""
    found = keys()
    if not found:
        raise UnopenedError(
            "sealing_key_missing",
            _("没有设置 SECRET_KEY，不能加密保存密钥。"),
            ways_on=[_("请用与服务相同的 SECRET_KEY 再执行一次。")],
        )
    nonce = token_bytes(NONCE)
    whole = nonce + found[0].cipher.encrypt(nonce, text.encode(), place.encode())
    return f"{MARK}{found[0].name}:{urlsafe_b64encode(whole).decode()}"


def sealed_by(kept: str) -> str:
    """Return the name of the key that sealed what is kept, blank for what was never sealed."""
    return kept.removeprefix(MARK).partition(":")[0] if kept.startswith(MARK) else ""


def unseal(kept: str, place: str) -> str:
    """Return the secret that is kept in `place`. Raises UnopenedError when no key opens it."""
    if not kept.startswith(MARK):
        return kept
    name, _colon, text = kept.removeprefix(MARK).partition(":")
    key = next((key for key in keys() if key.name == name), None)
    if key is None:
        raise UnopenedError("sealing_key_unknown", _unknown(place, name), ways_on=[_way_back()])
    try:
        whole = urlsafe_b64decode(text)
        return key.cipher.decrypt(whole[:NONCE], whole[NONCE:], place.encode()).decode()
    except (InvalidTag, ValueError) as error:
        raise UnopenedError("sealed_otherwise", _changed(place), ways_on=[_("请重新填写或更换这个密钥。")]) from error


def _unknown(place: str, name: str) -> str:
    words = _("%(place)s 里的密钥打不开：加密它的主密钥（编号 %(key)s）不是现在的 SECRETS_KEY 或 SECRET_KEY。")
    return words % {"place": place, "key": name}


def _changed(place: str) -> str:
    return _("%(place)s 里的密钥打不开：数据库里的内容被改动过。") % {"place": place}


def _way_back() -> str:
    return _("把原来的值加进 SECRET_KEY_FALLBACKS 并重启，再执行 manage.py reseal；找不回原值的，重新填写这个密钥。")
