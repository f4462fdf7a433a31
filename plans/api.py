"""Contracts for other programs: a target of one customer's own, and customers kept up to date."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from plans.actions.customers import upsert_customers
from plans.actions.overrides import Dates, NewTarget, override, override_calendar, override_quota
from plans.actions.own_terms import MEETS
from plans.authentication import caller_of
from plans.models import Contract, Override, Role, User
from plans.permissions import KeepsCustomers, Manages
from plans.upsert import RowError, read_entries
from plans.vocabulary import UNITS
from sla.api.fields import InstantField
from sla.api.problems import ProblemError
from sla.models import Target
from sla.models.policies import Metric


def contracts_of(user: User) -> QuerySet[Contract]:
    """Return the contracts that a user may see: their customer's, a partner's own accounts, or all for our people."""
    if user.is_customer:
        return Contract.objects.filter(customer__contacts__user=user)
    if user.role == Role.PARTNER:
        return Contract.objects.filter(account_team__user=user).distinct()
    return Contract.objects.all()


def find_contract(request: Request, number: str) -> Contract:
    """Return one contract. Raises Http404 for somebody else's as for one that never was."""
    user: Any = request.user
    contract = contracts_of(user).select_related("plan", "customer").filter(number=number).first()
    if contract is None:
        raise Http404
    return contract


# What is promised of a ticket or a report; what is owed by a date has its frequency.
METRICS = [(metric, Metric(metric).label) for metric in MEETS]


class OverrideSerializer(serializers.Serializer[Any]):
    """Something of this customer's own: a target by its metric, or hours or an amount by a promise; for some days."""

    metric = serializers.ChoiceField(METRICS, required=False)
    promise = serializers.CharField(max_length=8, required=False, help_text="for hours or an amount")
    seconds = serializers.DecimalField(max_digits=14, decimal_places=6, min_value=Decimal(0), required=False)
    working_days = serializers.DecimalField(max_digits=10, decimal_places=6, min_value=Decimal(0), required=False)
    amount = serializers.DecimalField(max_digits=10, decimal_places=2, min_value=Decimal(0), required=False)
    unit = serializers.ChoiceField(UNITS, required=False, default="", help_text="of several amounts, which one")
    rule = serializers.ChoiceField(Target.Rule.choices, default=Target.Rule.DURATION)
    calendar = serializers.CharField(max_length=64, required=False, allow_blank=True, default="")
    met_on = serializers.ListField(
        child=serializers.CharField(max_length=20), required=False, max_length=20, default=list
    )
    starts_on = serializers.DateField(required=False, default=None, help_text="from now on without one")
    ends_on = serializers.DateField(required=False, default=None, help_text="the last day, included")
    reason = serializers.CharField(max_length=400)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "promise" in attrs and "metric" not in attrs:
            if ("amount" in attrs) == bool(attrs["calendar"]):
                raise serializers.ValidationError(_("amount 与 calendar 必须且只能给一个。"), "one_of")
            return attrs
        if "metric" not in attrs:
            raise serializers.ValidationError({"metric": [serializers.Field.default_error_messages["required"]]})
        if ("seconds" in attrs) == ("working_days" in attrs):
            raise serializers.ValidationError(_("seconds 与 working_days 必须且只能给一个。"), "one_of")
        return attrs

    def agree(self, contract: Contract, actor: User, at: datetime) -> Override:
        """Agree what was asked for, and return its row."""
        said = self.validated_data
        dates = Dates(said["starts_on"], said["ends_on"])
        who: dict[str, Any] = {
            "contract": contract, "reason": said["reason"], "actor": actor, "at": at, "dates": dates,
        }  # fmt: skip
        if "metric" in said:
            return override(target=self.target(), **who)
        if "amount" in said:
            return override_quota(promise=said["promise"], amount=said["amount"], unit=said["unit"], **who)
        return override_calendar(promise=said["promise"], calendar=said["calendar"], **who)

    def target(self) -> NewTarget:
        """Return the target that was asked for."""
        said = self.validated_data
        in_days = "working_days" in said
        return NewTarget(
            metric=said["metric"],
            amount=said["working_days"] if in_days else said["seconds"],
            unit=Target.Unit.WORKING_DAYS if in_days else Target.Unit.SECONDS,
            rule=said["rule"],
            calendar=said["calendar"],
            met_on=tuple(said["met_on"]),
        )


class OverrideAnswerSerializer(serializers.ModelSerializer[Override]):
    """What now holds, who decided it and why."""

    contract = serializers.CharField(source="entitlement.contract.number")
    promise = serializers.CharField(source="entitlement.item.promise")
    policy = serializers.CharField(source="entitlement.policy")
    state = serializers.CharField(help_text="ahead, in_force, lapsed, withdrawn or failed")
    decided_by = serializers.CharField(source="actor_display")
    at = InstantField()

    class Meta:
        model = Override
        fields = [
            "id", "contract", "promise", "policy", "kind", "value", "starts_on", "ends_on", "state", "reason",
            "decided_by", "at",
        ]  # fmt: skip
        read_only_fields = fields


class ContractOverrides(APIView):
    """Give a contract its own target, hours or amount, with who and why, for all its term or for some days."""

    permission_classes = [Manages]

    @extend_schema(request=OverrideSerializer, responses={201: OverrideAnswerSerializer})
    def post(self, request: Request, number: str) -> Response:
        contract = find_contract(request, number)
        said = OverrideSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        actor: Any = request.user
        row = said.agree(contract, actor, caller_of(request).at)
        return Response(OverrideAnswerSerializer(row).data, status=HTTPStatus.CREATED)


class UpsertSerializer(serializers.Serializer[Any]):
    """Customers with their contacts, contracts and products; `code` tells customers apart."""

    customers = serializers.ListField(child=serializers.DictField(), max_length=10_000)
    keep_good = serializers.BooleanField(default=False, help_text="save the customers without a mistake")
    dry_run = serializers.BooleanField(default=False, help_text="only say what would change")


class RowErrorSerializer(serializers.Serializer[Any]):
    """One mistake, by the number of the entry from 1, and the field."""

    line = serializers.IntegerField()
    field = serializers.CharField()
    message = serializers.CharField()


class ReportSerializer(serializers.Serializer[Any]):
    """How many rows of each kind were created, updated or left as they were."""

    created = serializers.DictField(child=serializers.IntegerField())
    updated = serializers.DictField(child=serializers.IntegerField())
    unchanged = serializers.DictField(child=serializers.IntegerField())
    errors = RowErrorSerializer(many=True)  # type: ignore[assignment]  # a field; the metaclass takes it out


class CustomersUpsert(APIView):
    """Take in customers as another system knows them, as often as it likes; by default all of them or none."""

    permission_classes = [KeepsCustomers]

    @extend_schema(request=UpsertSerializer, responses=ReportSerializer)
    def post(self, request: Request) -> Response:
        said = UpsertSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        asked = said.validated_data
        rows, errors = read_entries(asked["customers"])
        if errors:
            raise upsert_problem(errors)
        report = upsert_customers(rows=rows, keep_good=asked["keep_good"], dry_run=asked["dry_run"])
        if report.errors and not asked["keep_good"]:
            raise upsert_problem(report.errors)
        return Response(ReportSerializer(report).data)


def upsert_problem(errors: Iterable[RowError]) -> ProblemError:
    """Return the refusal of customers that cannot be read; nothing was saved."""
    named = [
        {"field": f"customers.{one.line}.{one.field}", "code": "invalid", "message": one.message} for one in errors
    ]
    return ProblemError("invalid", _("有错误，什么都没有保存。"), errors=named[:200])
