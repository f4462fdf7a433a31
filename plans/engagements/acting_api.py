"""Every act on one engagement, for other programs: each with its body, and whether it is for our people alone."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from plans.actions.engagements import delivering, people, requesting, timing
from plans.actions.engagements.gates import Slot
from plans.authentication import caller_of
from plans.engagements import serializers as bodies
from plans.engagements.access import may_act
from plans.engagements.api import contact_named, find_engagement, invalid, shown, user_of
from plans.models import Attendee, Branch, Engagement, User
from plans.permissions import ActsAsUser


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


def _arrange(deed: Deed) -> object:
    said = dict(deed.said)
    names = said.pop("experts", None)
    experts = None if names is None else _experts(names)
    branch = _branch(deed.row, said.pop("branch", ""))
    arrangement = requesting.Arrangement(experts=experts, branch=branch, **said)
    return requesting.arrange(**deed.usual, arrangement=arrangement)


def _experts(names: list[str]) -> list[User]:
    found = list(User.objects.filter(username__in=names, is_active=True))
    missing = set(names) - {user.username for user in found}
    if missing:
        raise invalid("experts", _("没有名为 %s 的同事。") % _("、").join(sorted(missing)))
    return found


def _branch(row: Engagement, code: str) -> Branch | None:
    if not code:
        return None
    found = Branch.objects.filter(code=code, vendor=row.contract.plan.vendor).first()
    if found is None:
        raise invalid("branch", _("没有这家机构。"))
    return found


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
    said, contract = deed.said, deed.row.contract
    who = contact_named(contract, said["contact"]) or people.Guest(said["name"], said["email"], said["language"])
    return people.add_attendee(**deed.usual, who=who)


def _remove_attendee(deed: Deed) -> object:
    row = deed.row.attendees.filter(pk=deed.said["attendee"]).first()
    if row is None:
        raise invalid("attendee", _("没有这位参加人。"))
    return people.remove_attendee(attendee=row, actor=deed.user, at=deed.at)


def _judge(deed: Deed) -> object:
    own = deed.row.attendees.filter(contact__user=deed.user).exclude(state=Attendee.State.DECLINED).first()
    if own is None:
        raise PermissionDenied
    return people.give_feedback(attendee=own, **deed.said, actor=deed.user, at=deed.at)


@dataclass(frozen=True, slots=True)
class Act:
    """A named act: its body, what it does, and whether it is for our people alone, or open to all who take part."""

    does: str
    body: type[serializers.Serializer[Any]]
    doing: Callable[[Deed], object]
    ours_alone: bool = False
    is_free: bool = False

    def is_for(self, user: User, row: Engagement) -> bool:
        """Tell whether a user who sees an engagement may do this with it."""
        if user.is_customer and (self.ours_alone or self.is_free):
            return not self.ours_alone
        return may_act(user, row)


ACTS = {
    "arrange": Act(
        "Say who delivers it, where and how; what is left out stays as it is.", bodies.ArrangeSerializer, _arrange,
        ours_alone=True,
    ),
    "propose": Act("Put a time on the table.", bodies.ProposeSerializer, _propose),
    "accept": Act(
        "Agree on the time that the other side proposed.", bodies.AcceptSerializer,
        lambda deed: timing.accept(**deed.usual, heard=deed.said["heard"]),
    ),
    "withdraw": Act("Take back a proposed time, or decline it.", bodies.NothingSerializer,
                    lambda deed: timing.withdraw(**deed.usual)),
    "stage": Act(
        "Put it at one of its stages, counted from 0.", bodies.StageSerializer,
        lambda deed: delivering.advance(**deed.usual, stage=deed.said["stage"]), ours_alone=True,
    ),
    "deliver": Act(
        "Note that it took place.", bodies.DeliverSerializer,
        lambda deed: delivering.deliver(**deed.usual, took=delivering.Took(**deed.said)), ours_alone=True,
    ),
    "record": Act("Write down what was done, and who came.", bodies.RecordSerializer, _record, ours_alone=True),
    "close": Act("Close it once it is recorded.", bodies.NothingSerializer, lambda deed: delivering.close(**deed.usual),
                 ours_alone=True),
    "cancel": Act(
        "Call it off.", bodies.ReasonSerializer,
        lambda deed: delivering.cancel(**deed.usual, reason=deed.said["reason"]),
    ),
    "attendees": Act("Have somebody take part.", bodies.GuestSerializer, _add_attendee),
    "excuse": Act("Have somebody not take part any more.", bodies.AttendeeKeySerializer, _remove_attendee),
    "post": Act(
        "Say something beside it.", bodies.PostSerializer,
        lambda deed: people.post(**deed.usual, body=deed.said["body"]), is_free=True,
    ),
    "feedback": Act("Say what one thought of it, having been there.", bodies.FeedbackSerializer, _judge, is_free=True),
}  # fmt: skip


def act_view(name: str) -> Callable[..., Any]:
    """Return the view of one act."""
    act = ACTS[name]

    class ActView(APIView):
        permission_classes = [ActsAsUser]

        @extend_schema(
            operation_id=f"engagements_{name}",
            description=act.does,
            request=act.body,
            responses=bodies.EngagementSerializer,
        )
        def post(self, request: Request, code: str) -> Response:
            row, user = find_engagement(request, code), user_of(request)
            if not act.is_for(user, row):
                raise PermissionDenied
            form = act.body(data=request.data)
            form.is_valid(raise_exception=True)
            act.doing(Deed(row, dict(form.validated_data), user, caller_of(request).at))
            return Response(shown(row, user))

    return ActView.as_view()
