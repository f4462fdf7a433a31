"""Updates for other programs: windows, what a contract has to do with them, and requests with every act on one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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

from plans.accounts import contact_of
from plans.actions.updates import requests
from plans.actions.updates.running import Running, describe
from plans.actions.updates.windows import Span
from plans.api import contracts_of, find_contract
from plans.authentication import caller_of
from plans.engagements.access import may_arrange
from plans.models import Contact, Contract, OwnedProduct, UpdateRequest, UpdateWindow, User
from plans.permissions import ActsAsUser
from plans.updates.reading import MOST, find_request, governed, owned_by, packages_for, windows_of, windows_of_any
from plans.updates.serializers import (
    FindingsSerializer,
    NewRequestSerializer,
    NoBodySerializer,
    RequestSerializer,
    RunningSerializer,
    SpanSerializer,
    UpdatesSerializer,
    VersionSerializer,
    WhySerializer,
    WindowSerializer,
)
from sla.api.problems import ProblemError

AHEAD = timedelta(days=180)
LONGEST = timedelta(days=800)
LISTED = 200
LAST = datetime.max.replace(tzinfo=UTC)
FROM_TO = [
    OpenApiParameter(name, OpenApiTypes.DATETIME, description=says)
    for name, says in (("from", "an instant; now without one"), ("to", "an instant; 180 days later without one"))
]


def _user(request: Request) -> User:
    user: Any = request.user
    return user


def _span(request: Request) -> tuple[datetime, datetime]:
    """Return the instants between which windows are asked for."""
    at = caller_of(request).at
    start = _instant(request, "from") or at
    end = _instant(request, "to") or start + min(AHEAD, LAST - start)
    if not timedelta() < end - start <= LONGEST:
        raise _invalid("to", _("to 应晚于 from，最多 800 天。"))
    return start, end


def _instant(request: Request, name: str) -> datetime | None:
    written = request.query_params.get(name, "")
    if not written:
        return None
    try:
        found = datetime.fromisoformat(written)
        if found.tzinfo:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise _invalid(name, _("应为带时区的时刻，如 2026-03-01T00:00:00Z。"))


def _invalid(field: str, message: str) -> ProblemError:
    return ProblemError("invalid", message, errors=[{"field": field, "code": "invalid", "message": message}])


class Updates(APIView):
    """List the windows that concern the caller's contracts, the earliest in front; all of them to our people."""

    permission_classes = [ActsAsUser]

    @extend_schema(responses=WindowSerializer(many=True), parameters=FROM_TO)
    def get(self, request: Request) -> Response:
        user, (start, end) = _user(request), _span(request)
        if user.is_customer or user.role == "partner":
            rows = windows_of_any(contracts_of(user).select_related("plan"), start, end)
        else:
            rows = list(UpdateWindow.objects.shown().between(start, end)[:MOST])
        return Response(WindowSerializer(rows, many=True).data)


def _about(contract: Contract, at: datetime, span: tuple[datetime, datetime]) -> dict[str, Any]:
    """Return everything that a contract has to do with updates, with the windows between two instants."""
    rows = contract.update_requests.select_related("contract", "product").prefetch_related("steps")
    answer = {
        "products": governed(contract, at), "windows": windows_of(contract, *span),
        "requests": rows[:LISTED], "packages": packages_for(contract, at),
    }  # fmt: skip
    return dict(UpdatesSerializer(answer).data)


class ContractUpdates(APIView):
    """Read how a contract's products are updated, its windows, requests and packages; or ask for an update."""

    permission_classes = [ActsAsUser]

    @extend_schema(responses=UpdatesSerializer, parameters=FROM_TO)
    def get(self, request: Request, number: str) -> Response:
        contract, at = find_contract(request, number), caller_of(request).at
        return Response(_about(contract, at, _span(request)))

    @extend_schema(request=NewRequestSerializer, responses={201: RequestSerializer})
    def post(self, request: Request, number: str) -> Response:
        contract, user, at = find_contract(request, number), _user(request), caller_of(request).at
        if not user.is_customer and not may_arrange(user, contract):
            raise PermissionDenied
        form = NewRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        said = form.validated_data
        wanted = requests.Wanted(_owned(contract, said), said["version"], said["wish"], said["wanted_on"])
        contact = _contact(contract, said["contact"], user)
        made = requests.ask(wanted=wanted, contact=contact, actor=user, at=at)
        return Response(_shown(made), status=HTTPStatus.CREATED)


