"""Addresses outside for programs that run the product: list and add them, read what was sent, send it again."""

from http import HTTPStatus
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from plans.authentication import caller_of
from plans.models import Customer, Team
from plans.models.people import Language
from plans.permissions import Manages
from sla.api.fields import InstantField
from sla.api.problems import ProblemError
from tickets.actions import resending, webhooks
from tickets.actions.webhooks import Wanted
from tickets.models import Delivery, DeliveryTry, WebhookEndpoint
from tickets.models.endpoints import EVENTS


class EndpointSerializer(serializers.Serializer[Any]):
    """An address outside. A robot's address holds its key and is shown without it."""

    name = serializers.CharField(max_length=80)
    kind = serializers.ChoiceField(WebhookEndpoint.Kind.choices, default=WebhookEndpoint.Kind.WEBHOOK)
    url = serializers.URLField(max_length=400)
    language = serializers.ChoiceField(Language.choices, default=Language.CHINESE)
    per_minute = serializers.IntegerField(min_value=1, max_value=6000, allow_null=True, default=None)
    subscriptions = serializers.ListField(child=serializers.ChoiceField(list(EVENTS)), default=list)
    vendor = serializers.CharField(max_length=20, allow_blank=True, default="")
    team = serializers.CharField(allow_null=True, default=None, help_text="a team's code")
    customer = serializers.CharField(allow_null=True, default=None, help_text="a customer's code")
    active = serializers.BooleanField(read_only=True)
    note = serializers.CharField(read_only=True, help_text="why it was switched off")


class NewEndpointSerializer(EndpointSerializer):
    """An endpoint to be added; a robot's secret as its platform gave it, a program gets one of ours."""

    secret = serializers.CharField(max_length=120, allow_blank=True, default="", write_only=True)


class ChangedEndpointSerializer(NewEndpointSerializer):
    """What is to be changed of an endpoint; its name and kind stay as they are."""

    # So does Django REST framework leave out a field of the form before it.
    name: Any = None
    kind: Any = None


class AddedEndpointSerializer(EndpointSerializer):
    """An endpoint just added, with the secret that signs, this one time."""

    secret = serializers.CharField(help_text="`whsec_` and base64; blank for a robot")


class TrySerializer(serializers.Serializer[Any]):
    """One try to send."""

    at = InstantField()
    outcome = serializers.ChoiceField(DeliveryTry.Outcome.choices)
    status = serializers.IntegerField(allow_null=True)
    ms = serializers.IntegerField()
    answer = serializers.CharField(allow_blank=True)


class DeliverySerializer(serializers.Serializer[Any]):
    """One message to an endpoint, and how sending it went."""

    id = serializers.CharField(source="message_id", help_text="as `webhook-id` says")
    type = serializers.CharField(source="subject")
    ticket = serializers.CharField(source="ticket.number", allow_null=True, default=None)
    state = serializers.ChoiceField(Delivery.State.choices)
    queued_at = InstantField()
    sent_at = InstantField(allow_null=True)
    not_before = InstantField()
    error = serializers.CharField(allow_blank=True)
    tries = TrySerializer(many=True)


class ReplaySerializer(serializers.Serializer[Any]):
    """What is to be sent again: one message by its id, or all that failed."""

    id = serializers.CharField(max_length=200, required=False)


class ReplayedSerializer(serializers.Serializer[Any]):
    """How many messages are queued again."""

    queued = serializers.IntegerField()


class DeliveryPages(CursorPagination):
    """The last first."""

    page_size, max_page_size = 50, 200
    page_size_query_param = "page_size"
    ordering = ("-pk",)


def fields_of(endpoint: WebhookEndpoint) -> dict[str, Any]:
    """Return an endpoint as programs may see it."""
    names = ("name", "kind", "language", "per_minute", "subscriptions", "vendor", "note")
    return {
        **{name: getattr(endpoint, name) for name in names},
        "url": endpoint.shown_url,
        "team": endpoint.team.code if endpoint.team else None,
        "customer": endpoint.customer.code if endpoint.customer else None,
        "active": endpoint.is_active,
    }


class Endpoints(APIView):
    """Addresses outside."""

    permission_classes = [Manages]

    @extend_schema(responses=EndpointSerializer(many=True), operation_id="endpoints_list")
    def get(self, request: Request) -> Response:
        """List every address outside by name."""
        rows = WebhookEndpoint.objects.kept().select_related("team", "customer")
        return Response(EndpointSerializer([fields_of(one) for one in rows], many=True).data)

    @extend_schema(
        request=NewEndpointSerializer, responses={201: AddedEndpointSerializer}, operation_id="endpoints_create"
    )
    def post(self, request: Request) -> Response:
        """Add an address outside; its secret is told this one time."""
        body = NewEndpointSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        where = {name: said[name] for name in ("name", "url", "kind", "secret")}
        added = webhooks.add(**where, wanted=wanted_in(said))
        secret = "" if added.is_robot else added.secret
        answer = AddedEndpointSerializer(fields_of(added) | {"secret": secret}).data
        return Response(answer, status=HTTPStatus.CREATED, headers={"Cache-Control": "no-store"})


