"""What the chat does not have: told as a problem, for a program asks."""

from http import HTTPStatus

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _

from sla.api.problems import CONTENT_TYPE, problem
from tickets.chat.base import shared


@shared
def missing(request: HttpRequest) -> JsonResponse:
    """Answer 404 to an address that is none of ours."""
    body = problem(HTTPStatus.NOT_FOUND, "not_found", _("没有这个地址。")) | {"instance": request.path}
    return JsonResponse(
        body, status=HTTPStatus.NOT_FOUND, content_type=CONTENT_TYPE, json_dumps_params={"ensure_ascii": False}
    )
