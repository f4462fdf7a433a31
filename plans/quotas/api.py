"""What a contract gives and what became of it, for other programs."""

from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from plans.api import find_contract
from plans.authentication import caller_of
from plans.models import QuotaEntry
from plans.obligations.reads import Owed, owed_of
from plans.quotas.rights import Right, rights_of
from plans.quotas.statements import Account, Line, Statement, statement_of, usual_span
from plans.terms import local_date
from plans.wording import clause_of, name_of, text_of
from sla.api.fields import InstantField
from sla.api.problems import ProblemError

SPAN = [
    OpenApiParameter("from", OpenApiTypes.DATE, description="first local date of the contract; its year unless said"),
    OpenApiParameter("to", OpenApiTypes.DATE, description="last local date"),
]


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
    expired = serializers.FloatField()
    left = serializers.FloatField(allow_null=True)
    period = serializers.CharField(allow_null=True)
    starts_on = serializers.DateField(allow_null=True)
    ends_on = serializers.DateField(allow_null=True)


class OwedSerializer(serializers.Serializer[Any]):
    """One delivery that is owed by a date."""

    promise = serializers.CharField()
    what = serializers.CharField()
    due_on = serializers.DateField()
    state = serializers.CharField()


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
        at = caller_of(request).at
        rights = rights_of(contract, local_date(contract, at))
        answer = {
            "contract": contract.number,
            "rights": [right_said(right) for right in rights],
            "owed": [owed_said(one) for one in owed_of(contract, at)],
        }
        return Response(EntitlementsSerializer(answer).data)


def owed_said(one: Owed) -> dict[str, Any]:
    """Return one thing that is owed by a date as other programs read it."""
    row = one.row
    return {"promise": row.item.promise, "what": text_of(row, "what"), "due_on": row.due_on, "state": one.state}


def right_said(right: Right) -> dict[str, Any]:
    """Return a right as other programs read it."""
    item, balance = right.entitlement.item, right.balance
    return {
        "promise": item.promise,
        "service": item.service,
        "name": name_of(item),
        "clause": clause_of(item),
        "quota": right.quota,
        "granted": balance.granted if balance else None,
        "used": balance.used if balance else 0,
        "reserved": balance.reserved if balance else 0,
        "expired": balance.expired if balance else 0,
        "left": balance.left if balance else None,
        "period": right.period if right.quota else None,
        "starts_on": balance.starts_on if balance else None,
        "ends_on": balance.ends_on if balance else None,
    }


class TotalsSerializer(serializers.Serializer[Any]):
    """The sums of an amount at one end of a statement."""

    granted = serializers.FloatField()
    reserved = serializers.FloatField()
    used = serializers.FloatField()
    expired = serializers.FloatField()
    left = serializers.FloatField()


class LineSerializer(serializers.Serializer[Any]):
    """One line of the ledger: `change` is by how much what is left changed, `left` what it was then."""

    id = serializers.IntegerField()
    at = InstantField()
    kind = serializers.ChoiceField(QuotaEntry.Kind.choices)
    change = serializers.FloatField()
    reserved = serializers.FloatField()
    used = serializers.FloatField()
    left = serializers.FloatField()
    on = serializers.DateField(allow_null=True)
    cause = serializers.CharField()
    actor = serializers.CharField()


class LedgerAccountSerializer(serializers.Serializer[Any]):
    """One amount over its window."""

    promise = serializers.CharField()
    service = serializers.CharField()
    name = serializers.CharField()
    clause = serializers.CharField()
    unit = serializers.CharField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    opening = TotalsSerializer()
    closing = TotalsSerializer()
    lines = LineSerializer(many=True)


class StatementSerializer(serializers.Serializer[Any]):
    """What happened to a contract's amounts over a span of days, both included."""

    contract = serializers.CharField()
    to = serializers.DateField(source="last")
    accounts = LedgerAccountSerializer(many=True)

    def get_fields(self) -> dict[str, Any]:
        """Return the fields, with the one that Python has no name for."""
        return {"from": serializers.DateField(source="first"), **super().get_fields()}


class ContractStatement(APIView):
    """Read what was granted, reserved, used and what lapsed, line by line."""

    @extend_schema(parameters=SPAN, responses=StatementSerializer)
    def get(self, request: Request, number: str) -> Response:
        contract = find_contract(request, number)
        usual = usual_span(contract, local_date(contract, caller_of(request).at))
        first = _date_in(request, "from", usual[0])
        last = _date_in(request, "to", usual[1])
        if last < first:
            raise _bad("to", _("结束日期早于开始日期。"))
        return Response(StatementSerializer(statement_said(statement_of(contract, first, last))).data)


def statement_said(statement: Statement) -> dict[str, Any]:
    """Return a statement as other programs read it."""
    accounts = [_account(account) for account in statement.accounts]
    said = {"contract": statement.contract.number, "accounts": accounts}
    return {**said, "first": statement.first, "last": statement.last}


def _account(account: Account) -> dict[str, Any]:
    quota = account.quota
    return {
        "promise": quota.item.promise,
        "service": quota.item.service,
        "name": name_of(quota.item),
        "clause": clause_of(quota.item),
        "unit": quota.unit,
        "starts_on": quota.starts_on,
        "ends_on": quota.ends_on,
        "opening": account.opening,
        "closing": account.closing,
        "lines": list(map(_line, account.lines)),
    }


def _line(line: Line) -> dict[str, Any]:
    said = {name: getattr(line, name) for name in ("at", "kind", "change", "reserved", "used", "left", "on")}
    return {**said, "id": line.pk, "cause": text_of(line, "cause"), "actor": text_of(line, "actor")}


def line_said(entry: QuotaEntry) -> dict[str, Any]:
    """Return a line that was just booked as other programs read it."""
    plain = {name: getattr(entry, name) for name in ("at", "kind", "change", "reserved", "used", "left", "on")}
    actor = name_of(entry.actor) if entry.actor else entry.actor_display
    return {**plain, "id": entry.pk, "cause": text_of(entry, "cause"), "actor": actor}


def _date_in(request: Request, name: str, usual: date) -> date:
    said = request.query_params.get(name, "")
    try:
        return date.fromisoformat(said) if said else usual
    except ValueError:
        raise _bad(name, _("日期应写作 2026-03-01。")) from None


def _bad(name: str, message: str) -> ProblemError:
    return ProblemError("invalid", message, errors=[{"field": name, "code": "invalid", "message": message}])
