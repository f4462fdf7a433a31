"""Tickets as programs read them. A customer is shown what concerns them; the rest is never in the answer."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from plans.models import User
from sla.api.fields import InstantField, MilestoneProofSerializer
from sla.holding import HolderKind
from sla.models import Milestone
from sla.models.policies import Metric
from tickets.answers import decision_of, instant, milestone_fields, milestones_of, ticket_url
from tickets.models import Attachment, Message, Ticket, TicketClock, TicketEvent
from tickets.showing.term_words import is_private

OUTCOMES = ["covered", "chargeable", "redirected", "not_covered"]
INTERNAL = ("team", "assignee")
# What a line of the ledger says besides, as far as it concerns the customer.
PUBLIC_FIELDS = (
    "channel", "answered", "until", "for", "paused", "running", "changed", "dues", "moves", "source", "source_en",
    "event", "owed",
)  # fmt: skip


class DecisionSerializer(serializers.Serializer[Any]):
    """Why a ticket is covered."""

    outcome = serializers.ChoiceField(OUTCOMES)
    promise = serializers.CharField()
    clause = serializers.CharField()
    reason = serializers.CharField()
    ways_on = serializers.ListField(child=serializers.CharField())


class PlanSerializer(serializers.Serializer[Any]):
    """A plan and its place in a waiting line."""

    code = serializers.CharField()
    rank = serializers.IntegerField()


class MilestoneSerializer(serializers.Serializer[Any]):
    """One run of a promised time."""

    metric = serializers.ChoiceField(Metric.choices)
    part = serializers.ChoiceField(TicketClock.Part.choices, help_text="`team`: owed within the house")
    number = serializers.IntegerField(help_text="the n-th run of this metric, from 1")
    state = serializers.ChoiceField(Milestone.State.choices)
    started_at = InstantField()
    due_at = InstantField(allow_null=True)
    completed_at = InstantField(allow_null=True)
    remaining_seconds = serializers.IntegerField(allow_null=True, help_text="working time left")
    overdue_seconds = serializers.IntegerField(help_text="working time past due, frozen at the end")
    calendar = serializers.CharField()
    promise = serializers.CharField()
    clause = serializers.CharField()
    is_provisional = serializers.BooleanField(help_text="a year whose holidays are assumed is touched")
    policy_version = serializers.IntegerField()
    calendar_version = serializers.IntegerField()


class ShareSerializer(serializers.Serializer[Any]):
    """What fell to one holder. `holder` is a username or a team's code, blank for whoever is not of ours."""

    holder = serializers.CharField(allow_blank=True)
    name = serializers.CharField()
    kind = serializers.ChoiceField([kind.value for kind in HolderKind])
    team = serializers.CharField(allow_blank=True, help_text="the team that it lay with")
    seconds = serializers.IntegerField(help_text="open time")


class VerdictSerializer(serializers.Serializer[Any]):
    """How a promise would stand under the policy and the hours in force now."""

    state = serializers.ChoiceField([*Milestone.State.values, "not_timed"])
    due_at = InstantField(allow_null=True)
    policy_version = serializers.IntegerField(allow_null=True)
    calendar_version = serializers.IntegerField(allow_null=True)


class SharedMilestoneSerializer(MilestoneSerializer):
    """One run of a promised time, and whose time it took: what counted, and what its pauses took out."""

    shares = ShareSerializer(many=True)
    paused_shares = ShareSerializer(many=True)
    under_todays_rules = VerdictSerializer(
        allow_null=True, help_text="only where they would say otherwise; for reference, the verdict stands"
    )


class ProofChangeSerializer(serializers.Serializer[Any]):
    """Something that was changed of the ticket, the hours or the rules, and what that did to this deadline."""

    at = InstantField()
    words = serializers.CharField()
    effect = serializers.CharField()
    old_due_at = InstantField(allow_null=True)
    new_due_at = InstantField(allow_null=True)
    ledger = serializers.CharField(allow_blank=True, help_text="where the ledger tells of it; blank for a rule")
    because = serializers.CharField(allow_blank=True)


class TicketProofSerializer(MilestoneProofSerializer):
    """The proof of a ticket's promise, with everything that changed it under way, in order."""

    changes = ProofChangeSerializer(many=True)


class OpeningMilestoneSerializer(MilestoneSerializer):
    """A promised time as it was just started."""

    opens_at = InstantField(allow_null=True, help_text="when the service opens next, if it was closed")


class NamedSerializer(serializers.Serializer[Any]):
    """Something with a code and a name."""

    code = serializers.CharField()
    name = serializers.CharField()


