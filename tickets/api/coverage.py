"""`POST /api/v1/coverage/`: what the plan answers to a question, without opening anything; and a ticket's answers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.utils import translation
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from plans.authentication import Caller, caller_of
from plans.coverage import RULES, Decision, cover, inquiry_under
from plans.coverage.customisation import CUSTOMISATION
from plans.models import Role, User
from plans.models.contracts import Deployment
from plans.permissions import WorksTickets, has_scope
from plans.wording import list_of, text_of
from sla.api.fields import InstantField
from sla.refusals import ActionRefusedError
from tickets.api.body import read_body
from tickets.api.intake import malformed
from tickets.api.intake_schema import ContactNameSerializer
from tickets.api.serializers import OUTCOMES, PlanSerializer
from tickets.api.views import find_ticket
from tickets.channels.base import Incoming, MalformedError, Payload, Reader
from tickets.channels.form import CATEGORIES, PRIORITIES, read_answers, read_contact
from tickets.channels.payload import read_payload
from tickets.channels.registry import ADAPTERS
from tickets.customisation_form import questions_of
from tickets.models import Category, Channel, CoverageDecision, Priority
from tickets.senders import Sender, find_sender

CHANNELS = frozenset(ADAPTERS)
DEPLOYMENTS = frozenset(Deployment.values)
INTAKE = "intake:"
SEE_ALL = (Role.LEAD, Role.MANAGER, Role.ADMIN, Role.AGENT, Role.EXPERT)


class QuestionSerializer(serializers.Serializer[Any]):
    """What is asked of a plan; it may be about any day, past or to come."""

    contact = ContactNameSerializer(help_text="a customer's own key asks for its user", required=False)
    contract = serializers.CharField(max_length=40, required=False, help_text="else the one that suits best")
    service = serializers.CharField(max_length=40, required=False, help_text="else the channel's own")
    product = serializers.CharField(max_length=40, required=False)
    deployment = serializers.ChoiceField(Deployment.choices, required=False)
    category = serializers.ChoiceField(Category.choices)
    channel = serializers.ChoiceField(Channel.choices, required=False, help_text="portal unless said")
    priority = serializers.ChoiceField(Priority.choices, required=False)
    at = InstantField(required=False, help_text="now unless said")
    customisation = serializers.DictField(child=serializers.BooleanField(), required=False)


class ToldSerializer(serializers.Serializer[Any]):
    """What a decision says in one language."""

    clause = serializers.CharField()
    reason = serializers.CharField()
    ways_on = serializers.ListField(child=serializers.CharField())


class LeftSerializer(serializers.Serializer[Any]):
    """What is left of a service that is counted; both dates belong to it."""

    unit = serializers.CharField()
    granted = serializers.DecimalField(max_digits=10, decimal_places=2)
    left = serializers.DecimalField(max_digits=10, decimal_places=2)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()


class AskedSerializer(serializers.Serializer[Any]):
    """One question that the plan asks about customisation, to be answered in `customisation` by its code."""

    code = serializers.CharField()
    text = serializers.CharField()


class CoverageSerializer(ToldSerializer):
    """The plan's answer, a no too; in the contact's language, and in `told` in every one."""

    outcome = serializers.ChoiceField(OUTCOMES)
    rule = serializers.CharField(help_text="what decided: " + ", ".join(RULES))
    promise = serializers.CharField()
    told = serializers.DictField(child=ToldSerializer())
    contract = serializers.CharField(allow_null=True)
    plan = PlanSerializer(allow_null=True)
    plan_version = serializers.IntegerField(allow_null=True)
    service = serializers.CharField(allow_null=True)
    policy = serializers.CharField(allow_null=True, help_text="null: nothing is timed")
    left = LeftSerializer(allow_null=True)
    questions = AskedSerializer(many=True)


class MayAsk(BasePermission):
    """Let in keys that act for a user, and those of a channel."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, Caller):
            return False
        acts = has_scope(request, "api") and isinstance(request.user, User)
        return acts or any(scope.startswith(INTAKE) for scope in request.auth.key.scopes)


class DecisionRowSerializer(serializers.ModelSerializer[CoverageDecision]):
    """One answer that a ticket was given: what was asked, what was answered, by which rule, and who decided."""

    clause = serializers.SerializerMethodField()
    reason = serializers.SerializerMethodField()
    ways_on = serializers.SerializerMethodField()
    plan = serializers.CharField(source="plan.code", allow_null=True)
    plan_version = serializers.IntegerField(source="plan.version", allow_null=True)
    contract = serializers.CharField(source="contract.number", allow_null=True)
    product = serializers.CharField(source="product.code", allow_null=True, default=None)
    outcome = serializers.CharField(help_text="covered, chargeable, redirected or not_covered")
    was_outcome = serializers.CharField(help_text="what stood before one of us decided otherwise")
    decided_by = serializers.CharField(source="actor_display")
    at = InstantField()

    class Meta:
        model = CoverageDecision
        fields = [
            "at", "cause", "outcome", "was_outcome", "rule", "promise", "clause", "reason", "ways_on", "contract",
            "plan", "plan_version", "product", "deployment", "category", "channel", "priority", "is_certified",
            "answers", "decided_by", "why",
        ]  # fmt: skip
        read_only_fields = fields

    def get_clause(self, row: CoverageDecision) -> str:
        return text_of(row, "clause")

    def get_reason(self, row: CoverageDecision) -> str:
        return text_of(row, "reason")

    def get_ways_on(self, row: CoverageDecision) -> list[str]:
        return list_of(row, "ways_on")