class ContractRunning(APIView):
    """Write down how a product of a contract runs; it decides which policy holds and which windows are told."""

    permission_classes = [ActsAsUser]

    @extend_schema(request=RunningSerializer, responses=UpdatesSerializer)
    def post(self, request: Request, number: str) -> Response:
        contract, user, at = find_contract(request, number), _user(request), caller_of(request).at
        if user.is_customer or not may_arrange(user, contract):
            raise PermissionDenied
        form = RunningSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        said = form.validated_data
        running = Running(said["tenancy"], said["pace"], said["customised"])
        describe(owned=_owned(contract, said), running=running, reason=said["reason"], actor=user, at=at)
        return Response(_about(contract, at, (at, at + AHEAD)))


def _owned(contract: Contract, said: dict[str, Any]) -> OwnedProduct:
    """Return which running product is meant; what is not said does not matter as long as one alone fits."""
    found = [
        one
        for one in owned_by(contract)
        if one.product.code == said["product"]
        and said["deployment"] in ("", one.deployment)
        and said["tenant"] in (None, one.tenant)
    ]
    if not found:
        raise _invalid("product", _("这个产品不在合同里。"))
    if len(found) > 1:
        raise _invalid("product", _("合同里有几处这个产品，请写明 deployment 与 tenant。"))
    return found[0]


def _contact(contract: Contract, key: int | None, user: User) -> Contact | None:
    """Return who asks: a customer's user themselves, else the contact that is named."""
    if user.is_customer:
        return contact_of(user)
    found = Contact.objects.active().filter(customer=contract.customer_id, pk=key).first() if key else None
    if key and found is None:
        raise _invalid("contact", _("客户没有这位联系人。"))
    return found


def _shown(row: UpdateRequest) -> dict[str, Any]:
    return dict(RequestSerializer(find_request(row.number) or row).data)


def _find(request: Request, code: str) -> UpdateRequest:
    """Return one request. Raises Http404 for somebody else's as for one that never was."""
    found = find_request(code, UpdateRequest.objects.visible_to(_user(request)))
    if found is None:
        raise Http404
    return found


class UpdateRequestDetail(APIView):
    """Read one request for an update."""

    permission_classes = [ActsAsUser]

    @extend_schema(responses=RequestSerializer)
    def get(self, request: Request, code: str) -> Response:
        return Response(_shown(_find(request, code)))


@dataclass(frozen=True, slots=True)
class Act:
    """A named act: its body, what it does, and whether the customer may."""

    does: str
    body: type[serializers.Serializer[Any]]
    doing: Callable[..., object]
    theirs_too: bool = False


def _schedule(*, request: UpdateRequest, actor: User, at: datetime, **said: Any) -> object:
    span = Span(said["starts_at"], said["ends_at"])
    return requests.schedule(request=request, span=span, actor=actor, at=at, short_notice=said["short_notice"])


ACTS = {
    "audit": Act("Begin the security audit.", NoBodySerializer, requests.begin_audit),
    "clear": Act("Note that the audit was passed.", FindingsSerializer, requests.clear),
    "schedule": Act("Agree on a time, or another one.", SpanSerializer, _schedule),
    "begin": Act("Note that the update is under way.", NoBodySerializer, requests.begin),
    "finish": Act("Note that the update is done.", VersionSerializer, requests.finish),
    "decline": Act("Say no with a reason.", WhySerializer, requests.decline),
    "withdraw": Act("Take the request back.", WhySerializer, requests.withdraw, theirs_too=True),
}


def act_view(name: str) -> Callable[..., Any]:
    """Return the view of one act."""
    act = ACTS[name]

    class ActView(APIView):
        permission_classes = [ActsAsUser]

        @extend_schema(
            operation_id=f"update_requests_{name}", description=act.does, request=act.body, responses=RequestSerializer
        )
        def post(self, request: Request, code: str) -> Response:
            row, user = _find(request, code), _user(request)
            if not (act.theirs_too if user.is_customer else may_arrange(user, row.contract)):
                raise PermissionDenied
            form = act.body(data=request.data)
            form.is_valid(raise_exception=True)
            act.doing(request=row, actor=user, at=caller_of(request).at, **form.validated_data)
            return Response(_shown(row))

    return ActView.as_view()
