"""Engagements as programs read and write them."""

from decimal import Decimal
from typing import Any
from zoneinfo import available_timezones

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from plans.engagements.reading import Offer
from plans.models import Attendee, Engagement, EngagementStep, Mode, Provider, TimeProposal
from plans.models.people import Language
from sla.api.fields import InstantField

MOST = Decimal(1000)


def amount(**more: Any) -> serializers.DecimalField:
    """Return a field for an amount in hundredths."""
    return serializers.DecimalField(
        max_digits=6,
        decimal_places=2,
        min_value=Decimal("0.01"),
        max_value=MOST,
        required=False,
        allow_null=True,
        **more,
    )


class AmountSerializer(serializers.Serializer[Any]):
    """What there is of a service in one unit, up to a local date; several services may draw on one amount."""

    unit = serializers.CharField()
    left = serializers.FloatField()
    granted = serializers.FloatField()
    until = serializers.DateField()


class OfferSerializer(serializers.Serializer[Any]):
    """A service that may be asked for: what is left of it, from which day, and what its clause leaves out.

    `left` and `unit` are those of the first of its `amounts`.
    """

    promise = serializers.CharField(source="item.promise")
    service = serializers.CharField(source="item.service")
    name = serializers.CharField()
    clause = serializers.CharField()
    provider = serializers.CharField(allow_blank=True)
    left = serializers.SerializerMethodField()
    unit = serializers.SerializerMethodField()
    amounts = AmountSerializer(many=True)
    earliest = serializers.DateField(allow_null=True)
    left_out = serializers.SerializerMethodField()

    def get_left(self, offer: Offer) -> float | None:
        """Return how much is left; null where nothing is counted."""
        return float(offer.amounts[0].left) if offer.amounts else None

    def get_unit(self, offer: Offer) -> str:
        """Return what is counted; blank where nothing is."""
        return offer.amounts[0].unit if offer.amounts else ""

    def get_left_out(self, offer: Offer) -> list[dict[str, str]]:
        """Return what the clause leaves out, each by the code that `excluded` takes."""
        return [{"code": one.code, "what": one.what} for one in offer.left_out]


class AttendeeSerializer(serializers.ModelSerializer[Attendee]):
    """Somebody who takes part."""

    class Meta:
        model = Attendee
        fields = ["id", "name", "email", "state", "rating", "comment", "certificate"]
        read_only_fields = fields


def _attendee(row: Attendee, *, is_own: bool) -> dict[str, Any]:
    said = dict(AttendeeSerializer(row).data)
    return said if is_own else {**said, "rating": None, "comment": "", "certificate": ""}


class ProposalSerializer(serializers.ModelSerializer[TimeProposal]):
    """A time that one side put on the table."""

    starts_at = InstantField()
    ends_at = InstantField()
    at = InstantField()

    class Meta:
        model = TimeProposal
        fields = ["side", "starts_at", "ends_at", "note", "at", "answer"]
        read_only_fields = fields


class StepSerializer(serializers.ModelSerializer[EngagementStep]):
    """One line of the journal."""

    at = InstantField()
    actor = serializers.CharField(source="actor_display")

    class Meta:
        model = EngagementStep
        fields = ["kind", "at", "actor", "fields"]
        read_only_fields = ["kind", "at", "actor", "fields"]


class EngagementLineSerializer(serializers.ModelSerializer[Engagement]):
    """One engagement in a list."""

    number = serializers.CharField()
    contract = serializers.CharField(source="contract.number")
    promise = serializers.CharField(source="item.promise")
    service = serializers.CharField(source="item.service")
    starts_at = InstantField()
    ends_at = InstantField()
    requested_at = InstantField()
    series = serializers.CharField(source="part_of.number", allow_null=True, default=None)

    class Meta:
        model = Engagement
        fields = [
            "number", "contract", "promise", "service", "topic", "state", "provider", "mode", "place", "timezone",
            "starts_at", "ends_at", "requested_at", "series", "person_days",
        ]  # fmt: skip
        read_only_fields = fields


class EngagementSerializer(EngagementLineSerializer):
    """One engagement, with who takes part, what was proposed, and its journal."""

    experts = serializers.SerializerMethodField()
    attendees = serializers.SerializerMethodField()
    proposals = ProposalSerializer(many=True)
    journal = serializers.SerializerMethodField()

    class Meta(EngagementLineSerializer.Meta):
        fields = [*EngagementLineSerializer.Meta.fields, "wish", "done", "short_notice_reason", "experts", "attendees",
                  "proposals", "journal"]  # fmt: skip
        read_only_fields = fields

    def get_experts(self, row: Engagement) -> list[str]:
        """Return the experts by name."""
        return [str(one.user) for one in row.experts.all()]

    @extend_schema(responses=AttendeeSerializer(many=True))
    def get_attendees(self, row: Engagement) -> list[dict[str, Any]]:
        """Return who takes part; to the customer's side nobody else's opinion, nor who else is at an event."""
        user, rows = self.context["user"], list(row.attendees.select_related("contact"))
        if not user.is_customer:
            return [dict(AttendeeSerializer(one).data) for one in rows]
        own = {one.pk for one in rows if one.contact and one.contact.user_id == user.pk}
        seen = [one for one in rows if one.pk in own or row.gathering_id is None]
        return [_attendee(one, is_own=one.pk in own) for one in seen]

    @extend_schema(responses=StepSerializer(many=True))
    def get_journal(self, row: Engagement) -> list[dict[str, Any]]:
        """Return the lines of the journal, the first in front; nothing to the customer's side."""
        user = self.context["user"]
        return [] if user.is_customer else [dict(StepSerializer(step).data) for step in row.steps.order_by("pk")]


