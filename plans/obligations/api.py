"""What a contract owes by when, for other programs: read it, note a delivery, waive it with a reason."""

from datetime import date
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from plans.actions.obligations import agree_frequency, meet_on, take_back, waive
from plans.amending_api import checked, decider
from plans.api import find_contract
from plans.authentication import caller_of
from plans.models import Contract, Obligation, Role, User
from plans.obligations.reads import Owed, owed_of, standing
from plans.obligations.schedule import MOST_A_YEAR, Frequency, Period
from plans.obligations.wanted import Line, lines_of
from plans.permissions import MANAGING
from plans.terms import local_date
from plans.wording import clause_of, text_of, worded
from sla.api.fields import InstantField
from sla.api.problems import ProblemError

# Beside the account team of a contract, who may say what became of what it owes.
SETTLERS = (Role.LEAD, Role.MANAGER, Role.ADMIN)


class ObligationSerializer(serializers.Serializer[Any]):
    """One thing that is owed; `state` is owed, overdue, met, late, missed or waived; `due_at` once it has begun."""

    id = serializers.IntegerField()
    promise = serializers.CharField()
    line = serializers.CharField()
    what = serializers.CharField()
    clause = serializers.CharField()
    number = serializers.IntegerField()
    of = serializers.IntegerField()
    opens_on = serializers.DateField()
    due_on = serializers.DateField()
    due_at = InstantField(allow_null=True)
    state = serializers.CharField()
    met_at = InstantField(allow_null=True)
    met_by_ref = serializers.CharField()
    reason = serializers.CharField()


class ObligationsSerializer(serializers.Serializer[Any]):
    """All that a contract owes or owed."""

    contract = serializers.CharField()
    obligations = ObligationSerializer(many=True)


class MetSerializer(serializers.Serializer[Any]):
    """A delivery: on which local date of the contract, today unless said, and what shows it."""

    ref = serializers.CharField(max_length=64)
    on = serializers.DateField(required=False)


class WaivedSerializer(serializers.Serializer[Any]):
    """Why something is not delivered any more; the customer may read it."""

    reason = serializers.CharField(max_length=400)


class ContractObligations(APIView):
    """Read what a contract owes by when."""

    @extend_schema(responses=ObligationsSerializer)
    def get(self, request: Request, number: str) -> Response:
        contract = find_contract(request, number)
        owed = owed_of(contract, caller_of(request).at)
        answer = {"contract": contract.number, "obligations": [said_of(one) for one in owed]}
        return Response(ObligationsSerializer(answer).data)


class ObligationMet(APIView):
    """Note something that is owed as delivered."""

    @extend_schema(request=MetSerializer, responses=ObligationSerializer)
    def post(self, request: Request, number: str, pk: int) -> Response:
        contract, row = settled_by(request, number, pk)
        said, at = checked(MetSerializer, request), caller_of(request).at
        on: date = said.get("on") or local_date(contract, at)
        if on > local_date(contract, at):
            raise ProblemError("not_yet", _("交付日期不能晚于今天。"))
        meet_on(obligation=row, ref=said["ref"], on=on, **decider(request))
        return answered(row, request)


class ObligationWaived(APIView):
    """Let something that is owed go, with a reason."""

    @extend_schema(request=WaivedSerializer, responses=ObligationSerializer)
    def post(self, request: Request, number: str, pk: int) -> Response:
        _contract, row = settled_by(request, number, pk)
        waive(obligation=row, **checked(WaivedSerializer, request), **decider(request))
        return answered(row, request)


class ObligationTakenBack(APIView):
    """Owe again what was noted as delivered, or waived, by mistake."""

    @extend_schema(request=WaivedSerializer, responses=ObligationSerializer)
    def post(self, request: Request, number: str, pk: int) -> Response:
        _contract, row = settled_by(request, number, pk)
        take_back(obligation=row, **checked(WaivedSerializer, request), **decider(request))
        return answered(row, request)


