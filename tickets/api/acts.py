"""What may be done with a ticket by name: which body it wants, who may do it, and the action behind it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from plans.coverage.customisation import CODES
from plans.models import Contract, Product, Team, User
from plans.models.people import STAFF_ROLES
from sla.api.fields import InstantField
from sla.api.problems import ProblemError
from sla.models.policies import Metric
from tickets.actions import ticket as actions
from tickets.actions.ticket.life import LONGEST_REMARK
from tickets.actions.ticket.overriding import LONGEST_REASON
from tickets.models import Category, Priority, Ticket

BODY = 100_000
# What is taken over from a request as it stands.
CLASSED = ("priority", "category", "module", "customisation")


class TextField(serializers.CharField):
    """Text as such: a number is none."""

    def to_internal_value(self, value: Any) -> str:
        if not isinstance(value, str):
            self.fail("invalid")
        return super().to_internal_value(value)


class TruthField(serializers.BooleanField):
    """True or false as such: a word for it is neither."""

    def to_internal_value(self, value: Any) -> bool:
        if not isinstance(value, bool):
            self.fail("invalid", input=value)
        return value


class NothingSerializer(serializers.Serializer[Any]):
    """No body is needed."""


class WordsSerializer(serializers.Serializer[Any]):
    """What is said."""

    body = TextField(max_length=BODY)


class MaybeWordsSerializer(serializers.Serializer[Any]):
    """What is said, if anything."""

    body = TextField(max_length=BODY, required=False, allow_blank=True, default="")


class AssignSerializer(serializers.Serializer[Any]):
    """Who is to work on it: a username, or the code of a team."""

    to = TextField(max_length=150, required=False)
    team = TextField(max_length=40, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError({"to": _("to 与 team 必须且只能给一个。")}, "one_of")
        return attrs


class CallSerializer(WordsSerializer):
    """What was said on the phone; a call that nobody answered is no contact."""

    answered = TruthField()


class WaitSerializer(serializers.Serializer[Any]):
    """For whom the work waits, and until when, where that was agreed."""

    until = InstantField(required=False, allow_null=True, default=None)
    reason = TextField(max_length=LONGEST_REMARK, required=False, allow_blank=True, default="")

    def get_fields(self) -> dict[str, Any]:
        # A keyword of the language cannot be a class attribute.
        return {"for": serializers.ChoiceField(["customer", "third_party"]), **super().get_fields()}


class MergeSerializer(serializers.Serializer[Any]):
    """The number of the ticket that it becomes part of."""

    into = TextField(max_length=20)


class AcknowledgeSerializer(serializers.Serializer[Any]):
    """Which promised time is taken on; all that are late or threatened where none is named."""

    metric = serializers.ChoiceField(Metric.values, required=False, allow_blank=True, default="")


class LedgerLineSerializer(serializers.Serializer[Any]):
    """The number of a line of the ledger."""

    event = serializers.IntegerField(min_value=1, max_value=1_000_000)


class ClassifySerializer(serializers.Serializer[Any]):
    """What a ticket is about from now on; what is not named stays. `insist`: go on beyond the plan, as chargeable."""

    priority = serializers.ChoiceField(Priority.choices, required=False)
    category = serializers.ChoiceField(Category.choices, required=False)
    product = TextField(max_length=40, required=False, allow_null=True)
    module = TextField(max_length=80, required=False, allow_blank=True)
    contract = TextField(max_length=40, required=False)
    customisation = serializers.DictField(
        child=TruthField(), required=False, help_text="answers to the plan's questions by code"
    )
    reason = TextField(max_length=LONGEST_REMARK)
    insist = TruthField(required=False, default=False)

    def validate_customisation(self, value: dict[str, bool]) -> dict[str, bool]:
        if unknown := sorted(set(value) - CODES):
            raise serializers.ValidationError(_("没有这样的问题：%(codes)s。") % {"codes": unknown[0][:20]}, "unknown")
        return value


class CoverageOverrideSerializer(serializers.Serializer[Any]):
    """What one of us decides in the plan's place, and why in at least a sentence."""

    outcome = TextField(max_length=12, help_text="covered, chargeable or not_covered")
    reason = TextField(max_length=LONGEST_REASON)


