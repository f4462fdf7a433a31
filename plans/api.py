"""Contracts for other programs: a target of one customer's own, and what a contract gives and owes."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from plans.actions.customers import upsert_customers
from plans.actions.overrides import NewTarget, override
from plans.authentication import caller_of
from plans.models import Contract, Entitlement, Override, Role, User
from plans.permissions import KeepsCustomers, Manages
from plans.upsert import RowError, read_entries
from plans.wording import clause_of, name_of
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


class OverrideSerializer(serializers.Serializer[Any]):
    """A target of this customer's own, from now on."""

    metric = serializers.ChoiceField(Metric.choices)
    seconds = serializers.DecimalField(max_digits=14, decimal_places=6, min_value=Decimal(0), required=False)
    working_days = serializers.DecimalField(max_digits=10, decimal_places=6, min_value=Decimal(0), required=False)
    rule = serializers.ChoiceField(Target.Rule.choices, default=Target.Rule.DURATION)
    calendar = serializers.CharField(max_length=64, required=False, allow_blank=True, default="")
    met_on = serializers.ListField(
        child=serializers.CharField(max_length=20), required=False, max_length=20, default=list
    )
    reason = serializers.CharField(max_length=400)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("seconds" in attrs) == ("working_days" in attrs):
            raise serializers.ValidationError(_("seconds 与 working_days 必须且只能给一个。"), "one_of")
        return attrs

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
    decided_by = serializers.CharField(source="actor_display")
    at = InstantField()

    class Meta:
        model = Override
        fields = ["id", "contract", "promise", "policy", "kind", "value", "reason", "decided_by", "at"]
        read_only_fields = fields


class ContractOverrides(APIView):
    """Give a contract its own target, with who and why."""

    permission_classes = [Manages]

    @extend_schema(request=OverrideSerializer, responses={201: OverrideAnswerSerializer})
    def post(self, request: Request, number: str) -> Response:
        contract = find_contract(request, number)
        said = OverrideSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        actor: Any = request.user
        row = override(
            contract=contract,
            target=said.target(),
            reason=said.validated_data["reason"],
            actor=actor,
            at=caller_of(request).at,
        )
        return Response(OverrideAnswerSerializer(row).data, status=HTTPStatus.CREATED)


class RightSerializer(serializers.Serializer[Any]):
    """One thing that a contract gives; `granted` and `left` are null where it is unlimited or not counted."""

    promise = serializers.CharField()
    service = serializers.CharField()
    name = serializers.CharField()
    clause = serializers.CharField()
    quota = serializers.DictField()
    granted = serializers.FloatField(allow_null=True)
    used = serializers.FloatField()
    reserved = serializers.FloatField()
    left = serializers.FloatField(allow_null=True)
    period = serializers.CharField(allow_null=True)


class OwedSerializer(serializers.Serializer[Any]):
    """One delivery that is owed by a date."""

    promise = serializers.CharField()
    what = serializers.CharField()
    due_on = serializers.DateField()
    state = serializers.ChoiceField(["upcoming", "due"])


class EntitlementsSerializer(serializers.Serializer[Any]):
    """What a contract gives, and what is owed under it."""

    contract = serializers.CharField()
    rights = RightSerializer(many=True)
    owed = OwedSerializer(many=True)


class ContractEntitlements(APIView):
    """Read what a contract gives and what is owed under it."""

    @extend_schema(responses=EntitlementsSerializer)
    def get(self, request: Request, number: str) -> Response:
        contract = find_contract(request, number)
        entitlements = entitlements_of(contract)
        today = local_date(contract, caller_of(request).at)
        answer = {
            "contract": contract.number,
            "rights": [right(entitlement) for entitlement in entitlements],
            "owed": sorted(owed(contract, entitlements, today), key=lambda one: one["due_on"]),
        }
        return Response(EntitlementsSerializer(answer).data)


def local_date(contract: Contract, at: datetime) -> date:
    """Return the date on which an instant falls for a contract."""
    return at.astimezone(ZoneInfo(contract.timezone)).date()


def entitlements_of(contract: Contract) -> list[Entitlement]:
    """Return what a contract holds, each with its item and the amounts that were agreed instead of the plan's."""
    agreed = Override.objects.filter(kind=Override.Kind.QUOTA).order_by("at", "pk")
    rows = contract.entitlements.select_related("item").order_by("item__promise", "pk")
    return list(rows.prefetch_related(Prefetch("overrides", agreed, to_attr="agreed_amounts")))


def quota_of(entitlement: Any) -> dict[str, Any]:
    """Return the quota of an entitlement: the item's, with the amount last agreed."""
    quota: dict[str, Any] = dict(entitlement.item.quota)
    if entitlement.agreed_amounts:
        quota["amount"] = entitlement.agreed_amounts[-1].value["amount"]
    return quota


def right(entitlement: Entitlement) -> dict[str, Any]:
    """Return one thing that a contract gives; nothing draws on quotas yet, so all of it is left."""
    item, quota = entitlement.item, quota_of(entitlement)
    granted = quota.get("amount")
    return {
        "promise": item.promise,
        "service": item.service,
        "name": name_of(item),
        "clause": clause_of(item),
        "quota": quota,
        "granted": granted,
        "used": 0,
        "reserved": 0,
        "left": granted,
        "period": quota.get("period"),
    }


def owed(contract: Contract, entitlements: Iterable[Entitlement], today: date) -> list[dict[str, Any]]:
    """Return what is to be delivered so many times a year or term, spread evenly over it. Source: Y13–Y15, K13"""
    rows = []
    for entitlement in entitlements:
        for due_on in due_dates(contract, quota_of(entitlement)):
            state = "due" if due_on < today else "upcoming"
            what = name_of(entitlement.item)
            rows.append({"promise": entitlement.item.promise, "what": what, "due_on": due_on, "state": state})
    return rows


def due_dates(contract: Contract, quota: dict[str, Any]) -> list[date]:
    """Return the last day of each equal part of the year, or of the term, that a counted delivery divides it into."""
    times = quota.get("amount")
    if quota.get("unit") not in ("times", "reports") or not times:
        return []
    end = contract.ended_on or contract.ends_on
    spans = years_of(contract.starts_on, end) if quota.get("period") == "year" else [(contract.starts_on, end)]
    count = int(times)
    return [
        first + timedelta(days=((last - first).days + 1) * part // count - 1)
        for first, last in spans
        for part in range(1, count + 1)
    ]


def years_of(start: date, end: date) -> list[tuple[date, date]]:
    """Return the contract's years, the last one as short as the term leaves it."""
    years: list[tuple[date, date]] = []
    first = start
    while first <= end:
        following = anniversary(start, len(years) + 1)
        years.append((first, min(following - timedelta(days=1), end)))
        first = following
    return years


def anniversary(start: date, years: int) -> date:
    """Return the date so many years on; 29 February falls on 1 March where there is none."""
    try:
        return start.replace(year=start.year + years)
    except ValueError:
        return date(start.year + years, 3, 1)


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
