"""What may be posted and what is answered, for the description of the API; the adapters do the reading."""

from typing import Any

from rest_framework import serializers

from sla.api.fields import InstantField
from tickets.api.serializers import DecisionSerializer, OpeningMilestoneSerializer, PlanSerializer
from tickets.channels.form import BODY, LIMITS, SUBJECT
from tickets.models import Category, Channel, Priority, Status


class ContactNameSerializer(serializers.Serializer[Any]):
    """Who asks: exactly one of these."""

    id = serializers.IntegerField(required=False)
    email = serializers.CharField(required=False, max_length=254)
    phone = serializers.CharField(required=False, max_length=32)
    external_id = serializers.CharField(required=False, max_length=64)


class FileSerializer(serializers.Serializer[Any]):
    """A file: at most 5 MB each and 8 MB in all."""

    name = serializers.CharField(max_length=255)
    content_type = serializers.CharField(max_length=120, required=False)
    base64 = serializers.CharField()


class LineSerializer(serializers.Serializer[Any]):
    """One line of a chat."""

    who = serializers.ChoiceField(["customer", "bot", "agent"])
    body = serializers.CharField(max_length=4000)


class IntakeSerializer(serializers.Serializer[Any]):
    """A message; what is not named here is kept, not read, and named in the answer as `unread`."""

    external_id = serializers.CharField(max_length=128, help_text="the sender's own id; opens one ticket, ever")
    contact = ContactNameSerializer(help_text="needed, but for `caller` on the hotline", required=False)
    ticket = serializers.CharField(
        max_length=20, required=False, help_text="a ticket that it is added to, instead of opening one"
    )
    product = serializers.CharField(max_length=40, required=False, help_text="needed to open a ticket")
    category = serializers.ChoiceField(Category.choices, required=False, help_text="needed to open a ticket")
    subject = serializers.CharField(max_length=SUBJECT, required=False, help_text="needed to open a ticket")
    body = serializers.CharField(max_length=BODY)
    contract = serializers.CharField(max_length=40, required=False)
    priority = serializers.ChoiceField(Priority.choices, required=False)
    occurred_at = InstantField(required=False, help_text="at most 5 minutes ahead and 90 days back")
    module = serializers.CharField(max_length=80, required=False)
    tenant = serializers.CharField(max_length=64, required=False)
    version = serializers.CharField(max_length=40, required=False)
    environment = serializers.CharField(max_length=80, required=False)
    error_code = serializers.CharField(max_length=80, required=False)
    customisation = serializers.DictField(
        child=serializers.BooleanField(),
        required=False,
        help_text="answers to the plan's questions by code, as `POST /api/v1/coverage/` lists them: carve_out, 1 …",
    )
    attachments = serializers.ListField(child=FileSerializer(), max_length=LIMITS.files, required=False)
    caller = serializers.CharField(max_length=32, required=False, help_text="hotline: the number that rang")
    transcript = serializers.ListField(child=LineSerializer(), required=False, help_text="im: what was said before")
    post_url = serializers.CharField(max_length=500, required=False, help_text="community: the question's page")
    page = serializers.CharField(required=False, help_text="in_product: stands for the module")


class IntakeAnswerSerializer(serializers.Serializer[Any]):
    """The ticket that was opened, why it is covered, and what is promised by when."""

    ticket = serializers.CharField()
    url = serializers.CharField()
    status = serializers.ChoiceField(Status.choices)
    entrance = serializers.ChoiceField(Channel.choices)
    decision = DecisionSerializer()
    plan = PlanSerializer()
    milestones = OpeningMilestoneSerializer(many=True)
    body_differs = serializers.BooleanField(required=False, help_text="the same external id came with another body")
    unread = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="fields of the body that nobody knows: misspelt ones"
    )