@dataclass(frozen=True, slots=True)
class Deed:
    """One act by one user: the ticket, the body that was sent, and the instant."""

    ticket: Ticket
    said: dict[str, Any]
    user: User
    at: datetime


Doing = Callable[[Deed], Ticket]


@dataclass(frozen=True, slots=True)
class Act:
    """A named act; `by_customer` is what the same name means on the customer's side, None what is not theirs."""

    does: str
    body: type[serializers.Serializer[Any]]
    by_agent: Doing
    by_customer: Doing | None = None


def _accept(deed: Deed) -> Ticket:
    return actions.accept(ticket=deed.ticket, actor=deed.user, at=deed.at)


def _acknowledge(deed: Deed) -> Ticket:
    return actions.acknowledge(ticket=deed.ticket, metric=deed.said["metric"], actor=deed.user, at=deed.at)


def _assign(deed: Deed) -> Ticket:
    if "team" in deed.said:
        return _hand_over(deed)
    to = User.objects.filter(username=deed.said["to"], is_active=True, role__in=STAFF_ROLES).first()
    if to is None:
        raise _unknown("to", _("没有这位服务人员。"))
    return actions.assign(ticket=deed.ticket, to=to, actor=deed.user, at=deed.at)


def _hand_over(deed: Deed) -> Ticket:
    team = Team.objects.filter(code=deed.said["team"]).first()
    if team is None:
        raise _unknown("team", _("没有这个团队。"))
    return actions.hand_over(ticket=deed.ticket, team=team, actor=deed.user, at=deed.at)


def _progress(deed: Deed) -> Ticket:
    return actions.progress(ticket=deed.ticket, body=deed.said["body"], actor=deed.user, at=deed.at)


def _reply(deed: Deed) -> Ticket:
    return actions.reply(ticket=deed.ticket, body=deed.said["body"], actor=deed.user, at=deed.at)


def _write_in(deed: Deed) -> Ticket:
    return actions.customer_message(ticket=deed.ticket, contact=deed.user.contact, body=deed.said["body"], at=deed.at)


def _note(deed: Deed) -> Ticket:
    return actions.note(ticket=deed.ticket, body=deed.said["body"], actor=deed.user, at=deed.at)


def _call(deed: Deed) -> Ticket:
    said = deed.said
    return actions.log_call(
        ticket=deed.ticket, body=said["body"], answered=said["answered"], actor=deed.user, at=deed.at
    )


def _wait(deed: Deed) -> Ticket:
    said = deed.said
    return actions.wait(
        ticket=deed.ticket,
        wait_for=said["for"],
        until=said["until"],
        actor=deed.user,
        at=deed.at,
        remark=said["reason"],
    )


def _resume(deed: Deed) -> Ticket:
    return actions.resume(ticket=deed.ticket, actor=deed.user, at=deed.at)


def _resolve(deed: Deed) -> Ticket:
    return actions.resolve(ticket=deed.ticket, body=deed.said["body"], actor=deed.user, at=deed.at)


def _reopen(deed: Deed) -> Ticket:
    return actions.reopen(ticket=deed.ticket, body=deed.said["body"], actor=deed.user, at=deed.at)


def _reopen_as_contact(deed: Deed) -> Ticket:
    return actions.reopen(ticket=deed.ticket, body=deed.said["body"], actor=deed.user.contact, at=deed.at)


def _close(deed: Deed) -> Ticket:
    return actions.close(ticket=deed.ticket, actor=deed.user, at=deed.at)


def _close_as_contact(deed: Deed) -> Ticket:
    return actions.close(ticket=deed.ticket, actor=deed.user.contact, at=deed.at)


def _merge(deed: Deed) -> Ticket:
    into = Ticket.objects.visible_to(deed.user).filter(number=deed.said["into"]).first()
    if into is None:
        raise _unknown("into", _("没有这张工单。"))
    return actions.merge(ticket=deed.ticket, into=into, actor=deed.user, at=deed.at)


def _classify(deed: Deed) -> Ticket:
    said = deed.said
    return actions.reclassify(
        ticket=deed.ticket,
        to=_classification(deed.ticket, said),
        reason=said["reason"],
        actor=deed.user,
        at=deed.at,
        insists=said["insist"],
    )


