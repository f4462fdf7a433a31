"""When would this be due? Asked of a calendar and a budget, or of a policy."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sla import timeline
from sla.api.fields import InstantField, ProofSerializer, pieces_fields
from sla.api.problems import ProblemError
from sla.compiled import CompiledCalendar, UnknownCodeError, calendar_named, policy_named, policy_of
from sla.hours import CalendarError
from sla.models import Target as TargetRow
from sla.models.policies import Metric
from sla.proof.explained import pieces_between
from sla.timeline import Target

# Longer than any promise; what is asked beyond it would only make the calendar compile for nothing.
LONGEST = timedelta(days=3660)
PRIORITY = "^(low|normal|high|urgent)$"
BY_CALENDAR, BY_POLICY = {"calendar", "budget"}, {"policy", "metric"}
CHOSEN = BY_CALENDAR | BY_POLICY


class BudgetSerializer(serializers.Serializer[Any]):
    """A promised time: open seconds, or working days under a rule."""

    seconds = serializers.DecimalField(
        max_digits=16,
        decimal_places=6,
        min_value=Decimal(0),
        max_value=Decimal(LONGEST.total_seconds()),
        required=False,
    )
    working_days = serializers.DecimalField(
        max_digits=10, decimal_places=6, min_value=Decimal(0), max_value=Decimal(LONGEST.days), required=False
    )
    rule = serializers.ChoiceField(TargetRow.Rule.choices, default=TargetRow.Rule.DURATION)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("seconds" in attrs) == ("working_days" in attrs):
            raise serializers.ValidationError(_("seconds 与 working_days 必须且只能给一个。"), "one_of")
        return attrs


class DueSerializer(serializers.Serializer[Any]):
    """Either a calendar with a budget, or a policy with a metric."""

    start = InstantField()
    calendar = serializers.CharField(max_length=64, required=False)
    budget = BudgetSerializer(required=False)
    policy = serializers.CharField(max_length=120, required=False)
    metric = serializers.ChoiceField(Metric.choices, required=False)
    priority = serializers.RegexField(PRIORITY, default="normal")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.keys() & CHOSEN not in (BY_CALENDAR, BY_POLICY):
            message = _("请给出 calendar 和 budget，或 policy 和 metric。")
            raise serializers.ValidationError(message, "one_of")
        return attrs


class DueAnswerSerializer(serializers.Serializer[Any]):
    """The deadline and why."""

    due_at = InstantField(allow_null=True)
    proof = ProofSerializer()


class DueView(APIView):
    """Compute a deadline without starting a clock."""

    @extend_schema(request=DueSerializer, responses=DueAnswerSerializer)
    def post(self, request: Request) -> Response:
        asked = DueSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        if "policy" in said:
            self.check_may_read_policies(request)
        return Response(DueAnswerSerializer(due_fields(said)).data)

    def check_may_read_policies(self, request: Request) -> None:
        """Refuse whoever may not read policies: some belong to one customer's contract."""
        permission = import_string(settings.POLICY_READERS)()
        if not permission.has_permission(request, self):
            self.permission_denied(request)


def due_fields(said: dict[str, Any]) -> dict[str, Any]:
    """Return the answer to a valid question. Raises ProblemError for a code that nothing is called by."""
    try:
        return _computed(said["start"], *(_by_policy(said) if "policy" in said else _by_calendar(said)))
    except UnknownCodeError as error:
        raise ProblemError("unknown_code", _unknown(said)) from error
    except CalendarError as error:
        raise ProblemError(error.code, _uncountable(error)) from error


def _unknown(said: dict[str, Any]) -> str:
    if "policy" in said:
        return _("没有名为“%s”的响应标准。") % said["policy"]
    return _("没有名为“%s”的服务时间。") % said["calendar"]


def _uncountable(error: CalendarError) -> str:
    """Return in the reader's language what the pure calendar says for programs."""
    words = {
        "bad_working_days": _("这个规则只接受整数工作日。"),
        "out_of_range": _("只能计算公元 1 年到 9999 年之间的时间。"),
    }
    return words.get(error.code, error.detail)


def _computed(start: datetime, target: Target, compiled: CompiledCalendar, version: int | None) -> dict[str, Any]:
    due_at = target.due_at(compiled.calendar, start)
    pieces = pieces_fields(pieces_between(compiled, start, due_at))
    proof = {"due_at": due_at, "pieces": pieces, "policy_version": version, "calendar_version": compiled.version}
    return {"due_at": due_at, "proof": proof}


def _by_calendar(said: dict[str, Any]) -> tuple[Target, CompiledCalendar, int | None]:
    budget = said["budget"]
    seconds = budget.get("seconds")
    target = Target(
        metric=timeline.Metric.RESOLUTION,
        calendar=said["calendar"],
        met_on=frozenset(),
        budget=None if seconds is None else timedelta(microseconds=int(seconds * 1_000_000)),
        days=budget.get("working_days"),
        rule=budget["rule"],
    )
    return target, calendar_named(said["calendar"]), None


def _by_policy(said: dict[str, Any]) -> tuple[Target, CompiledCalendar, int | None]:
    policy = policy_named(said["policy"])
    target = policy_of(policy.pk).terms(said["priority"]).targets.get(said["metric"])
    if target is None:
        raise ProblemError("no_such_target", _("这份响应标准没有承诺这一项。"))
    return target, calendar_named(target.calendar), policy.version