class NewEngagementSerializer(serializers.Serializer[Any]):
    """What is asked for; `excluded` names what of it the clause leaves out, by the codes of the offer."""

    service = serializers.CharField(max_length=40)
    topic = serializers.CharField(max_length=160)
    wish = serializers.CharField(max_length=4000, required=False, allow_blank=True, default="")
    mode = serializers.ChoiceField(Mode.choices, default=Mode.REMOTE)
    place = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    contact = serializers.IntegerField(min_value=1, required=False, allow_null=True, default=None)
    excluded = serializers.ListField(child=serializers.CharField(max_length=40), max_length=40, default=list)
    person_days = amount(default=None)
    amount = amount(default=None)
    starts_at = InstantField(required=False, allow_null=True, default=None)
    ends_at = InstantField(required=False, allow_null=True, default=None)
    short_notice = serializers.CharField(max_length=400, required=False, allow_blank=True, default="")
    series = serializers.CharField(max_length=20, required=False, allow_blank=True, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs["starts_at"]) != bool(attrs["ends_at"]):
            raise serializers.ValidationError(_("开始和结束请都写，或都不写。"), "one_of")
        return attrs


class ListSerializer(serializers.Serializer[Any]):
    """The engagements of a contract, the latest in front, and what may be asked for."""

    results = EngagementLineSerializer(many=True)
    offers = OfferSerializer(many=True)


class NothingSerializer(serializers.Serializer[Any]):
    """No body is needed."""


class ArrangeSerializer(serializers.Serializer[Any]):
    """Who delivers an engagement, by user name, where and how; what is left out stays as it is."""

    experts = serializers.ListField(child=serializers.CharField(max_length=150), max_length=50, required=False)
    provider = serializers.ChoiceField(Provider.choices, required=False)
    branch = serializers.CharField(max_length=40, required=False)
    mode = serializers.ChoiceField(Mode.choices, required=False)
    place = serializers.CharField(max_length=300, required=False, allow_blank=True)
    timezone = serializers.CharField(max_length=40, required=False)
    topic = serializers.CharField(max_length=160, required=False)
    planned_person_days = amount()
    amount = amount()
    despite_conflict = serializers.BooleanField(default=False)

    def validate_timezone(self, value: str) -> str:
        """Want a zone that clocks know."""
        if value not in available_timezones():
            raise serializers.ValidationError(_("没有这个时区。"))
        return value


class StageSerializer(serializers.Serializer[Any]):
    """Which stage, from 0."""

    stage = serializers.IntegerField(min_value=0, max_value=99)


class AttendeeKeySerializer(serializers.Serializer[Any]):
    """Which of those who take part."""

    attendee = serializers.IntegerField(min_value=1)


class FeedbackSerializer(serializers.Serializer[Any]):
    """What somebody thought: 5 is very good, 1 very bad."""

    rating = serializers.IntegerField(min_value=1, max_value=5)
    comment = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="")


class ProposeSerializer(serializers.Serializer[Any]):
    """A time; less notice than the clause asks for needs a reason, from one of us."""

    starts_at = InstantField()
    ends_at = InstantField()
    note = serializers.CharField(max_length=400, required=False, allow_blank=True, default="")
    short_notice = serializers.CharField(max_length=400, required=False, allow_blank=True, default="")
    despite_conflict = serializers.BooleanField(default=False)


class AcceptSerializer(serializers.Serializer[Any]):
    """How the customer agreed to our own proposal, where it is that one."""

    heard = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class DeliverSerializer(serializers.Serializer[Any]):
    """How much it really took; `line` names which of several things owed it was."""

    person_days = amount(default=None)
    amount = amount(default=None)
    line = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")


class RecordSerializer(serializers.Serializer[Any]):
    """What was done, and who of those who take part came, by their ids."""

    done = serializers.CharField(max_length=20_000)
    came = serializers.ListField(child=serializers.IntegerField(min_value=1), max_length=500, default=list)


class ReasonSerializer(serializers.Serializer[Any]):
    """Why."""

    reason = serializers.CharField(max_length=400)


class PostSerializer(serializers.Serializer[Any]):
    """What is said."""

    body = serializers.CharField(max_length=20_000)


class GuestSerializer(serializers.Serializer[Any]):
    """Somebody who takes part: a contact by id, or anybody by name and e-mail."""

    contact = serializers.IntegerField(min_value=1, required=False, allow_null=True, default=None)
    name = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    email = serializers.CharField(max_length=254, required=False, allow_blank=True, default="")
    language = serializers.ChoiceField(Language.choices, default=Language.CHINESE)
