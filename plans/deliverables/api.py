"""Deliverables for other programs: handing over, signing, objecting, and the proof of the working days."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from plans.actions import deliverables as actions
from plans.api import find_contract
from plans.authentication import caller_of
from plans.deliverables import serializers as bodies
from plans.deliverables.access import may_hand_over
from plans.deliverables.files import KeptFile, keep_all, too_large
from plans.deliverables.reading import find
from plans.engagements.reading import find as find_engagement
from plans.models import Contact, Contract, Deliverable, Engagement, Entitlement, User
from plans.permissions import ActsAsUser
from sla.api.problems import ProblemError

LISTED = 500


class ContractDeliverables(APIView):
    """Read what was handed over under a contract, or hand something over."""

    permission_classes = [ActsAsUser]
    parser_classes = [MultiPartParser]

    @extend_schema(responses=bodies.DeliverableListSerializer)
    def get(self, request: Request, number: str) -> Response:
        contract = find_contract(request, number)
        rows = Deliverable.objects.visible_to(_user(request)).filter(contract=contract).brought().order_by("-pk")
        return Response(bodies.DeliverableListSerializer({"results": rows[:LISTED]}).data)

    @extend_schema(request=bodies.NewDeliverableSerializer, responses={201: bodies.DeliverableSerializer})
    def post(self, request: Request, number: str) -> Response:
        contract, user = find_contract(request, number), _user(request)
        form = bodies.NewDeliverableSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        said = form.validated_data
        engagement = _engagement(contract, said["engagement"])
        if not may_hand_over(user, contract, engagement):
            raise PermissionDenied
        handing = actions.Handing(
            entitlement=_right(contract, said["service"]), title=said["title"], title_en=said["title_en"],
            kind=said["kind"], engagement=engagement, addressee=_contact(contract, said["addressee"]),
            papers=_papers(request, said),
        )  # fmt: skip
        made = actions.hand_over(handing=handing, actor=user, at=caller_of(request).at)
        return Response(_shown(made, user), status=HTTPStatus.CREATED)


def _user(request: Request) -> User:
    user: Any = request.user
    return user


def _invalid(field: str, message: str) -> ProblemError:
    return ProblemError("invalid", message, errors=[{"field": field, "code": "invalid", "message": message}])


def _right(contract: Contract, service: str) -> Entitlement:
    rows = contract.entitlements.select_related("item__plan", "contract__customer").filter(item__service=service)
    found = rows.order_by("pk").first()
    if found is None:
        raise _invalid("service", _("合同里没有这项服务。"))
    return found


def _engagement(contract: Contract, number: str) -> Engagement | None:
    found = find_engagement(number, contract.engagements.all()) if number else None
    if number and found is None:
        raise _invalid("engagement", _("合同里没有这次服务。"))
    return found


def _contact(contract: Contract, key: int | None) -> Contact | None:
    found = Contact.objects.active().filter(customer=contract.customer_id, pk=key).first() if key else None
    if key and found is None:
        raise _invalid("addressee", _("客户没有这位联系人。"))
    return found


def _papers(request: Request, said: dict[str, Any]) -> actions.Papers:
    """Return the files that were sent, kept. Raises RefusedError for what is not handed over."""
    if any(getattr(handler, "is_cut", False) for handler in request._request.upload_handlers):
        raise too_large()
    files: list[KeptFile] = keep_all((file.name or "", file.read()) for file in said["files"])
    return actions.Papers(files, said["remark"], said["person_days"], said["amount"])


def _shown(row: Deliverable, user: User) -> dict[str, Any]:
    found = find(row.number) or row
    return dict(bodies.DeliverableSerializer(found, context={"user": user}).data)


def find_deliverable(request: Request, code: str) -> Deliverable:
    """Return one deliverable. Raises Http404 for somebody else's as for one that never was."""
    found = find(code, Deliverable.objects.visible_to(_user(request)))
    if found is None:
        raise Http404
    return found


class DeliverableDetail(APIView):
    """Read one deliverable with its rounds."""

    permission_classes = [ActsAsUser]

    @extend_schema(responses=bodies.DeliverableSerializer)
    def get(self, request: Request, code: str) -> Response:
        return Response(_shown(find_deliverable(request, code), _user(request)))


class DeliverableRounds(APIView):
    """Hand over new files in a new round."""

    permission_classes = [ActsAsUser]
    parser_classes = [MultiPartParser]

    @extend_schema(request=bodies.PapersSerializer, responses={201: bodies.DeliverableSerializer})
    def post(self, request: Request, code: str) -> Response:
        row, user = find_deliverable(request, code), _user(request)
        if not may_hand_over(user, row.contract, row.engagement):
            raise PermissionDenied
        form = bodies.PapersSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        papers = _papers(request, form.validated_data)
        actions.hand_over_again(deliverable=row, papers=papers, actor=user, at=caller_of(request).at)
        return Response(_shown(row, user), status=HTTPStatus.CREATED)


@dataclass(frozen=True, slots=True)
class Deed:
    """One act on one deliverable, with the body that was sent."""

    row: Deliverable
    said: dict[str, Any]
    user: User
    at: datetime

    @property
    def usual(self) -> dict[str, Any]:
        """Return what every action takes."""
        return {"deliverable": self.row, "actor": self.user, "at": self.at}


class NoBodySerializer(serializers.Serializer[Any]):
    """No body is needed."""


@dataclass(frozen=True, slots=True)
class Act:
    """A named act: its body, what it does, and whether it is for our people."""

    does: str
    body: type[serializers.Serializer[Any]]
    doing: Callable[[Deed], object]
    is_ours: bool = False


ACTS = {
    "sign": Act(
        "Sign for exactly the files that the digest names; the time used is deducted, once.",
        bodies.SignatureSerializer,
        lambda deed: actions.sign(**deed.usual, signature=actions.Signature(**deed.said)),
    ),
    "object": Act(
        "Object in writing: nothing is deducted, and new files open a new round.",
        bodies.ObjectionSerializer,
        lambda deed: actions.object_to(**deed.usual, words=deed.said["words"]),
    ),
    "acknowledge": Act(
        "Take note of something that needs no signature.",
        NoBodySerializer,
        lambda deed: actions.acknowledge(**deed.usual),
    ),
    "withdraw": Act(
        "Take back what was handed over by mistake.",
        bodies.TakingBackSerializer,
        lambda deed: actions.withdraw(**deed.usual, reason=deed.said["reason"]),
        is_ours=True,
    ),
}


def act_view(name: str) -> Callable[..., Any]:
    """Return the view of one act."""
    act = ACTS[name]

    class ActView(APIView):
        permission_classes = [ActsAsUser]

        @extend_schema(
            operation_id=f"deliverables_{name}", description=act.does, request=act.body,
            responses=bodies.DeliverableSerializer,
        )  # fmt: skip
        def post(self, request: Request, code: str) -> Response:
            row, user = find_deliverable(request, code), _user(request)
            if act.is_ours and not may_hand_over(user, row.contract, row.engagement):
                raise PermissionDenied
            form = act.body(data=request.data)
            form.is_valid(raise_exception=True)
            act.doing(Deed(row, dict(form.validated_data), user, caller_of(request).at))
            return Response(_shown(row, user))

    return ActView.as_view()