def wanted_in(said: dict[str, Any]) -> Wanted:
    """Return what a new endpoint is to hear. Raises ProblemError naming a team or customer that there is not."""
    return Wanted(
        language=said["language"],
        per_minute=said["per_minute"],
        subscriptions=tuple(said["subscriptions"]),
        vendor=said["vendor"],
        team=_by_code(Team.objects.all(), "team", said["team"]),
        customer=_by_code(Customer.objects.all(), "customer", said["customer"]),
    )


def _by_code(rows: QuerySet[Any], field: str, code: str | None) -> Any:
    found = rows.filter(code=code).first() if code else None
    if code and found is None:
        message = _("没有代码是“%(code)s”的。") % {"code": code[:64]}
        raise ProblemError("invalid", message, errors=[{"field": field, "code": "unknown", "message": message}])
    return found


def endpoint_named(name: str) -> WebhookEndpoint:
    """Return an endpoint. Raises Http404."""
    found = WebhookEndpoint.objects.kept().filter(name=name).first()
    if found is None:
        raise Http404
    return found


class EndpointDetail(APIView):
    """One address outside."""

    permission_classes = [Manages]

    @extend_schema(responses=EndpointSerializer, operation_id="endpoints_read")
    def get(self, request: Request, name: str) -> Response:
        """Read an address outside."""
        return Response(EndpointSerializer(fields_of(endpoint_named(name))).data)

    @extend_schema(request=ChangedEndpointSerializer, responses=EndpointSerializer, operation_id="endpoints_change")
    def patch(self, request: Request, name: str) -> Response:
        """Change what is sent along, the rest stays; a robot's secret is replaced, or given up when sent empty."""
        endpoint = endpoint_named(name)
        body = ChangedEndpointSerializer(data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        sent = body.validated_data
        with transaction.atomic():
            where = {field: sent[field] for field in ("url", "secret") if field in sent}
            webhooks.change(endpoint=endpoint, wanted=wanted_in(fields_of(endpoint) | sent), **where)
            if sent.get("secret") == "":
                webhooks.drop_secret(endpoint=endpoint)
        return Response(EndpointSerializer(fields_of(endpoint_named(name))).data)

    @extend_schema(responses={204: None}, operation_id="endpoints_remove")
    def delete(self, request: Request, name: str) -> Response:
        """Remove an address outside with its secrets; its log is kept, and its name is free again."""
        caller = caller_of(request)
        webhooks.retire(endpoint=endpoint_named(name), note=str(caller.key.user or ""), at=caller.at)
        return Response(status=HTTPStatus.NO_CONTENT)


class EndpointSecret(APIView):
    """The secret that signs what a program is sent."""

    permission_classes = [Manages]

    @extend_schema(request=None, responses=AddedEndpointSerializer, operation_id="endpoint_secret_renew")
    def post(self, request: Request, name: str) -> Response:
        """Give a program's address a new secret, told this one time; for a day the old one signs beside it."""
        renewed = webhooks.renew_secret(endpoint=endpoint_named(name), at=caller_of(request).at)
        answer = AddedEndpointSerializer(fields_of(renewed) | {"secret": renewed.secret}).data
        return Response(answer, headers={"Cache-Control": "no-store"})


class EndpointDeliveries(APIView):
    """What was sent to one address."""

    permission_classes = [Manages]

    @extend_schema(
        parameters=[OpenApiParameter("state", str, enum=Delivery.State.values)],
        responses=DeliverySerializer(many=True),
        operation_id="endpoint_deliveries_list",
    )
    def get(self, request: Request, name: str) -> Response:
        """Read what was sent to an address, or is to be, the last first."""
        rows = endpoint_named(name).deliveries.select_related("ticket").prefetch_related("tries").defer("rendered")
        state = request.query_params.get("state", "")
        if state and state not in Delivery.State.values:
            message = _("没有状态 %(state)s。") % {"state": state[:20]}
            raise ProblemError("unknown_state", message, status=HTTPStatus.BAD_REQUEST)
        pages = DeliveryPages()
        page = pages.paginate_queryset(rows.filter(state=state) if state else rows, request, view=self)
        return pages.get_paginated_response(DeliverySerializer(page, many=True).data)


class EndpointReplay(APIView):
    """Send again what an address did not get."""

    permission_classes = [Manages]

    @extend_schema(request=ReplaySerializer, responses=ReplayedSerializer, operation_id="endpoint_replay")
    def post(self, request: Request, name: str) -> Response:
        """Queue one message again by its id, or all that failed, each under its own id."""
        endpoint, at = endpoint_named(name), caller_of(request).at
        body = ReplaySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        if "id" not in body.validated_data:
            return Response({"queued": resending.resend_failed(endpoint=endpoint, at=at)})
        row = endpoint.deliveries.filter(message_id=body.validated_data["id"]).first()
        if row is None:
            raise Http404
        resending.resend(delivery=row, at=at)
        return Response({"queued": 1})
