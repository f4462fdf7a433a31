"""`POST /api/v1/intake/{channel}/`: keep the bytes, then answer with the ticket they became."""

from http import HTTPStatus
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from plans.authentication import Caller, caller_of
from plans.permissions import has_scope
from plans.throttling import IntakeThrottle
from sla.api.problems import ProblemError, refused
from sla.api.unread import UNREAD
from sla.refusals import ActionRefusedError
from tickets.actions.idempotency import Answer
from tickets.actions.inbound import receive, take_in
from tickets.api.answering import idempotency_key, respond
from tickets.api.body import read_body
from tickets.api.conflicts import busy_is_conflict
from tickets.api.intake_schema import IntakeAnswerSerializer, IntakeSerializer
from tickets.channels.base import ENCODING, MalformedError
from tickets.channels.registry import ADAPTERS
from tickets.models import InboundEvent

MALFORMED = "malformed_json"
UNREADABLE = {MALFORMED, "duplicate_key"}


class MayPost(BasePermission):
    """Let in keys of the channel that is posted to."""

    def has_permission(self, request: Request, view: Any) -> bool:
        channel = view.kwargs["channel"]
        if isinstance(request.auth, Caller) and channel not in ADAPTERS:
            raise unknown_channel(channel)
        return has_scope(request, f"intake:{channel}")


class AlwaysJson(BaseContentNegotiation):
    """Answer JSON whatever is asked for: a message must not be lost over an Accept header."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class IntakeView(APIView):
    """Take in one message of a channel."""

    permission_classes = [MayPost]
    throttle_classes = [IntakeThrottle]
    content_negotiation_class = AlwaysJson

    @extend_schema(
        request=IntakeSerializer,
        responses={201: IntakeAnswerSerializer},
        parameters=[
            OpenApiParameter("channel", str, OpenApiParameter.PATH, enum=sorted(ADAPTERS)),
            OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER),
        ],
    )
    def post(self, request: Request, channel: str) -> Response:
        caller = caller_of(request)
        key = idempotency_key(request)
        raw = read_body(request)
        content_type = request.META.get("CONTENT_TYPE", "")[:120]
        event = receive(
            channel=channel, api_key=caller.key, raw=raw, content_type=content_type, idempotency_key=key, at=caller.at
        )
        answer = taken_in(event, caller)
        return respond(answer)


def taken_in(event: InboundEvent, caller: Caller) -> Answer:
    """Take an event in; a refusal says under which number it is kept all the same."""
    try:
        with busy_is_conflict():
            return take_in(event=event, at=caller.at)
    except MalformedError as error:
        raise malformed(error, event) from error
    except ActionRefusedError as error:
        problem = refused(error, HTTPStatus.UNPROCESSABLE_ENTITY)
        problem.more |= {"intake": event.pk}
        raise problem from error


def malformed(error: MalformedError, event: InboundEvent | None = None) -> ProblemError:
    """Return the refusal of what cannot be read, naming every field that is wrong, and as what it is kept if it is."""
    codes = {one.code for one in error.errors}
    code = ENCODING if ENCODING in codes else "invalid"
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if codes <= UNREADABLE:
        code, status = MALFORMED, HTTPStatus.BAD_REQUEST
    errors = [{"field": one.field, "code": one.code, "message": one.message} for one in error.errors]
    message = error.errors[0].message if len(errors) == 1 else _("请求内容有误。")
    more = ({"intake": event.pk} if event else {}) | ({UNREAD: list(error.unread)} if error.unread else {})
    return ProblemError(code, message, status=status, errors=errors, more=more)


def unknown_channel(channel: str) -> ProblemError:
    """Return the refusal of a channel that is not served."""
    message = _("没有渠道 %(channel)s。") % {"channel": channel[:40]}
    return ProblemError("unknown_channel", message, status=HTTPStatus.NOT_FOUND, more={"channels": sorted(ADAPTERS)})
