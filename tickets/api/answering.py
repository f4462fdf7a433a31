"""How requests that may come twice are named and answered."""

from http import HTTPStatus

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from sla.api.problems import CONTENT_TYPE, ProblemError
from tickets.actions.idempotency import KEY_LIMIT, Answer


def respond(answer: Answer) -> Response:
    """Return an answer; one given before says so."""
    replayed = {"Idempotent-Replayed": "true"} if answer.is_replayed else {}
    content_type = None if answer.status < HTTPStatus.BAD_REQUEST else CONTENT_TYPE
    return Response(answer.body, status=answer.status, headers=replayed, content_type=content_type)


def idempotency_key(request: Request) -> str:
    """Return the key that the sender gave, or an empty text. Raises ProblemError 400 when it is no key."""
    key: str = request.META.get("HTTP_IDEMPOTENCY_KEY", "").strip()
    if len(key) > KEY_LIMIT or not key.isprintable():
        message = _("Idempotency-Key 最多 %(limit)s 个可见字符。") % {"limit": KEY_LIMIT}
        raise ProblemError("bad_idempotency_key", message, status=HTTPStatus.BAD_REQUEST)
    return key
