"""Lines of the ledger for other programs: granted, held, used, set free and put right, each booked once a key."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from plans.actions import quotas
from plans.actions.quotas import Posting
from plans.amending_api import checked
from plans.api import find_contract
from plans.authentication import caller_of
from plans.engagements.access import may_arrange
from plans.models import Contract, Entitlement, QuotaEntry, User
from plans.permissions import MANAGING, ActsAsUser
from plans.quotas.api import LineSerializer, line_said
from plans.terms import local_date
from plans.vocabulary import UNITS
from sla.api.problems import ProblemError

Kind = QuotaEntry.Kind
LONGEST_KEY = 64
KEY = [
    OpenApiParameter(
        "Idempotency-Key", OpenApiTypes.STR, OpenApiParameter.HEADER,
        description=f"what asks twice with one key is booked once; at most {LONGEST_KEY} characters",
    )
]  # fmt: skip


class ReasonSerializer(serializers.Serializer[Any]):
    """Why; the customer reads it on the statement."""

    reason = serializers.CharField(max_length=300)
    reason_en = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class BookingSerializer(ReasonSerializer):
    """How much of a service, by its code; for which local date, today unless said, and unit, where it has several."""

    service = serializers.CharField(max_length=40)
    amount = serializers.DecimalField(max_digits=8, decimal_places=2, min_value=Decimal("0.01"))
    unit = serializers.ChoiceField(UNITS, required=False, allow_blank=True, default="")
    on = serializers.DateField(required=False)


class LineKeySerializer(ReasonSerializer):
    """Which line of the ledger, by its id."""

    line = serializers.IntegerField(min_value=1)


class UseSerializer(BookingSerializer):
    """What was used; `reserved` is the line that had held it, if one had."""

    reserved = serializers.IntegerField(min_value=1, required=False, allow_null=True, default=None)


class GivingBackSerializer(LineKeySerializer):
    """How much of a booked use was not."""

    amount = serializers.DecimalField(max_digits=8, decimal_places=2, min_value=Decimal("0.01"))


class BookedLineSerializer(serializers.Serializer[Any]):
    """The line that was booked; null where nothing is counted."""

    line = LineSerializer(allow_null=True)


@dataclass(frozen=True, slots=True)
class Deed:
    """One booking on a contract, with the body that was sent."""

    contract: Contract
    said: dict[str, Any]
    posting: Posting

    @property
    def usual(self) -> dict[str, Any]:
        """Return what every booking of an amount takes."""
        said = self.said
        on = said.get("on") or local_date(self.contract, self.posting.at)
        right = _right(self.contract, said["service"])
        return {
            "entitlement": right, "amount": said["amount"], "on": on, "unit": said["unit"], "posting": self.posting
        }  # fmt: skip

    def line(self, key: int, kind: str) -> QuotaEntry:
        """Return a line of the contract's ledger. Raises Http404 for another contract's as for none."""
        rows = QuotaEntry.objects.select_related("quota__item").filter(quota__contract=self.contract, kind=kind)
        found = rows.filter(pk=key).first()
        if found is None:
            raise Http404
        return found


def _right(contract: Contract, service: str) -> Entitlement:
    rows = contract.entitlements.select_related("item", "contract").filter(item__service=service)
    found = rows.order_by("pk").first()
    if found is None:
        message = _("合同里没有这项服务。")
        raise ProblemError("invalid", message, errors=[{"field": "service", "code": "unknown", "message": message}])
    return found


def _consume(deed: Deed) -> QuotaEntry | None:
    held = deed.said["reserved"]
    reserved = deed.line(held, Kind.RESERVE) if held else None
    return quotas.consume(**deed.usual, reserved=reserved)


def _release(deed: Deed) -> QuotaEntry:
    return quotas.release(reserved=deed.line(deed.said["line"], Kind.RESERVE), posting=deed.posting)


def _give_back(deed: Deed) -> QuotaEntry:
    line = deed.line(deed.said["line"], Kind.CONSUME)
    return quotas.correct(quota=line.quota, amount=deed.said["amount"], posting=deed.posting, of=line)


@dataclass(frozen=True, slots=True)
class Act:
    """A named booking: its body, what it does, and whether only managers may."""

    does: str
    body: type[serializers.Serializer[Any]]
    doing: Callable[[Deed], QuotaEntry | None]
    managers_alone: bool = False


ACTS = {
    "grant": Act("Give a contract more of something, for the window that holds a date.", BookingSerializer,
                 lambda deed: quotas.grant(**deed.usual), managers_alone=True),
    "reserve": Act("Set an amount aside for a date of use.", BookingSerializer,
                   lambda deed: quotas.reserve(**deed.usual)),
    "use": Act("Book what was used on a date.", UseSerializer, _consume),
    "release": Act("Set free what a line holds.", LineKeySerializer, _release),
    "give-back": Act("Put a use right that was booked by mistake, in whole or in part.", GivingBackSerializer,
                     _give_back),
}  # fmt: skip


def act_view(name: str) -> Callable[..., Any]:
    """Return the view of one booking."""
    act = ACTS[name]

    class ActView(APIView):
        permission_classes = [ActsAsUser]

        @extend_schema(
            operation_id=f"ledger_{name.replace('-', '_')}",
            description=act.does,
            parameters=KEY,
            request=act.body,
            responses={201: BookedLineSerializer},
        )
        def post(self, request: Request, number: str) -> Response:
            contract, user = find_contract(request, number), _user(request)
            if not may_arrange(user, contract) or (act.managers_alone and user.role not in MANAGING):
                raise PermissionDenied
            said = checked(act.body, request)
            entry = act.doing(Deed(contract, said, _posting(request, said, user, caller_of(request).at)))
            line = line_said(entry) if entry else None
            return Response(BookedLineSerializer({"line": line}).data, status=HTTPStatus.CREATED)

    return ActView.as_view()


def _user(request: Request) -> User:
    user: Any = request.user
    return user


def _posting(request: Request, said: dict[str, Any], user: User, at: datetime) -> Posting:
    """Return why and by whom a line is booked; one person's key is nobody else's."""
    key = request.headers.get("Idempotency-Key", "") or secrets.token_urlsafe(16)
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise ProblemError("invalid", _("Idempotency-Key 最长 %d 个字符。") % LONGEST_KEY)
    return Posting(at, f"api:{user.pk}:{key}", said["reason"], said["reason_en"], user)
