"""Deliverables as programs read and write them."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from plans.deliverables.days import kept_days
from plans.engagements.serializers import amount
from plans.models import Deliverable, DeliverableFile, DeliverableStep, SignOffRound
from sla.api.fields import InstantField


class FileSerializer(serializers.ModelSerializer[DeliverableFile]):
    """A file of a round; `url` gives its bytes to whoever may see it."""

    url = serializers.SerializerMethodField()

    class Meta:
        model = DeliverableFile
        fields = ["name", "content_type", "size", "sha256", "is_generated", "url"]
        read_only_fields = ["name", "content_type", "size", "sha256", "is_generated", "url"]

    def get_url(self, row: DeliverableFile) -> str:
        """Return where the bytes are, without a host."""
        return reverse("deliverable_file", args=[row.pk])


class WorkingDaySerializer(serializers.Serializer[Any]):
    """One date of the time to sign; `number` says which working day it is, 0 where it does not count."""

    on = serializers.DateField()
    number = serializers.IntegerField()
    kind = serializers.CharField(help_text="first, open or shut")
    why = serializers.CharField(source="words", allow_blank=True)


class BookedSerializer(serializers.Serializer[Any]):
    """What a confirmation took of one unit, and what went beyond what was left; `refused` says why it took none."""

    unit = serializers.CharField()
    needed = serializers.CharField()
    taken = serializers.CharField()
    beyond = serializers.CharField()
    refused = serializers.CharField(allow_blank=True)


class RoundSerializer(serializers.ModelSerializer[SignOffRound]):
    """One time that files were handed over, and what came of it; a signature names `digest`."""

    at = InstantField()
    due_at = InstantField(allow_null=True)
    decided_at = InstantField(allow_null=True)
    handed_over_by = serializers.CharField(source="handed_over_by_display")
    contact = serializers.CharField(source="contact.name", allow_null=True, default=None)
    files = FileSerializer(many=True)
    booked = BookedSerializer(many=True)
    working_days = serializers.SerializerMethodField()
    proof_digest = serializers.SerializerMethodField()

    class Meta:
        model = SignOffRound
        fields = [
            "number", "at", "handed_over_by", "remark", "digest", "files", "due_at", "working_days", "outcome",
            "decided_at", "contact", "signed_name", "words", "uses", "booked", "proof_digest",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(WorkingDaySerializer(many=True))
    def get_working_days(self, row: SignOffRound) -> list[dict[str, Any]]:
        """Return the dates of the time to sign; none where no signature is asked for."""
        return [dict(WorkingDaySerializer(day).data) for day in kept_days(row)]

    def get_proof_digest(self, row: SignOffRound) -> str:
        """Return the digest of the proof that was kept when silence confirmed; blank otherwise."""
        return str(row.proof.get("digest", ""))


class DeliverableLineSerializer(serializers.ModelSerializer[Deliverable]):
    """One deliverable in a list; `due_at` is null where no signature is waited for."""

    number = serializers.CharField()
    contract = serializers.CharField(source="contract.number")
    promise = serializers.CharField(source="item.promise")
    service = serializers.CharField(source="item.service")
    engagement = serializers.CharField(source="engagement.number", allow_null=True, default=None)
    addressee = serializers.IntegerField(source="addressee_id", allow_null=True)
    handed_over_at = InstantField()
    due_at = serializers.SerializerMethodField()

    class Meta:
        model = Deliverable
        fields = [
            "number", "contract", "promise", "service", "engagement", "kind", "title", "title_en", "state", "addressee",
            "handed_over_at", "due_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(InstantField(allow_null=True))
    def get_due_at(self, row: Deliverable) -> str | None:
        """Return until when it may be signed."""
        last = row.last_round
        return InstantField().to_representation(last.due_at) if last.is_open and last.due_at else None


class DeliverableStepSerializer(serializers.ModelSerializer[DeliverableStep]):
    """One line of the journal."""

    at = InstantField()
    actor = serializers.CharField(source="actor_display")
    round = serializers.IntegerField(source="round.number")

    class Meta:
        model = DeliverableStep
        fields = ["kind", "at", "actor", "round", "fields"]
        read_only_fields = ["kind", "at", "actor", "round", "fields"]


class DeliverableSerializer(DeliverableLineSerializer):
    """One deliverable with its rounds, and for our people its journal."""

    rounds = RoundSerializer(many=True)
    journal = serializers.SerializerMethodField()

    class Meta(DeliverableLineSerializer.Meta):
        fields = [*DeliverableLineSerializer.Meta.fields, "rounds", "journal"]
        read_only_fields = fields

    @extend_schema_field(DeliverableStepSerializer(many=True))
    def get_journal(self, row: Deliverable) -> list[dict[str, Any]]:
        """Return the lines of the journal, the first in front; nothing to the customer's side."""
        if self.context["user"].is_customer:
            return []
        steps = row.steps.select_related("round").order_by("pk")
        return [dict(DeliverableStepSerializer(step).data) for step in steps]


class DeliverableListSerializer(serializers.Serializer[Any]):
    """What was handed over under a contract, the latest in front."""

    results = DeliverableLineSerializer(many=True)


class PapersSerializer(serializers.Serializer[Any]):
    """The files of a round, as multipart/form-data; person-days are those of the engagement where none are said."""

    files = serializers.ListField(child=serializers.FileField(), max_length=20)
    remark = serializers.CharField(max_length=4000, required=False, allow_blank=True, default="")
    person_days = amount(default=None)
    amount = amount(default=None)


class NewDeliverableSerializer(PapersSerializer):
    """What is handed over: under which service, out of which engagement, to which contact."""

    service = serializers.CharField(max_length=40)
    title = serializers.CharField(max_length=160)
    title_en = serializers.CharField(max_length=160, required=False, allow_blank=True, default="")
    kind = serializers.ChoiceField(Deliverable.Kind.choices, default=Deliverable.Kind.REPORT)
    engagement = serializers.CharField(max_length=20, required=False, allow_blank=True, default="")
    addressee = serializers.IntegerField(min_value=1, required=False, allow_null=True, default=None)


class SignatureSerializer(serializers.Serializer[Any]):
    """A name as its bearer types it, under the files with this digest."""

    name = serializers.CharField(max_length=80)
    digest = serializers.CharField(max_length=64)


class ObjectionSerializer(serializers.Serializer[Any]):
    """What is to be changed."""

    words = serializers.CharField(max_length=20_000)


class TakingBackSerializer(serializers.Serializer[Any]):
    """Why it is taken back."""

    reason = serializers.CharField(max_length=400)
