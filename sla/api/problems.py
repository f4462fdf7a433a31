"""Errors as RFC 9457 problem details: one form for everything that the API refuses, whoever refuses it."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response

from sla.refusals import ActionRefusedError

CONTENT_TYPE = "application/problem+json"
# Whoever asks here is a program, a page's script too, and reads no page.
API = ("/api/", "/chat/v1/")
DEFAULT_STATUS = HTTPStatus.UNPROCESSABLE_ENTITY
CONFLICT = HTTPStatus.CONFLICT
# Refusals that are about what was sent, or by whom, and not about how things stand.
STATUS_OF = {
    "not_allowed": HTTPStatus.FORBIDDEN,
    "not_covered": HTTPStatus.UNPROCESSABLE_ENTITY,
    "idempotency_mismatch": HTTPStatus.UNPROCESSABLE_ENTITY,
    "empty_body": HTTPStatus.UNPROCESSABLE_ENTITY,
    "until_is_past": HTTPStatus.UNPROCESSABLE_ENTITY,
    "until_too_far": HTTPStatus.UNPROCESSABLE_ENTITY,
    "remark_too_long": HTTPStatus.UNPROCESSABLE_ENTITY,
    "unknown_wait": HTTPStatus.UNPROCESSABLE_ENTITY,
    "unknown_outcome": HTTPStatus.UNPROCESSABLE_ENTITY,
    "cannot_own": HTTPStatus.UNPROCESSABLE_ENTITY,
    "bad_amount": HTTPStatus.UNPROCESSABLE_ENTITY,
    "bad_met_on": HTTPStatus.UNPROCESSABLE_ENTITY,
    "bad_rule": HTTPStatus.UNPROCESSABLE_ENTITY,
    "bad_target": HTTPStatus.UNPROCESSABLE_ENTITY,
    "sealed_otherwise": HTTPStatus.SERVICE_UNAVAILABLE,
    "sealing_key_missing": HTTPStatus.SERVICE_UNAVAILABLE,
    "sealing_key_unknown": HTTPStatus.SERVICE_UNAVAILABLE,
    "reason_missing": HTTPStatus.UNPROCESSABLE_ENTITY,
    "unknown_calendar": HTTPStatus.UNPROCESSABLE_ENTITY,
    "calendar_missing": HTTPStatus.UNPROCESSABLE_ENTITY,
}


class ProblemError(exceptions.APIException):
    """Raised where a request is refused; `errors` names each field that is wrong, `more` adds members of its own."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int = DEFAULT_STATUS,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[Mapping[str, str]] = (),
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message, code)
        self.code = code
        self.message = message
        self.status_code = status
        self.headers = dict(headers or {})
        self.errors = list(errors)
        self.more = dict(more or {})

    def body(self) -> dict[str, Any]:
        """Return the members of this problem."""
        found = problem(self.status_code, self.code, self.message) | self.more
        return found | {"errors": self.errors} if self.errors else found


def problem(status: int, code: str, detail: str) -> dict[str, Any]:
    """Return the members that every problem has."""
    return {
        "type": f"urn:shouyue:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
        "code": code,
    }


def refused(error: ActionRefusedError, status: int | None = None) -> ProblemError:
    """Return the problem of an action that may not be done as things stand; without a status, by its code."""
    clause = {"promise": error.promise, "clause": error.clause, "ways_on": error.ways_on}
    more = clause if error.promise or error.clause or error.ways_on else {}
    return ProblemError(error.code, error.message, status=status or STATUS_OF.get(error.code, CONFLICT), more=more)


def handle(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Return the problem for an exception that a view raised; None leaves a real fault to Django."""
    found = translated(error)
    if found is None:
        return None
    request = context.get("request")
    body = found.body() | ({"instance": request.path} if request is not None else {})
    return Response(body, status=found.status_code, headers=found.headers, content_type=CONTENT_TYPE)


def translated(error: Exception) -> ProblemError | None:
    """Return any refusal as a problem, or None for what is a fault."""
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, ActionRefusedError):
        return refused(error)
    if isinstance(error, exceptions.ValidationError):
        return ProblemError("invalid", _("请求内容有误。"), errors=list(field_errors(error.get_full_details())))
    if isinstance(error, exceptions.APIException):
        return _of_framework(error)
    return _of_django(error)


def _of_django(error: Exception) -> ProblemError | None:
    if isinstance(error, Http404):
        return ProblemError("not_found", _("没有这个对象。"), status=HTTPStatus.NOT_FOUND)
    if isinstance(error, PermissionDenied):
        return ProblemError("permission_denied", _("您无权这样做。"), status=HTTPStatus.FORBIDDEN)
    return None


def _of_framework(error: exceptions.APIException) -> ProblemError:
    codes = error.get_codes()
    headers = {}
    if header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = header
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait) or 1)
    code = codes if isinstance(codes, str) else "invalid"
    return ProblemError(code, str(error.detail), status=error.status_code, headers=headers)


def field_errors(details: Any, field: str = "") -> list[dict[str, str]]:
    """Return the errors of a serializer one by one, nested fields written with dots."""
    if isinstance(details, Mapping) and "message" in details and isinstance(details["message"], str | Promise):
        return [{"field": field, "code": str(details["code"]), "message": str(details["message"])}]
    if isinstance(details, Mapping):
        return [one for name, inner in details.items() for one in field_errors(inner, _joined(field, str(name)))]
    return [one for inner in details for one in field_errors(inner, field)]


def _joined(field: str, name: str) -> str:
    if name == "non_field_errors":
        return field
    return f"{field}.{name}" if field else name


def _page(request: HttpRequest, status: HTTPStatus, code: str, detail: str) -> JsonResponse:
    body = problem(status, code, detail) | {"instance": request.path}
    return JsonResponse(body, status=status, content_type=CONTENT_TYPE, json_dumps_params={"ensure_ascii": False})


def bad_request(request: HttpRequest, exception: Exception) -> Any:
    """Answer 400: a problem under the API, a page elsewhere."""
    if request.path.startswith(API):
        return _page(request, HTTPStatus.BAD_REQUEST, "bad_request", _("请求无法读懂。"))
    return defaults.bad_request(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> Any:
    """Answer 403: a problem under the API, a page elsewhere."""
    if request.path.startswith(API):
        return _page(request, HTTPStatus.FORBIDDEN, "permission_denied", _("您无权这样做。"))
    return defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> Any:
    """Answer 404: a problem under the API, a page elsewhere."""
    if request.path.startswith(API):
        return _page(request, HTTPStatus.NOT_FOUND, "not_found", _("没有这个对象。"))
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> Any:
    """Answer 500 without saying anything of the inside."""
    if request.path.startswith(API):
        return _page(request, HTTPStatus.INTERNAL_SERVER_ERROR, "server_error", _("服务器出错，请稍后重试。"))
    return defaults.server_error(request)
