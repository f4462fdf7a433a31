"""Engagements for other programs: what may be asked for, asking for it, and every act on one."""

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
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from plans.accounts import contact_of
from plans.actions.engagements import delivering, people, timing
from plans.actions.engagements.asking import Asked, ask
from plans.actions.engagements.gates import Slot
from plans.actions.engagements.requesting import Wanted
from plans.api import find_contract
from plans.authentication import caller_of
from plans.engagements.access import may_act, may_arrange
from plans.engagements.reading import brought, find, offers_of
from plans.engagements.serializers import (
    AcceptSerializer,
    DeliverSerializer,
    EngagementSerializer,
    GuestSerializer,
    ListSerializer,
    NewEngagementSerializer,
    NothingSerializer,
    PostSerializer,
    ProposeSerializer,
    ReasonSerializer,
    RecordSerializer,
)
from plans.models import Attendee, Contact, Contract, Engagement, User
from plans.permissions import ActsAsUser
from sla.api.problems import ProblemError

LISTED = 500


class ContractEngagements(APIView):
    """Read a contract's engagements and what may be asked for under it, or ask for a service."""

    permission_classes = [ActsAsUser]

    @extend_schema(responses=ListSerializer)
    def get(self, request: Request, number: str) -> Response:
        contract = find_contract(request, number)
        rows = brought(Engagement.objects.visible_to(_user(request)).filter(contract=contract))
        answer = {"results": rows.order_by("-pk")[:LISTED], "offers": offers_of(contract, caller_of(request).at)}
        return Response(ListSerializer(answer).data)

    @extend_schema(request=NewEngagementSerializer, responses={201: EngagementSerializer})
    def post(self, request: Request, number: str) -> Response:
        contract, user, at = find_contract(request, number), _user(request), caller_of(request).at
        if not user.is_customer and not may_arrange(user, contract):
            raise PermissionDenied
        form = NewEngagementSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        said = form.validated_data
        insisting = timing.Insisting(said["short_notice"])
        made = ask(asked=_asked(contract, said, user, at), actor=user, at=at, insisting=insisting)
        return Response(_shown(made, user), status=HTTPStatus.CREATED)


def _user(request: Request) -> User:
    user: Any = request.user
    return user


def _asked(contract: Contract, said: dict[str, Any], user: User, at: datetime) -> Asked:
    offered = {one.item.service: one for one in offers_of(contract, at)}
    offer = offered.get(said["service"])
    if offer is None:
        raise _invalid("service", _("合同里没有这项可以申请的服务。"))
    if set(said["excluded"]) - {one.code for one in offer.left_out}:
        raise _invalid("excluded", _("请用这项服务 left_out 里的 code。"))
    series = find(said["series"], contract.engagements.all()) if said["series"] else None
    if said["series"] and series is None:
        raise _invalid("series", _("没有这个系列。"))
    wanted = Wanted(
        topic=said["topic"], wish=said["wish"], mode=said["mode"], place=said["place"], ticked=said["excluded"],
        person_days=said["person_days"], amount=said["amount"], part_of=series,
    )  # fmt: skip
    slot = Slot(said["starts_at"], said["ends_at"]) if said["starts_at"] else None
    return Asked(offer.entitlement, wanted, _contact(contract, said["contact"], user), slot)


def _contact(contract: Contract, key: int | None, user: User) -> Contact | None:
    """Return who asks: a customer's user themselves, else the contact that is named."""
    if user.is_customer:
        return contact_of(user)
    found = Contact.objects.active().filter(customer=contract.customer_id, pk=key).first() if key else None
    if key and found is None:
        raise _invalid("contact", _("客户没有这位联系人。"))
    return found


def _invalid(field: str, message: str) -> ProblemError:
    return ProblemError("invalid", message, errors=[{"field": field, "code": "invalid", "message": message}])


def _shown(row: Engagement, user: User) -> dict[str, Any]:
    found = find(row.number) or row
    return dict(EngagementSerializer(found, context={"user": user}).data)


def find_engagement(request: Request, code: str) -> Engagement:
    """Return one engagement. Raises Http404 for somebody else's as for one that never was."""
    found = find(code, Engagement.objects.visible_to(_user(request)))
    if found is None:
        raise Http404
    return found


