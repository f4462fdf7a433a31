"""Updates as programs read and write them."""

from typing import Any

from rest_framework import serializers

from plans.models import UpdatePackage, UpdateRequest, UpdateWindow
from plans.models.contracts import Pace, Tenancy
from plans.updates.policies import UpdatePolicy
from plans.updates.reading import Governed
from sla.api.fields import InstantField


class WindowSerializer(serializers.ModelSerializer[UpdateWindow]):
    """A window, and which running products it is for; blank or null means any."""

    number = serializers.CharField()
    customised = serializers.BooleanField(source="is_customised", allow_null=True)
    starts_at = InstantField()
    ends_at = InstantField()
    announced_at = InstantField()

    class Meta:
        model = UpdateWindow
        fields = [
            "number", "kind", "vendor", "policy", "products", "deployments", "tenancy", "pace", "customised", "title",
            "title_en", "version", "notes", "notes_en", "starts_at", "ends_at", "timezone", "state", "announced_at",
            "sequence",
        ]  # fmt: skip
        read_only_fields = fields


class PolicySerializer(serializers.Serializer[Any]):
    """What the plan says of one way to run a product."""

    code = serializers.CharField()
    name = serializers.CharField()
    clause = serializers.CharField()
    rules = serializers.SerializerMethodField()
    on_request = serializers.BooleanField(source="is_on_request")
    security_audit = serializers.BooleanField(source="needs_audit")
    own_plan = serializers.BooleanField(source="is_own_plan")
    notice_days = serializers.IntegerField(allow_null=True)
    assumed = serializers.CharField(allow_blank=True)

    def get_rules(self, policy: UpdatePolicy) -> list[str]:
        """Return the recurrence rules of the windows; none where updates do not come by themselves."""
        return list(policy.said["rules"])


class GovernedSerializer(serializers.Serializer[Any]):
    """A running product of a contract, how it is updated, and what comes next."""

    product = serializers.CharField(source="owned.product.code")
    deployment = serializers.CharField(source="owned.deployment")
    tenant = serializers.CharField(source="owned.tenant", allow_blank=True)
    version = serializers.CharField(source="owned.version", allow_blank=True)
    tenancy = serializers.CharField(source="owned.tenancy", allow_blank=True)
    pace = serializers.CharField(source="owned.pace", allow_blank=True)
    customised = serializers.BooleanField(source="owned.is_customised", allow_null=True)
    policies = PolicySerializer(many=True)
    coming = serializers.SerializerMethodField()
    request = serializers.SerializerMethodField()

    def get_coming(self, row: Governed) -> str | None:
        """Return the number of the next window."""
        return row.coming.number if row.coming else None

    def get_request(self, row: Governed) -> str | None:
        """Return the number of the request under way."""
        return row.request.number if row.request else None


class PackageSerializer(serializers.ModelSerializer[UpdatePackage]):
    """Something to download."""

    product = serializers.CharField(source="product.code")

    class Meta:
        model = UpdatePackage
        fields = [
            "id", "product", "kind", "name", "name_en", "version", "released_on", "size", "sha256", "link", "how",
            "how_en",
        ]  # fmt: skip
        read_only_fields = fields


class RequestSerializer(serializers.ModelSerializer[UpdateRequest]):
    """A request for an update, with its journal."""

    number = serializers.CharField()
    contract = serializers.CharField(source="contract.number")
    product = serializers.CharField(source="product.code")
    requested_at = InstantField()
    starts_at = InstantField()
    ends_at = InstantField()
    ended_at = InstantField()
    journal = serializers.SerializerMethodField()

    class Meta:
        model = UpdateRequest
        fields = [
            "number", "contract", "product", "deployment", "tenant", "policy", "version", "wish", "wanted_on", "state",
            "requested_at", "findings", "starts_at", "ends_at", "timezone", "short_notice_reason", "reason",
            "done_version", "ended_at", "journal",
        ]  # fmt: skip
        read_only_fields = fields

    def get_journal(self, row: UpdateRequest) -> list[dict[str, str]]:
        """Return what happened, the first in front."""
        return [
            {"kind": step.kind, "at": str(InstantField().to_representation(step.at)), "reason": step.reason}
            for step in sorted(row.steps.all(), key=lambda step: step.pk)
        ]


class UpdatesSerializer(serializers.Serializer[Any]):
    """Everything a contract has to do with updates."""

    products = GovernedSerializer(many=True)
    windows = WindowSerializer(many=True)
    requests = RequestSerializer(many=True)
    packages = PackageSerializer(many=True)


class NewRequestSerializer(serializers.Serializer[Any]):
    """An update that is asked for; deployment and tenant tell which, where a contract holds a product twice."""

    product = serializers.CharField(max_length=40)
    deployment = serializers.CharField(max_length=24, required=False, default="")
    tenant = serializers.CharField(max_length=64, required=False, allow_blank=True, default=None, allow_null=True)
    version = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    wish = serializers.CharField(max_length=4000, required=False, allow_blank=True, default="")
    wanted_on = serializers.DateField(required=False, allow_null=True, default=None)
    contact = serializers.IntegerField(min_value=1, required=False, allow_null=True, default=None)


class RunningSerializer(serializers.Serializer[Any]):
    """How a product runs, as far as its updates depend on it; blank or null where nobody knows."""

    product = serializers.CharField(max_length=40)
    deployment = serializers.CharField(max_length=24, required=False, default="")
    tenant = serializers.CharField(max_length=64, required=False, allow_blank=True, default=None, allow_null=True)
    tenancy = serializers.ChoiceField(Tenancy.choices, required=False, allow_blank=True, default="")
    pace = serializers.ChoiceField(Pace.choices, required=False, allow_blank=True, default="")
    customised = serializers.BooleanField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(max_length=400)


class SpanSerializer(serializers.Serializer[Any]):
    """From when to when; with less notice than the plan's only for a reason."""

    starts_at = InstantField()
    ends_at = InstantField()
    short_notice = serializers.CharField(max_length=400, required=False, allow_blank=True, default="")


class FindingsSerializer(serializers.Serializer[Any]):
    """What an audit found."""

    findings = serializers.CharField(max_length=4000)


class VersionSerializer(serializers.Serializer[Any]):
    """Which version runs now; the one asked for where none is said."""

    version = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")


class WhySerializer(serializers.Serializer[Any]):
    """Why."""

    reason = serializers.CharField(max_length=400)


class NoBodySerializer(serializers.Serializer[Any]):
    """Nothing."""
