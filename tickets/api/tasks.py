"""Work beside a ticket, for programs: read it, ask a colleague, pass it on, tick it off. For our people alone."""

from http import HTTPStatus
from typing import Any

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from plans.authentication import caller_of
from plans.models import User
from plans.models.people import STAFF_ROLES
from sla.api.fields import InstantField
from sla.api.problems import ProblemError
from tickets.actions import side_tasks
from tickets.api.acts import TextField, TruthField
from tickets.api.conflicts import busy_is_conflict
from tickets.api.views import find_ticket, user_of
from tickets.ledger import actor_of
from tickets.models import SideTask, Ticket


class SideTaskSerializer(serializers.Serializer[Any]):
    """One thing that somebody is asked to do beside a ticket."""

    id = serializers.IntegerField()
    title = serializers.CharField()
    assignee = serializers.CharField(allow_null=True, help_text="a username")
    created_by = serializers.CharField(allow_blank=True, help_text="blank: a rule")
    created_at = InstantField()
    done_by = serializers.CharField(allow_blank=True)
    done_at = InstantField(allow_null=True)

    def to_representation(self, task: SideTask) -> dict[str, Any]:
        assignee = task.assignee.username if task.assignee else None
        plain = {
            name: getattr(task, name) for name in ("id", "title", "created_by", "created_at", "done_by", "done_at")
        }
        shown: dict[str, Any] = super().to_representation(plain | {"assignee": assignee})
        return shown


class NewSideTaskSerializer(serializers.Serializer[Any]):
    """What is to be done, and by whom: a username, or nobody yet."""

    title = TextField(max_length=side_tasks.LONGEST_TITLE)
    assignee = TextField(max_length=150, required=False, allow_null=True, default=None)


class SideTaskChangeSerializer(serializers.Serializer[Any]):
    """Tick a task off, or give it to somebody else."""

    done = TruthField(required=False)
    assignee = TextField(max_length=150, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("done") is not True and "assignee" not in attrs:
            raise serializers.ValidationError({"done": [_("请写 done: true，或写 assignee。")]})
        return attrs


class SideTasks(APIView):
    """Work beside a ticket."""

    @extend_schema(responses=SideTaskSerializer(many=True), operation_id="tickets_tasks_list")
    def get(self, request: Request, number: str) -> Response:
        """Read what colleagues were asked to do, oldest first."""
        tasks = ours(request, number).side_tasks.select_related("assignee").order_by("created_at", "pk")
        return Response(SideTaskSerializer(tasks, many=True).data)

    @extend_schema(
        request=NewSideTaskSerializer, responses={201: SideTaskSerializer}, operation_id="tickets_tasks_create"
    )
    def post(self, request: Request, number: str) -> Response:
        """Ask somebody to do something for a ticket."""
        ticket = ours(request, number)
        said = checked(NewSideTaskSerializer, request)
        to = colleague(said["assignee"]) if said["assignee"] is not None else None
        with busy_is_conflict(), transaction.atomic():
            task = side_tasks.add(
                ticket=ticket,
                title=said["title"],
                assignee=to,
                actor=actor_of(user_of(request)),
                at=caller_of(request).at,
            )
        return Response(SideTaskSerializer(task).data, status=HTTPStatus.CREATED)


class OneSideTask(APIView):
    """One piece of work beside a ticket."""

    @extend_schema(request=SideTaskChangeSerializer, responses=SideTaskSerializer, operation_id="tickets_tasks_update")
    def patch(self, request: Request, number: str, pk: int) -> Response:
        """Pass a task on, tick it off, or both in this order."""
        task = ours(request, number).side_tasks.select_related("ticket", "assignee").filter(pk=pk).first()
        if task is None:
            raise Http404
        said = checked(SideTaskChangeSerializer, request)
        user, at = user_of(request), caller_of(request).at
        with busy_is_conflict(), transaction.atomic():
            if "assignee" in said:
                task = side_tasks.reassign(task=task, to=colleague(said["assignee"]), actor=actor_of(user), at=at)
            if said.get("done"):
                task = side_tasks.finish(task=task, actor=user, at=at)
        return Response(SideTaskSerializer(task).data)


def ours(request: Request, number: str) -> Ticket:
    """Return a ticket for one of our people. Raises Http404, and ProblemError 403 for a customer of it."""
    ticket = find_ticket(request, number)
    if not user_of(request).is_agent:
        raise ProblemError("not_allowed", _("只有服务人员可以这样做。"), status=HTTPStatus.FORBIDDEN)
    return ticket


def checked(body: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """Return the body that is wanted, checked."""
    said = body(data=request.data)
    said.is_valid(raise_exception=True)
    valid: dict[str, Any] = said.validated_data
    return valid


def colleague(username: str) -> User:
    """Return a member of staff by username. Raises ProblemError naming the field."""
    found = User.objects.filter(username=username, is_active=True, role__in=STAFF_ROLES).first()
    if found is None:
        message = _("没有这位服务人员。")
        raise ProblemError("invalid", message, errors=[{"field": "assignee", "code": "unknown", "message": message}])
    return found