class EngagementDetail(APIView):
    """Read one engagement."""

    permission_classes = [ActsAsUser]

    @extend_schema(responses=EngagementSerializer)
    def get(self, request: Request, code: str) -> Response:
        return Response(_shown(find_engagement(request, code), _user(request)))


@dataclass(frozen=True, slots=True)
class Deed:
    """One act on one engagement, with the body that was sent."""

    row: Engagement
    said: dict[str, Any]
    user: User
    at: datetime

    @property
    def usual(self) -> dict[str, Any]:
        """Return what every action takes."""
        return {"engagement": self.row, "actor": self.user, "at": self.at}


def _propose(deed: Deed) -> object:
    said = deed.said
    insisting = timing.Insisting(said["short_notice"], said["despite_conflict"])
    slot = Slot(said["starts_at"], said["ends_at"])
    return timing.propose(**deed.usual, slot=slot, remark=said["note"], insisting=insisting)


def _record(deed: Deed) -> object:
    came = set(deed.said["came"])
    attended = {row.pk: row.pk in came for row in deed.row.attendees.exclude(state=Attendee.State.DECLINED)}
    return delivering.record(**deed.usual, report=delivering.Report(deed.said["done"], attended))


def _add_attendee(deed: Deed) -> object:
    said = deed.said
    contact = _contact(deed.row.contract, said["contact"], deed.user) if said["contact"] else None
    if deed.user.is_customer and said["contact"]:
        contact = Contact.objects.active().filter(customer=deed.row.contract.customer_id, pk=said["contact"]).first()
    who = contact or people.Guest(said["name"], said["email"], said["language"])
    return people.add_attendee(**deed.usual, who=who)


@dataclass(frozen=True, slots=True)
class Act:
    """A named act: its body, what it does, and whether it is for our people alone."""

    does: str
    body: type[serializers.Serializer[Any]]
    doing: Callable[[Deed], object]
    ours_alone: bool = False


ACTS = {
    "propose": Act("Put a time on the table.", ProposeSerializer, _propose),
    "accept": Act(
        "Agree on the time that the other side proposed.", AcceptSerializer,
        lambda deed: timing.accept(**deed.usual, heard=deed.said["heard"]),
    ),
    "withdraw": Act("Take back a proposed time, or decline it.", NothingSerializer,
                    lambda deed: timing.withdraw(**deed.usual)),
    "deliver": Act(
        "Note that it took place.", DeliverSerializer,
        lambda deed: delivering.deliver(**deed.usual, took=delivering.Took(**deed.said)), ours_alone=True,
    ),
    "record": Act("Write down what was done, and who came.", RecordSerializer, _record, ours_alone=True),
    "close": Act("Close it once it is recorded.", NothingSerializer, lambda deed: delivering.close(**deed.usual),
                 ours_alone=True),
    "cancel": Act(
        "Call it off.", ReasonSerializer, lambda deed: delivering.cancel(**deed.usual, reason=deed.said["reason"])
    ),
    "attendees": Act("Have somebody take part.", GuestSerializer, _add_attendee),
    "post": Act(
        "Say something beside it.", PostSerializer, lambda deed: people.post(**deed.usual, body=deed.said["body"])
    ),
}  # fmt: skip


def act_view(name: str) -> Callable[..., Any]:
    """Return the view of one act."""
    act = ACTS[name]

    class ActView(APIView):
        permission_classes = [ActsAsUser]

        @extend_schema(
            operation_id=f"engagements_{name}", description=act.does, request=act.body, responses=EngagementSerializer
        )
        def post(self, request: Request, code: str) -> Response:
            row, user = find_engagement(request, code), _user(request)
            is_free = user.is_customer and name == "post"
            if not (is_free or may_act(user, row)) or (act.ours_alone and user.is_customer):
                raise PermissionDenied
            form = act.body(data=request.data)
            form.is_valid(raise_exception=True)
            act.doing(Deed(row, dict(form.validated_data), user, caller_of(request).at))
            return Response(_shown(row, user))

    return ActView.as_view()
