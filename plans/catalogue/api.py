"""The catalogue for other programs: plans with their items, what differs between versions, upgrades of contracts."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from plans.actions.upgrading import upgrade_plan
from plans.amending_api import PlanChangedSerializer, checked, decider
from plans.api import find_contract
from plans.catalogue.differing import FieldChange, ItemChange, difference
from plans.catalogue.items import items_of
from plans.catalogue.schema import written
from plans.catalogue.versions import upgrade_of
from plans.models import Item, Plan
from plans.permissions import ActsAsUser, Manages
from sla.api.problems import ProblemError

VERSION = OpenApiParameter("version", OpenApiTypes.INT, description="The version that is sold, unless said otherwise.")
BETWEEN = [
    OpenApiParameter("from", OpenApiTypes.INT, description="The version before `to`, unless said otherwise."),
    OpenApiParameter("to", OpenApiTypes.INT, description="The newest version, unless said otherwise."),
]


@require_safe
@cache_control(public=True, max_age=3600)
def schema_file(request: HttpRequest) -> HttpResponse:
    """Return the JSON Schema of a plan's file, for editors and checks of other programs."""
    return HttpResponse(written(), content_type="application/schema+json; charset=utf-8")


class CataloguePlanSerializer(serializers.ModelSerializer[Plan]):
    """One version of a plan; `includes` is the code of the plan that it contains."""

    includes = serializers.SlugRelatedField[Plan](slug_field="code", read_only=True, allow_null=True)

    class Meta:
        model = Plan
        fields = (
            "code", "version", "is_current", "vendor", "name", "name_en", "seal", "rank", "is_rank_assumed",
            "is_a_la_carte", "includes", "source", "source_en",
        )  # fmt: skip


class CatalogueItemSerializer(serializers.ModelSerializer[Item]):
    """One promise with its clause; `plan` says which plan and version it comes from, where that one is contained."""

    plan = serializers.SerializerMethodField()

    class Meta:
        model = Item
        exclude = ("id",)

    def get_plan(self, item: Item) -> str:
        return f"{item.plan.code} v{item.plan.version}"


class PlanWithItemsSerializer(CataloguePlanSerializer):
    """One version of a plan with everything that it promises, what it contains included."""

    items = serializers.SerializerMethodField()

    class Meta:
        model = Plan
        fields = (*CataloguePlanSerializer.Meta.fields, "items")

    @extend_schema_field(CatalogueItemSerializer(many=True))
    def get_items(self, plan: Plan) -> Any:
        return CatalogueItemSerializer(items_of(plan), many=True).data


class FieldChangeSerializer(serializers.Serializer[FieldChange]):
    """One field that says something else."""

    name = serializers.CharField()
    before = serializers.JSONField()
    after = serializers.JSONField()


class ItemChangeSerializer(serializers.Serializer[ItemChange]):
    """One item that was added, removed or changed."""

    verdict = serializers.ChoiceField(["added", "changed", "removed"])
    promise = serializers.CharField(source="item.promise")
    service = serializers.CharField(source="item.service")
    name = serializers.CharField(source="item.name")
    name_en = serializers.CharField(source="item.name_en")
    is_wording = serializers.BooleanField()
    fields_changed = FieldChangeSerializer(source="fields", many=True)


class ChangesSerializer(serializers.Serializer[Any]):
    """What differs between two versions of a plan."""

    plan = serializers.CharField()
    before = serializers.IntegerField()
    after = serializers.IntegerField()
    changes = ItemChangeSerializer(many=True)


class UpgradeSerializer(serializers.Serializer[Any]):
    """The version that was looked at, and why the contract goes there."""

    version = serializers.IntegerField(min_value=1, max_value=10**6)
    reason = serializers.CharField(max_length=400)


class Plans(APIView):
    """The plans that are sold now."""

    permission_classes: Sequence[type[BasePermission]] = [ActsAsUser]

    @extend_schema(
        responses=CataloguePlanSerializer(many=True), parameters=[OpenApiParameter("vendor", OpenApiTypes.STR)]
    )
    def get(self, request: Request) -> Response:
        plans = Plan.objects.current().select_related("includes").order_by("vendor", "rank")
        if vendor := request.query_params.get("vendor"):
            plans = plans.filter(vendor=vendor.replace("\0", ""))
        return Response(CataloguePlanSerializer(plans, many=True).data)


class PlanVersion(APIView):
    """One version of a plan with its items."""

    permission_classes: Sequence[type[BasePermission]] = [ActsAsUser]

    @extend_schema(responses=PlanWithItemsSerializer, parameters=[VERSION])
    def get(self, request: Request, code: str) -> Response:
        versions = _versions(code)
        return Response(PlanWithItemsSerializer(_asked(versions, request, "version", _sold(versions))).data)


class PlanChanges(APIView):
    """What differs between two versions of a plan, item by item and field by field."""

    permission_classes: Sequence[type[BasePermission]] = [ActsAsUser]

    @extend_schema(responses=ChangesSerializer, parameters=BETWEEN)
    def get(self, request: Request, code: str) -> Response:
        versions = _versions(code)
        after = _asked(versions, request, "to", versions[0])
        usual = next((plan for plan in versions if plan.version < after.version), after)
        before = _asked(versions, request, "from", usual)
        changes = difference(items_of(before), items_of(after))
        told = {"plan": code, "before": before.version, "after": after.version, "changes": changes}
        return Response(ChangesSerializer(told).data)


class ContractUpgrade(APIView):
    """A contract goes up to the version of its plan that is sold now: what would change, and the going up."""

    permission_classes: Sequence[type[BasePermission]] = [Manages]

    @extend_schema(responses={200: ChangesSerializer, 204: None})
    def get(self, request: Request, number: str) -> Response:
        contract = find_contract(request, number)
        upgrade = upgrade_of(contract)
        if upgrade is None:
            return Response(status=HTTPStatus.NO_CONTENT)
        versions = {"before": contract.plan.version, "after": upgrade.plan.version}
        return Response(ChangesSerializer({"plan": upgrade.plan.code, "changes": upgrade.changes, **versions}).data)

    @extend_schema(request=UpgradeSerializer, responses=PlanChangedSerializer)
    def post(self, request: Request, number: str) -> Response:
        contract = find_contract(request, number)
        said = checked(UpgradeSerializer, request)
        plan = Plan.objects.filter(code=contract.plan.code, version=said["version"]).first()
        if plan is None:
            message = _("没有这个版本。")
            raise ProblemError("invalid", message, errors=[{"field": "version", "code": "unknown", "message": message}])
        changed = upgrade_plan(contract=contract, plan=plan, reason=said["reason"], **decider(request))
        return Response(PlanChangedSerializer(changed).data)


def _versions(code: str) -> list[Plan]:
    """Return the versions of a plan, the newest first. Raises Http404 where there are none."""
    found = [] if "\0" in code else list(Plan.objects.filter(code=code).select_related("includes").order_by("-version"))
    if not found:
        raise Http404
    return found


def _sold(versions: Sequence[Plan]) -> Plan:
    return next((plan for plan in versions if plan.is_current), versions[0])


def _asked(versions: Sequence[Plan], request: Request, name: str, otherwise: Plan) -> Plan:
    """Return the version that a parameter names. Raises Http404 for one that never was."""
    said = request.query_params.get(name)
    found = next((plan for plan in versions if str(plan.version) == said), None) if said else otherwise
    if found is None:
        raise Http404
    return found
