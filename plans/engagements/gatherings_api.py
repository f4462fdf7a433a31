"""Events and certifications for other programs: held by our people, joined by the customers'. Source: K16, K17"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any
from zoneinfo import available_timezones

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from plans.accounts import contact_of
from plans.actions.engagements import gathering as actions
from plans.actions.engagements.gates import Slot
from plans.authentication import caller_of
from plans.engagements.access import may_hold, seen_in
from plans.engagements.api import invalid, user_of
from plans.engagements.offered import gathered, stages_of
from plans.engagements.serializers import AttendeeKeySerializer, AttendeeSerializer, ReasonSerializer, StageSerializer
from plans.models import Attendee, Contact, Gathering, Mode, User
from plans.permissions import ActsAsUser
from plans.wording import clause_of, text_of
from sla.api.fields import InstantField

LISTED = 200


class PersonSerializer(AttendeeSerializer):
    """Somebody invited or enrolled, with the customer they belong to."""

    customer = serializers.CharField(source="engagement.contract.customer.code")

    class Meta(AttendeeSerializer.Meta):
        fields = [*AttendeeSerializer.Meta.fields, "customer", "has_passed", "score"]
        read_only_fields = fields


class GatheringSerializer(serializers.Serializer[Any]):
    """An event or a certification; `people` are all to our side, oneself to a customer's."""

    id = serializers.IntegerField()
    service = serializers.CharField()
    vendor = serializers.CharField()
    title = serializers.CharField()
    text = serializers.CharField(allow_blank=True)
    promise = serializers.CharField()
    clause = serializers.CharField()
    starts_at = InstantField()
    ends_at = InstantField()
    timezone = serializers.CharField()
    mode = serializers.CharField()
    place = serializers.CharField(allow_blank=True)
    places = serializers.IntegerField(allow_null=True)
    enrol_until = serializers.DateField(allow_null=True)
    is_by_invitation = serializers.BooleanField()
    cancelled_at = InstantField(allow_null=True)
    stage = serializers.IntegerField()
    stages = serializers.ListField(child=serializers.CharField())
    people = PersonSerializer(many=True)


class NewGatheringSerializer(serializers.Serializer[Any]):
    """What is published, in both languages; times with an offset."""

    service = serializers.CharField(max_length=40)
    vendor = serializers.CharField(max_length=20)
    title = serializers.CharField(max_length=160)
    title_en = serializers.CharField(max_length=160)
    text = serializers.CharField(max_length=4000, required=False, allow_blank=True, default="")
    text_en = serializers.CharField(max_length=4000, required=False, allow_blank=True, default="")
    starts_at = InstantField()
    ends_at = InstantField()
    timezone = serializers.ChoiceField(sorted(available_timezones()), default="Asia/Shanghai")
    mode = serializers.ChoiceField(Mode.choices, default=Mode.ON_SITE)
    place = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    places = serializers.IntegerField(min_value=1, max_value=100_000, required=False, allow_null=True, default=None)
    enrol_until = serializers.DateField(required=False, allow_null=True, default=None)


class InviteSerializer(serializers.Serializer[Any]):
    """Whom to invite, by their ids."""

    contacts = serializers.ListField(child=serializers.IntegerField(min_value=1), min_length=1, max_length=500)


class ResultSerializer(AttendeeKeySerializer):
    """What became of one person; what is left out is not known yet."""

    came = serializers.BooleanField(required=False, allow_null=True, default=None)
    has_passed = serializers.BooleanField(required=False, allow_null=True, default=None)
    score = serializers.CharField(max_length=20, required=False, allow_blank=True, default="")
    certificate = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")


class DoneSerializer(serializers.Serializer[Any]):
    """What was done."""

    done = serializers.CharField(max_length=20_000)


class NobodySerializer(serializers.Serializer[Any]):
    """No body is needed."""


def said_of(row: Gathering, user: User) -> dict[str, Any]:
    """Return an event or certification as one reader may see it, in the language in use."""
    item = actions.item_of(row.service, row.vendor)
    plain = ("id", "service", "vendor", "starts_at", "ends_at", "timezone", "mode", "place", "places", "enrol_until",
             "is_by_invitation", "cancelled_at", "stage")  # fmt: skip
    return {
        **{name: getattr(row, name) for name in plain},
        "title": text_of(row, "title"),
        "text": text_of(row, "text"),
        "promise": item.promise,
        "clause": clause_of(item),
        "stages": [stage.name for stage in stages_of(item)],
        "people": seen_in(row, user).order_by("pk"),
    }


def seen_by(user: User) -> list[Gathering]:
    """Return what a user may see, the latest in front: our people all, a contact what they may join. Source: K17"""
    if not user.is_customer:
        return list(Gathering.objects.visible_to(user)[:LISTED])
    contact = contact_of(user)
    if contact is None:
        return []
    contracts = contact.customer.contracts.select_related("plan")
    given = {(one.plan.vendor, right.item.service) for one in contracts for right in gathered(one)}
    rows = Gathering.objects.open_to(contact)[:LISTED]
    return [row for row in rows if (row.vendor, row.service) in given]