class CoverageView(APIView):
    """Ask a plan whether it covers something; nothing is opened, kept or timed."""

    permission_classes = [MayAsk]

    @extend_schema(request=QuestionSerializer, responses=CoverageSerializer)
    def post(self, request: Request) -> Response:
        caller = caller_of(request)
        try:
            payload = read_payload(read_body(request))
            if not may_ask_of(request, payload.get("channel") or Channel.PORTAL):
                raise PermissionDenied
            question = read_question(payload, request.user, caller.at)
        except MalformedError as error:
            raise malformed(error) from error
        sender = find_sender(question.incoming, channel=question.channel, api_key=caller.key)
        check_theirs(request.user, sender)
        return Response(CoverageSerializer(answer_fields(question, sender)).data)


class TicketDecisions(APIView):
    """Read what the plan answered to a ticket each time it was asked, the last first."""

    permission_classes = [WorksTickets]

    @extend_schema(responses=DecisionRowSerializer(many=True))
    def get(self, request: Request, number: str) -> Response:
        rows = find_ticket(request, number).decisions.select_related("plan", "contract", "product")
        return Response(DecisionRowSerializer(rows, many=True).data)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: as a channel would bring it, and what only this question may name."""

    incoming: Incoming
    channel: str
    service: str | None
    deployment: str
    at: datetime


def read_question(payload: Payload, user: User | AnonymousUser, now: datetime) -> Question:
    """Return what is asked. Raises MalformedError naming every field that is wrong."""
    reader = Reader(payload)
    incoming = Incoming(
        external_id="",
        contact=_contact(reader, user),
        product=reader.text("product", 40),
        category=reader.one_of("category", CATEGORIES),
        subject="",
        body="",
        contract=reader.text("contract", 40),
        priority=reader.one_of("priority", PRIORITIES, default="normal"),
        customisation=read_answers(reader),
    )
    question = Question(
        incoming,
        channel=reader.one_of("channel", CHANNELS, default=Channel.PORTAL),
        service=reader.text("service", 40) or None,
        deployment=reader.one_of("deployment", DEPLOYMENTS) if payload.get("deployment") else "",
        at=reader.instant("at") or now,
    )
    reader.finish()
    return question


def _contact(reader: Reader, user: User | AnonymousUser) -> tuple[str, str | int]:
    """Return who asks: a customer's user themselves, unless another of theirs is named."""
    if "contact" not in reader.payload and isinstance(user, User) and user.is_customer and hasattr(user, "contact"):
        return ("id", user.contact.pk)
    return read_contact(reader)


def may_ask_of(request: Request, channel: Any) -> bool:
    """Tell whether a key may ask as if by a channel: a user's by any, a channel's by its own."""
    return isinstance(request.user, User) or has_scope(request, f"{INTAKE}{channel}")


def check_theirs(user: User | AnonymousUser, sender: Sender) -> None:
    """Raise ActionRefusedError where a user asks for somebody whom they may not see, as for one who never was."""
    if not isinstance(user, User) or user.role in SEE_ALL:
        return
    if user.is_customer:
        is_theirs = hasattr(user, "contact") and user.contact.customer_id == sender.contact.customer_id
    else:
        is_theirs = (
            user.role != Role.PARTNER or user.accounts.filter(contract__customer=sender.contact.customer_id).exists()
        )
    if not is_theirs:
        raise ActionRefusedError("unknown_contact", _("没有找到这位联系人。"), ways_on=[_("改用贵方自己的联系人。")])


def answer_fields(question: Question, sender: Sender) -> dict[str, Any]:
    """Return the plan's answer as the API gives it."""
    said = question.incoming
    decision = cover(
        sender.contact, sender.contract, question.service, sender.product, question.deployment, said.category,
        question.channel, question.at, priority=said.priority, answers=said.customisation,
    )  # fmt: skip
    plain = ("outcome", "rule", "promise", "clause", "reason", "ways_on", "told")
    contract, right = decision.contract, decision.entitlement
    return {
        **{name: getattr(decision, name) for name in plain},
        "contract": contract.number if contract else None,
        "plan": contract.plan if contract else None,
        "plan_version": contract.plan.version if contract else None,
        "service": right.item.service if right else None,
        "policy": decision.policy.code if decision.policy else None,
        "left": decision.balance,
        "questions": _questions(decision, said, sender.contact.reads),
    }


def _questions(decision: Decision, said: Incoming, language: str) -> list[dict[str, str]]:
    """Return what the plan asks about customisation, in a language, where it was said to be one; else nothing."""
    if decision.contract is None or said.category != CUSTOMISATION:
        return []
    with translation.override(language):
        inquiry = inquiry_under(decision.contract.number)
    return [{"code": one.code, "text": one.words} for one in questions_of(inquiry, {})]
