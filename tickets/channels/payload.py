"""Raw bytes to a JSON object, strictly: what could be read in two ways is refused."""

import json
from collections.abc import Iterable
from typing import Any, NoReturn

from django.utils.translation import gettext as _

from tickets.channels.base import ENCODING, FieldError, MalformedError

MALFORMED = "malformed_json"


def read_payload(raw: bytes) -> dict[str, Any]:
    """Return the object that was sent. Raises MalformedError for bad UTF-8, bad JSON, or anything but an object."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise _malformed(ENCODING, _("内容不是正确的 UTF-8。")) from error
    try:
        payload = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except RecursionError as error:
        raise _malformed(MALFORMED, _("内容嵌套太深。")) from error
    except MalformedError:
        raise
    except ValueError as error:
        raise _malformed(MALFORMED, _("内容不是正确的 JSON。")) from error
    if not isinstance(payload, dict):
        raise _malformed("wrong_type", _("内容必须是一个 JSON 对象。"))
    return payload


def _unique(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that is there twice: two readers would take two different values for it."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _malformed("duplicate_key", _("键 %r 出现了两次。") % name[:80])
        found[name] = value
    return found


def _no_constant(name: str) -> NoReturn:
    raise _malformed(MALFORMED, _("JSON 中没有 %s 这样的数。") % name)


def _malformed(code: str, message: str) -> MalformedError:
    return MalformedError([FieldError("", code, message)])