def find_gathering(user: User, pk: int) -> Gathering:
    """Return an event or certification. Raises Http404 for one that the user may not see, as for none. Source: K17"""
    found = next((row for row in seen_by(user) if row.pk == pk), None)
    if found is None:
        raise Http404
    return found


class Gatherings(APIView):
    """Read what is held for many customers, or publish it."""

    permission_classes = [ActsAsUser]

    @extend_schema(operation_id="gatherings_list", responses=GatheringSerializer(many=True))
    def get(self, request: Request) -> Response:
        user = user_of(request)
        return Response(GatheringSerializer([said_of(row, user) for row in seen_by(user)], many=True).data)

    @extend_schema(request=NewGatheringSerializer, responses={201: GatheringSerializer})
    def post(self, request: Request) -> Response:
        user = user_of(request)
        if not may_hold(user):
            raise PermissionDenied
        form = NewGatheringSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        said = dict(form.validated_data)
        slot = Slot(said.pop("starts_at"), said.pop("ends_at"))
        made = actions.publish(event=actions.Event(slot=slot, **said), actor=user, at=caller_of(request).at)
        return Response(GatheringSerializer(said_of(made, user)).data, status=HTTPStatus.CREATED)


class GatheringDetail(APIView):
    """Read one event or certification."""

    permission_classes = [ActsAsUser]

    @extend_schema(operation_id="gatherings_read", responses=GatheringSerializer)
    def get(self, request: Request, pk: int) -> Response:
        user = user_of(request)
        return Response(GatheringSerializer(said_of(find_gathering(user, pk), user)).data)


@dataclass(frozen=True, slots=True)
class Deed:
    """One act on one event or certification, with the body that was sent."""

    row: Gathering
    said: dict[str, Any]
    user: User
    at: datetime

    @property
    def usual(self) -> dict[str, Any]:
        """Return what every action takes."""
        return {"gathering": self.row, "actor": self.user, "at": self.at}

    @property
    def contact(self) -> Contact:
        """Return the contact that acts. Raises PermissionDenied for our own people."""
        found = contact_of(self.user) if self.user.is_customer else None
        if found is None:
            raise PermissionDenied
        return found


def _invite(deed: Deed) -> object:
    wanted = set(deed.said["contacts"])
    found = list(Contact.objects.active().filter(pk__in=wanted).select_related("customer", "user").order_by("pk"))
    if missing := wanted - {contact.pk for contact in found}:
        raise invalid("contacts", _("没有编号为 %s 的联系人。") % _("、").join(map(str, sorted(missing))))
    return actions.invite(**deed.usual, contacts=found)


def _decline(deed: Deed) -> object:
    row = Attendee.objects.filter(engagement__gathering=deed.row, contact=deed.contact).first()
    if row is None:
        raise PermissionDenied
    return actions.decline(attendee=row, actor=deed.user, at=deed.at)


def _note_result(deed: Deed) -> object:
    said = dict(deed.said)
    row = Attendee.objects.filter(engagement__gathering=deed.row, pk=said.pop("attendee")).first()
    if row is None:
        raise invalid("attendee", _("没有这位参加人。"))
    return actions.note_result(attendee=row, result=actions.Result(**said), actor=deed.user, at=deed.at)


@dataclass(frozen=True, slots=True)
class Act:
    """A named act: its body, what it does, and whether it is the customers' own."""

    does: str
    body: type[serializers.Serializer[Any]]
    doing: Callable[[Deed], object]
    is_theirs: bool = False


ACTS = {
    "invite": Act("Invite contacts.", InviteSerializer, _invite),
    "stage": Act("Put it at one of its stages, for everybody, counted from 0.", StageSerializer,
                 lambda deed: actions.move_on(**deed.usual, stage=deed.said["stage"])),
    "result": Act("Note who came, who passed, and which certificate they got.", ResultSerializer, _note_result),
    "conclude": Act("End it once it was held.", DoneSerializer,
                    lambda deed: actions.conclude(**deed.usual, done=deed.said["done"])),
    "call-off": Act("Call it off.", ReasonSerializer,
                    lambda deed: actions.call_off(**deed.usual, reason=deed.said["reason"])),
    "enrol": Act("Take part.", NobodySerializer, lambda deed: actions.enrol(**deed.usual, contact=deed.contact),
                 is_theirs=True),
    "decline": Act("Take part no more, or not at all.", NobodySerializer, _decline, is_theirs=True),
}  # fmt: skip


def act_view(name: str) -> Callable[..., Any]:
    """Return the view of one act."""
    act = ACTS[name]

    class ActView(APIView):
        permission_classes = [ActsAsUser]

        @extend_schema(
            operation_id=f"gatherings_{name.replace('-', '_')}",
            description=act.does,
            request=act.body,
            responses=GatheringSerializer,
        )
        def post(self, request: Request, pk: int) -> Response:
            user = user_of(request)
            row = find_gathering(user, pk)
            if act.is_theirs != user.is_customer or not (act.is_theirs or may_hold(user)):
                raise PermissionDenied
            form = act.body(data=request.data)
            form.is_valid(raise_exception=True)
            act.doing(Deed(row, dict(form.validated_data), user, caller_of(request).at))
            row.refresh_from_db()
            return Response(GatheringSerializer(said_of(row, user)).data)

    return ActView.as_view()
