"""Calls of the hotline, for programs of our own people: the list, and one with what the switchboard told of it."""

from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from plans.permissions import WorksTickets
from sla.api.fields import InstantField
from sla.api.problems import ProblemError
from tickets.api.views import user_of
from tickets.models import Call

RELATED = ("contact", "customer", "contract", "product", "agent", "ticket", "call_back__claimed_by")


class CallSerializer(serializers.Serializer[Any]):
    """One call as it stands."""

    code = serializers.CharField()
    state = serializers.ChoiceField(choices=Call.State.choices)
    direction = serializers.ChoiceField(choices=Call.Direction.choices)
    caller = serializers.CharField(allow_blank=True)
    called = serializers.CharField(allow_blank=True)
    menu = serializers.CharField(allow_blank=True, help_text="the keys that were pressed")
    vendor = serializers.CharField(allow_blank=True)
    tenant = serializers.CharField(allow_blank=True)
    product = serializers.CharField(source="product.code", default=None, allow_null=True)
    customer = serializers.CharField(source="customer.code", default=None, allow_null=True)
    contact = serializers.IntegerField(source="contact_id", allow_null=True)
    contract = serializers.CharField(source="contract.number", default=None, allow_null=True)
    agent = serializers.CharField(source="agent.username", default=None, allow_null=True)
    rang_at = InstantField()
    answered_at = InstantField(allow_null=True, help_text="by a person")
    ended_at = InstantField(allow_null=True)
    question = serializers.CharField(allow_blank=True)
    ticket = serializers.CharField(source="ticket.number", default=None, allow_null=True)


class CallEventSerializer(serializers.Serializer[Any]):
    """One thing that the switchboard told."""

    kind = serializers.CharField()
    at = InstantField()
    received_at = InstantField()
    fields = serializers.JSONField()  # type: ignore[assignment]


class CallBackSerializer(serializers.Serializer[Any]):
    """The call that is owed for it."""

    owed_at = InstantField()
    claimed_by = serializers.CharField(source="claimed_by.username", default=None, allow_null=True)
    done_at = InstantField(allow_null=True)
    result = serializers.CharField(allow_blank=True)


class CallDetailSerializer(CallSerializer):
    """One call with all that is known of it."""

    result = serializers.CharField(allow_blank=True)
    recording_url = serializers.CharField(allow_blank=True)
    transcript = serializers.JSONField()
    call_back = CallBackSerializer(allow_null=True)
    events = CallEventSerializer(many=True)


class CallPages(CursorPagination):
    """Pages of calls, the latest first, that stay right while new ones come."""

    page_size, max_page_size = 50, 200
    page_size_query_param = "page_size"
    ordering = ("-rang_at", "-pk")


def seen_by(request: Request) -> QuerySet[Call]:
    """Return the calls that whoever asks may see."""
    return Call.objects.visible_to(user_of(request)).select_related(*RELATED)


class Calls(ListAPIView[Call]):
    """List calls, the latest first; `state` narrows to one."""

    permission_classes = [WorksTickets]
    serializer_class = CallSerializer
    pagination_class = CallPages
    filter_backends = []
    queryset = Call.objects.none()

    @extend_schema(parameters=[OpenApiParameter("state", str, enum=Call.State.values)])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Call]:
        state = self.request.query_params.get("state", "")
        if state and state not in Call.State.values:
            message = _("没有通话状态 %(state)s。") % {"state": state[:20]}
            raise ProblemError("unknown_state", message, status=HTTPStatus.BAD_REQUEST)
        return seen_by(self.request).filter(state=state) if state else seen_by(self.request)


class CallDetail(APIView):
    """Read one call."""

    permission_classes = [WorksTickets]

    @extend_schema(responses=CallDetailSerializer)
    def get(self, request: Request, code: str) -> Response:
        found = seen_by(request).prefetch_related("events").filter(code=code).first()
        if found is None:
            raise Http404
        return Response(CallDetailSerializer(found).data)
