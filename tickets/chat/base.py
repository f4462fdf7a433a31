"""What all views of the chat have in common: the token, the page's origin, one form of answer to every refusal."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import wraps
from http import HTTPStatus
from typing import Any, cast

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from plans.accounts import zone_named
from sla.api.problems import ProblemError, refused
from sla.refusals import ActionRefusedError
from tickets.channels.base import MalformedError, Reader
from tickets.chat.guests import REALM, Guest, chat_of, guest_of, is_named, origin_of, own_chat
from tickets.models import Chat

METHODS, HEADERS = "GET, POST", "Authorization, Content-Type, Accept-Language, Last-Event-ID"
# Refusals of the chat's actions that are about what was sent; the others are about how things stand.
STATUS_OF = {
    "unknown_chat": HTTPStatus.NOT_FOUND,
    "sign_in": HTTPStatus.FORBIDDEN,
    "unknown_person": HTTPStatus.FORBIDDEN,
    "file_kind": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "file_too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    **dict.fromkeys(
        ("empty_body", "too_long", "empty_file", "empty_subject", "bad_rating", "not_an_answer"),
        HTTPStatus.UNPROCESSABLE_ENTITY,
    ),
}

View = Callable[..., HttpResponseBase]


def shared(view: View) -> View:
    """Return a view that pages of other products may call: their origin by name, no credentials of the browser."""

    @csrf_exempt
    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "OPTIONS":
            return preflight(request)
        with timezone.override(None):
            response = view(request, *args, **kwargs)
        return opened(request, response)

    return answered


def preflight(request: HttpRequest) -> HttpResponse:
    """Answer what a browser asks before it sends a token from another origin."""
    response = HttpResponse(status=HTTPStatus.NO_CONTENT)
    opened(request, response)
    if "Access-Control-Allow-Origin" in response:
        response["Access-Control-Allow-Methods"] = METHODS
        response["Access-Control-Allow-Headers"] = HEADERS
        response["Access-Control-Max-Age"] = "600"
    return response


def opened(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Let the page read an answer, if its origin may; a refused page learns nothing but that."""
    patch_vary_headers(cast(HttpResponse, response), ("Origin",))
    response["Cache-Control"] = "no-store"
    origin = origin_of(request)
    if not origin or (response.status_code == HTTPStatus.FORBIDDEN and getattr(response, "is_foreign", False)):
        return response
    is_good = HTTPStatus.OK <= response.status_code < HTTPStatus.BAD_REQUEST and request.method != "OPTIONS"
    if is_good or is_named(request):
        response["Access-Control-Allow-Origin"] = origin
    return response


class ByToken(BaseAuthentication):
    """Take a visitor's token."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Guest]:
        return AnonymousUser(), guest_of(request._request)

    def authenticate_header(self, request: Request) -> str:
        return REALM


class IsGuest(BasePermission):
    """Let in visitors."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return isinstance(request.auth, Guest)


class ChatView(APIView):
    """A view for the browser of a customer, in their zone."""

    authentication_classes = [ByToken]
    permission_classes = [IsGuest]
    throttle_classes = []
    schema = None

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """Return the view, for pages of other products too."""
        return shared(super().as_view(**initkwargs))

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        contact = self.guest.visitor.contact if isinstance(request.auth, Guest) else None
        if contact:
            timezone.activate(zone_named(contact.zone))

    @property
    def guest(self) -> Guest:
        """Return who asks."""
        return cast(Guest, self.request.auth)

    @property
    def chat(self) -> Chat:
        """Return the conversation that the address names, without a name the latest. Raises ProblemError."""
        return chat_of(self.guest, self.request.query_params.get("chat", "")[:20])

    @property
    def own(self) -> Chat:
        """Return the same conversation, for an action alone. Raises ProblemError."""
        return own_chat(self.guest, self.request.query_params.get("chat", "")[:20])

    @property
    def said(self) -> Reader:
        """Return a reader of the fields that were sent; nothing sent is an empty object. Raises ProblemError."""
        found = self.request.data
        if not isinstance(found, Mapping):
            raise ProblemError("invalid", _("请求内容须是一个 JSON 对象。"))
        return Reader(found)

    def handle_exception(self, exc: Exception) -> Response:
        """Answer a refusal with the status that a browser expects of it."""
        if isinstance(exc, ActionRefusedError) and exc.code in STATUS_OF:
            exc = refused(exc, STATUS_OF[exc.code])
        if isinstance(exc, MalformedError):
            exc = ProblemError("invalid", _("请求内容有误。"), errors=[asdict(error) for error in exc.errors])
        response = super().handle_exception(exc)
        response.is_foreign = isinstance(exc, ProblemError) and exc.code == "foreign_origin"  # type: ignore[attr-defined]
        return response
