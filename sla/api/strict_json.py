"""JSON read strictly: what two readers could take in two ways is refused."""

import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, NoReturn

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from sla.api.problems import ProblemError
from sla.api.unread import Read

LIMIT = 10 * 1024 * 1024


class StrictJsonError(ValueError):
    """Raised for a text that is no JSON, or that says something twice."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def read_json(raw: bytes) -> Any:
    """Return the value that was sent. Raises StrictJsonError for bad UTF-8, bad JSON, or a key that is there twice."""
    try:
        return json.loads(raw.decode(), object_pairs_hook=_unique, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise StrictJsonError("invalid_encoding", _("内容不是正确的 UTF-8。")) from error
    except RecursionError as error:
        raise StrictJsonError("malformed_json", _("内容嵌套太深。")) from error
    except StrictJsonError:
        raise
    except ValueError as error:
        raise StrictJsonError("malformed_json", _("内容不是正确的 JSON。")) from error


def _unique(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise StrictJsonError("duplicate_key", _("键 %r 出现了两次。") % name[:80])
        found[name] = value
    return found


def _no_constant(name: str) -> NoReturn:
    raise StrictJsonError("malformed_json", _("JSON 中没有 %s 这样的数。") % name)


def too_large(limit: int) -> ProblemError:
    """Return the refusal of a body beyond the limit, in bytes."""
    message = _("内容超过 %(limit)s MB。") % {"limit": limit >> 20}
    return ProblemError("too_large", message, status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


class StrictJsonParser(JSONParser):
    """Read a request's JSON strictly, up to a limit."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        raw = stream.read(LIMIT + 1)
        if len(raw) > LIMIT:
            raise too_large(LIMIT)
        try:
            sent = read_json(raw)
        except StrictJsonError as error:
            raise ParseError(error.message, error.code) from error
        return Read(sent) if isinstance(sent, dict) else sent