class ContactSerializer(serializers.Serializer[Any]):
    """The person who asked."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class TicketSerializer(serializers.ModelSerializer[Ticket]):
    """A ticket in a list. `team` and `assignee` are for the provider's people only."""

    url = serializers.SerializerMethodField()
    product = serializers.CharField(source="product.code", allow_null=True, default=None)
    plan = PlanSerializer(source="contract.plan")
    customer = NamedSerializer()
    contact = ContactSerializer()
    contract = serializers.CharField(source="contract.number")
    team = serializers.CharField(source="team.code", default=None, allow_null=True, required=False)
    assignee = serializers.CharField(source="assignee.username", default=None, allow_null=True, required=False)
    opened_at = InstantField()
    due_at = InstantField(source="next_due_at", allow_null=True)
    updated_at = InstantField()

    class Meta:
        model = Ticket
        fields = [
            "number", "url", "subject", "status", "category", "priority", "channel", "product", "plan", "customer",
            "contact", "contract", "team", "assignee", "opened_at", "due_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_url(self, ticket: Ticket) -> str:
        return ticket_url(ticket.number)

    def to_representation(self, instance: Ticket) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(instance)
        if is_customer(self):
            for name in INTERNAL:
                shown.pop(name)
            shown["due_at"] = instant(getattr(instance, "promised_at", instance.next_due_at))
        return shown


class TicketDetailSerializer(TicketSerializer):
    """A ticket with all its fields, the coverage decision and the promised times."""

    merged_into = serializers.CharField(source="merged_into.number", default=None, allow_null=True)
    waiting_until = InstantField(allow_null=True)
    resolved_at = InstantField(allow_null=True)
    closed_at = InstantField(allow_null=True)
    decision = serializers.SerializerMethodField()
    milestones = serializers.SerializerMethodField()

    class Meta:
        model = Ticket
        fields = [
            *TicketSerializer.Meta.fields, "module", "tenant", "version", "environment", "error_code", "language",
            "external_id", "waiting_until", "resolved_at", "closed_at", "merged_into", "decision", "milestones",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(DecisionSerializer)
    def get_decision(self, ticket: Ticket) -> dict[str, Any]:
        return decision_of(ticket)

    @extend_schema_field(MilestoneSerializer(many=True))
    def get_milestones(self, ticket: Ticket) -> list[dict[str, Any]]:
        rows = milestones_of(ticket, with_teams=not is_customer(self))
        return [milestone_fields(row, self.context["at"]) for row in rows]


class AttachmentSerializer(serializers.ModelSerializer[Attachment]):
    """A file; its address gives the bytes as a download."""

    url = serializers.HyperlinkedIdentityField(view_name="attachment")

    class Meta:
        model = Attachment
        fields = ["id", "name", "size", "content_type", "url"]
        read_only_fields = fields


class MessageSerializer(serializers.ModelSerializer[Message]):
    """Something said."""

    retracted_at = InstantField(allow_null=True, help_text="taken back since; customers are not shown it any more")
    attachments = AttachmentSerializer(many=True, read_only=True)

    class Meta:
        model = Message
        fields = ["id", "author_kind", "author_display", "body", "is_public", "retracted_at", "attachments"]
        read_only_fields = fields


class ActorSerializer(serializers.Serializer[Any]):
    """Who did something."""

    kind = serializers.CharField(source="actor_kind")
    display = serializers.CharField(source="actor_display")


class EventSerializer(serializers.ModelSerializer[TicketEvent]):
    """One line of a ticket's ledger."""

    at = InstantField()
    recorded_at = InstantField()
    actor = ActorSerializer(source="*")
    message = MessageSerializer(allow_null=True)

    class Meta:
        model = TicketEvent
        fields = ["number", "kind", "at", "recorded_at", "actor", "message", "is_public"]
        read_only_fields = fields

    def get_fields(self) -> dict[str, Any]:
        # A class attribute of this name would hide the framework's own.
        return super().get_fields() | {"fields": serializers.DictField(read_only=True)}

    def to_representation(self, instance: TicketEvent) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(instance)
        if is_customer(self):
            is_ours = is_private(instance.fields.get("policy", ""))
            public = PUBLIC_FIELDS if is_ours else (*PUBLIC_FIELDS, "cause", "cause_en")
            shown["fields"] = {name: value for name, value in instance.fields.items() if name in public}
        return shown


def is_customer(serializer: serializers.BaseSerializer[Any]) -> bool:
    """Tell whether the answer goes to the customer's side; when in doubt it does."""
    user = getattr(serializer.context.get("request"), "user", None)
    return not (isinstance(user, User) and user.is_agent)
