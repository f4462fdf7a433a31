"""What a contract said on any day, and every change of it, for other programs."""

from datetime import date
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from plans.api import find_contract
from plans.authentication import caller_of
from plans.history.applied import Applied, as_of
from plans.history.words import Names, agreement_in, lines_of
from plans.models import Contract, ContractChange
from plans.terms import local_date
from plans.wording import name_of
from sla.api.fields import InstantField


class DayAskedSerializer(serializers.Serializer[Any]):
    """The local date of the contract that is asked about; today without one."""

    on = serializers.DateField(required=False)

    def validate_on(self, on: date) -> date:
        if not 1990 <= on.year <= 2200:
            raise serializers.ValidationError("1990-01-01 … 2200-12-31", "out_of_range")
        return on


class VersionedSerializer(serializers.Serializer[Any]):
    """One version of a plan, policy or calendar."""

    code = serializers.CharField()
    version = serializers.IntegerField()


class AppliedProductSerializer(serializers.Serializer[Any]):
    """A product under a contract, with how it runs."""

    product = serializers.CharField(source="code")
    deployment = serializers.CharField()
    tenant = serializers.CharField()
    version = serializers.CharField()
    quantity = serializers.IntegerField()


class AppliedRightSerializer(serializers.Serializer[Any]):
    """One thing that the contract gave, and the versions that timed it; null where nothing did."""

    promise = serializers.CharField(source="item.promise")
    service = serializers.CharField(source="item.service")
    name = serializers.SerializerMethodField()
    policy = VersionedSerializer(allow_null=True)
    calendars = VersionedSerializer(many=True)

    def get_name(self, right: Any) -> str:
        return name_of(right.item)


class AgreementSerializer(serializers.Serializer[Any]):
    """Something agreed beside the plan's words that held on the day."""

    promise = serializers.CharField()
    kind = serializers.CharField()
    value = serializers.DictField()
    words = serializers.CharField()
    starts_on = serializers.DateField(allow_null=True)
    ends_on = serializers.DateField(allow_null=True)
    decided_by = serializers.CharField()
    reason = serializers.CharField()


class SwitchedSerializer(serializers.Serializer[Any]):
    """What the source leaves open, as it was decided for this contract."""

    name = serializers.CharField()
    value = serializers.CharField()
    decided_by = serializers.CharField()
    reason = serializers.CharField()


class SeatHeldSerializer(serializers.Serializer[Any]):
    """Who stood for the customer."""

    seat = serializers.CharField()
    name = serializers.CharField()


class AppliedSerializer(serializers.Serializer[Any]):
    """What a contract said on a day, at its close."""

    contract = serializers.CharField(source="contract.number")
    customer = serializers.CharField(source="contract.customer.code")
    on = serializers.DateField()
    state = serializers.CharField(source="standing.state", help_text="ahead, in_force, ending (within 90 days) or over")
    starts_on = serializers.DateField(source="standing.first")
    ends_on = serializers.DateField(source="standing.last")
    timezone = serializers.CharField(source="state.timezone")
    plan = VersionedSerializer()
    branch = serializers.CharField(source="branch.code", allow_null=True, default=None)
    team = serializers.CharField(source="team.code", allow_null=True, default=None)
    products = AppliedProductSerializer(many=True)
    account_team = serializers.SerializerMethodField()
    overrides = serializers.SerializerMethodField()
    switches = serializers.SerializerMethodField()
    rights = AppliedRightSerializer(many=True)
    is_before_signing = serializers.BooleanField()

    @extend_schema_field(SeatHeldSerializer(many=True))
    def get_account_team(self, applied: Applied) -> list[dict[str, str]]:
        return [{"seat": seat, "name": name} for seat, name in applied.seats]

    @extend_schema_field(AgreementSerializer(many=True))
    def get_overrides(self, applied: Applied) -> list[dict[str, Any]]:
        names = Names.known()
        rows = [
            {**said, "words": agreement_in(said, names), "starts_on": said["from"], "ends_on": said["to"],
             "decided_by": said["by"]}
            for said in applied.overrides
        ]  # fmt: skip
        return [dict(AgreementSerializer(row).data) for row in rows]

    @extend_schema_field(SwitchedSerializer(many=True))
    def get_switches(self, applied: Applied) -> list[dict[str, Any]]:
        return [
            {"name": name, "value": said["value"], "decided_by": said["by"], "reason": said["reason"]}
            for name, said in sorted(applied.switches.items())
        ]


class ChangedLineSerializer(serializers.Serializer[Any]):
    """One thing that changed, in words; blank where there was or is nothing."""

    name = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()


class ChangeSerializer(serializers.ModelSerializer[ContractChange]):
    """One change of a contract: who, when, why, and each thing before and after."""

    decided_by = serializers.CharField(source="actor_display")
    at = InstantField()
    lines = serializers.SerializerMethodField()

    class Meta:
        model = ContractChange
        fields = ["number", "kind", "on", "at", "decided_by", "reason", "changed", "lines"]
        read_only_fields = fields

    @extend_schema_field(ChangedLineSerializer(many=True))
    def get_lines(self, change: ContractChange) -> list[dict[str, str]]:
        lines = lines_of(change.changed, self.context["names"])
        return [{"name": line.name, "before": line.before, "after": line.after} for line in lines]


class HistorySerializer(serializers.Serializer[Any]):
    """Every change of a contract, the first in front."""

    contract = serializers.CharField()
    changes = ChangeSerializer(many=True)


def told(contract: Contract, on: date) -> dict[str, Any]:
    """Return what a contract said on a day, as the API tells it."""
    answer: dict[str, Any] = AppliedSerializer(as_of(contract, on)).data
    return answer


class ContractAsOf(APIView):
    """Read what a contract said on a day, past or to come: plan, people, products, agreements and what timed them."""

    @extend_schema(parameters=[OpenApiParameter("on", date)], responses=AppliedSerializer)
    def get(self, request: Request, number: str) -> Response:
        contract = find_contract(request, number)
        asked = DayAskedSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        on = asked.validated_data.get("on") or local_date(contract, caller_of(request).at)
        return Response(told(contract, on))


class ContractHistory(APIView):
    """Read every change of a contract, with who, when and why."""

    @extend_schema(responses=HistorySerializer)
    def get(self, request: Request, number: str) -> Response:
        contract = find_contract(request, number)
        answer = {"contract": contract.number, "changes": contract.changes.order_by("number")}
        return Response(HistorySerializer(answer, context={"names": Names.known()}).data)
