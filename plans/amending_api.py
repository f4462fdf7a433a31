"""Amendments of a contract for other programs: its own targets taken back, and another plan."""

from http import HTTPStatus
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from plans.actions.amending import change_plan
from plans.actions.overrides import withdraw
from plans.api import METRICS, OverrideAnswerSerializer, find_contract
from plans.authentication import caller_of
from plans.models import Plan
from plans.permissions import Manages
from sla.api.problems import ProblemError


class WithdrawalSerializer(serializers.Serializer[Any]):
    """Which of a contract's own targets is taken back, and why."""

    metric = serializers.ChoiceField(METRICS)
    reason = serializers.CharField(max_length=400)


class PlanChangeSerializer(serializers.Serializer[Any]):
    """The plan that a contract goes over to, and why."""

    plan = serializers.CharField(max_length=64)
    reason = serializers.CharField(max_length=400)


class PlanChangedSerializer(serializers.Serializer[Any]):
    """The plan that now holds."""

    contract = serializers.CharField(source="number")
    plan = serializers.CharField(source="plan.code")
    version = serializers.IntegerField(source="plan.version")


class ContractWithdrawals(APIView):
    """Take a contract's own target back: the plan's holds again, for what is open under it, too."""

    permission_classes = [Manages]

    @extend_schema(request=WithdrawalSerializer, responses={201: OverrideAnswerSerializer})
    def post(self, request: Request, number: str) -> Response:
        said, who = checked(WithdrawalSerializer, request), decider(request)
        row = withdraw(contract=find_contract(request, number), **said, **who)
        return Response(OverrideAnswerSerializer(row).data, status=HTTPStatus.CREATED)


class ContractPlan(APIView):
    """Put a contract on another plan of its vendor, with who and why; what is open under it follows."""

    permission_classes = [Manages]

    @extend_schema(request=PlanChangeSerializer, responses=PlanChangedSerializer)
    def post(self, request: Request, number: str) -> Response:
        contract = find_contract(request, number)
        said = checked(PlanChangeSerializer, request)
        plan = Plan.objects.current().filter(code=said["plan"]).first()
        if plan is None:
            message = _("没有这个计划。")
            raise ProblemError("invalid", message, errors=[{"field": "plan", "code": "unknown", "message": message}])
        changed = change_plan(contract=contract, plan=plan, reason=said["reason"], **decider(request))
        return Response(PlanChangedSerializer(changed).data)


def checked(reader: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """Return the body that was sent, checked."""
    said = reader(data=request.data)
    said.is_valid(raise_exception=True)
    body: dict[str, Any] = said.validated_data
    return body


def decider(request: Request) -> dict[str, Any]:
    """Return who decides, and when."""
    return {"actor": request.user, "at": caller_of(request).at}