def _classification(ticket: Ticket, said: dict[str, Any]) -> actions.Classification:
    """Return how a ticket is to be classified: as it is, but for what was said."""
    named: dict[str, Any] = {name: said[name] for name in CLASSED if name in said}
    if "product" in said:
        named["product"] = _product(said["product"]) if said["product"] else None
    if "contract" in said:
        named["contract"] = _contract(ticket, said["contract"])
    return replace(actions.Classification.of(ticket), **named)


def _override(deed: Deed) -> Ticket:
    return actions.override(
        ticket=deed.ticket, outcome=deed.said["outcome"], reason=deed.said["reason"], actor=deed.user, at=deed.at
    )


def _product(code: str) -> Product:
    product = Product.objects.filter(code=code).first()
    if product is None:
        raise _unknown("product", _("没有这个产品。"))
    return product


def _contract(ticket: Ticket, number: str) -> Contract:
    contracts = Contract.objects.select_related("plan").filter(customer=ticket.customer_id)
    contract = contracts.filter(number=number).first()
    if contract is None:
        raise _unknown("contract", _("这位客户没有这份合同。"))
    return contract


def _retract(deed: Deed) -> Ticket:
    return actions.retract(ticket=deed.ticket, event=deed.said["event"], actor=deed.user, at=deed.at)


def _publish(deed: Deed) -> Ticket:
    return actions.publish(ticket=deed.ticket, event=deed.said["event"], actor=deed.user, at=deed.at)


def _unpublish(deed: Deed) -> Ticket:
    return actions.unpublish(ticket=deed.ticket, event=deed.said["event"], actor=deed.user, at=deed.at)


def _unknown(field: str, message: str) -> ProblemError:
    return ProblemError("invalid", message, errors=[{"field": field, "code": "unknown", "message": message}])


ACTS: dict[str, Act] = {
    "accept": Act("Take a ticket on.", NothingSerializer, _accept),
    "acknowledge": Act(
        "Take late and threatened promises on, so that nobody is told of them again. No clock hears it.",
        AcknowledgeSerializer,
        _acknowledge,
    ),
    "assign": Act("Give a ticket to a colleague, or to a team's queue.", AssignSerializer, _assign),
    "progress": Act("Tell the customer how the work goes.", WordsSerializer, _progress),
    "reply": Act("Answer the customer; from the customer's side, write in.", WordsSerializer, _reply, _write_in),
    "note": Act("Write a note for colleagues.", WordsSerializer, _note),
    "call": Act("Log a call.", CallSerializer, _call),
    "wait": Act(
        "Wait for the customer or a third party, until an agreed instant where there is one.", WaitSerializer, _wait
    ),
    "resume": Act("Take the work up again.", NothingSerializer, _resume),
    "resolve": Act("Solve a ticket.", MaybeWordsSerializer, _resolve),
    "reopen": Act("Take a solved ticket up again.", MaybeWordsSerializer, _reopen, _reopen_as_contact),
    "close": Act(
        "End a ticket for good; from the customer's side, confirm that it is solved.",
        NothingSerializer,
        _close,
        _close_as_contact,
    ),
    "merge": Act("Join a ticket into another of the same customer.", MergeSerializer, _merge),
    "classify": Act(
        "Change the priority, category, product, module or contract of a ticket. The plan is asked anew, "
        "and its open promises are computed from the new terms; what it does not cover is 422 with the "
        "clause.",
        ClassifySerializer,
        _classify,
    ),
    "override": Act(
        "Decide otherwise than the plan, with a reason that the team's lead is told. What is covered runs the plan's "
        "promise of tickets; nothing else is timed any more.",
        CoverageOverrideSerializer,
        _override,
    ),
    "retract": Act(
        "Take back a reply, note, call, progress note or acceptance. The clocks forget it.",
        LedgerLineSerializer,
        _retract,
    ),
    "publish": Act("Show a note to the customer. From then on it counts as a reply.", LedgerLineSerializer, _publish),
    "unpublish": Act(
        "Hide a published note from the customer again. What it met is owed again.", LedgerLineSerializer, _unpublish
    ),
}