class FrequencySerializer(serializers.Serializer[Any]):
    """How often something is owed; `times` and `period` are null while nobody has agreed on it."""

    promise = serializers.CharField()
    service = serializers.CharField()
    line = serializers.CharField(allow_blank=True)
    what = serializers.CharField()
    times = serializers.IntegerField(allow_null=True)
    period = serializers.CharField(allow_null=True)
    agreed_at = InstantField(allow_null=True)


class FrequenciesSerializer(serializers.Serializer[Any]):
    """How often a contract owes each thing that it owes by dates."""

    contract = serializers.CharField()
    frequencies = FrequencySerializer(many=True)


class AgreedSerializer(serializers.Serializer[Any]):
    """How often something is owed from now on; `line` says which, where a service owes several things."""

    service = serializers.CharField(max_length=40)
    line = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    times = serializers.IntegerField(min_value=1, max_value=MOST_A_YEAR)
    period = serializers.ChoiceField([one.value for one in Period if one != Period.AGREED])
    reason = serializers.CharField(max_length=400)


class ContractFrequencies(APIView):
    """Read how often a contract owes what it owes, or agree on it."""

    @extend_schema(responses=FrequenciesSerializer)
    def get(self, request: Request, number: str) -> Response:
        return frequencies_of(find_contract(request, number))

    @extend_schema(request=AgreedSerializer, responses=FrequenciesSerializer)
    def post(self, request: Request, number: str) -> Response:
        contract, user = find_contract(request, number), request.user
        if not isinstance(user, User) or user.role not in MANAGING:
            raise PermissionDenied
        said = checked(AgreedSerializer, request)
        rights = contract.entitlements.select_related("item", "contract").exclude(item__frequency=[])
        right = rights.filter(item__service=said["service"]).order_by("pk").first()
        if right is None:
            message = _("这项服务不按频次交付。")
            raise ProblemError("invalid", message, errors=[{"field": "service", "code": "unknown", "message": message}])
        frequency = Frequency(said["times"], Period(said["period"]))
        agree_frequency(
            entitlement=right, line=said["line"], frequency=frequency, reason=said["reason"], **decider(request)
        )
        return frequencies_of(contract)


def frequencies_of(contract: Contract) -> Response:
    """Return how often a contract owes each thing, as agreed last, else as the plan says."""
    rows = [_frequency(line) for line in lines_of(contract)]
    return Response(FrequenciesSerializer({"contract": contract.number, "frequencies": rows}).data)


def _frequency(line: Line) -> dict[str, Any]:
    item, frequency = line.entitlement.item, line.frequency
    return {
        "promise": item.promise,
        "service": item.service,
        "line": line.code,
        "what": worded(line.said, "what"),
        "times": frequency.times if frequency else None,
        "period": str(frequency.period) if frequency else None,
        "agreed_at": line.agreed_at,
    }


def settled_by(request: Request, number: str, pk: int) -> tuple[Contract, Obligation]:
    """Return a contract and what it owes, for who may settle that; a customer reads it and no more."""
    contract = find_contract(request, number)
    user: Any = request.user
    is_ours = user.is_agent and contract.account_team.filter(user=user).exists()
    if user.role not in SETTLERS and not is_ours:
        raise PermissionDenied
    row = contract.obligations.exclude(state=Obligation.State.CANCELLED).filter(pk=pk).first()
    if row is None:
        raise Http404
    return contract, row


def answered(row: Obligation, request: Request) -> Response:
    """Return one thing that is owed as it stands now."""
    [one] = standing(Obligation.objects.filter(pk=row.pk), caller_of(request).at)
    return Response(ObligationSerializer(said_of(one)).data)


def said_of(one: Owed) -> dict[str, Any]:
    """Return one thing that is owed as other programs read it."""
    row = one.row
    plain = ("line", "number", "of", "opens_on", "due_on", "met_at", "met_by_ref", "reason")
    return {
        "id": row.pk,
        "promise": row.item.promise,
        "what": text_of(row, "what"),
        "clause": clause_of(row.item),
        "due_at": one.due_at,
        "state": one.state,
        **{name: getattr(row, name) for name in plain},
    }
