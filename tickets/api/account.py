"""One customer over all its contracts, for other programs: what comes next, what was used, kept, and is at risk."""

from decimal import Decimal
from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from plans.api import contracts_of
from plans.authentication import caller_of
from plans.models import Contract, Customer, Role
from plans.quotas.balances import SUMS
from plans.wording import name_of
from tickets.api.views import user_of
from tickets.showing.account.coming import LATE, Coming
from tickets.showing.account.kept import Line, kept_of
from tickets.showing.account.reading import Account, Held, account_of
from tickets.showing.account.risks import Risk, risks_of
from tickets.showing.account.timeline import coming_of
from tickets.showing.account.used import Used, people_of, used_of


class AccountContractSerializer(serializers.Serializer[Any]):
    """One contract, as it stands today by its own zone."""

    number = serializers.CharField()
    plan = serializers.CharField()
    state = serializers.CharField(help_text="ahead, in_force, ending (within 90 days) or over")
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    renewed_by = serializers.CharField(allow_null=True)


class AccountComingSerializer(serializers.Serializer[Any]):
    """One thing to come, what is late in front, then by date."""

    kind = serializers.CharField(help_text="delivery, request, proposal, engagement, record, right, term, …")
    on = serializers.DateField()
    what = serializers.CharField()
    detail = serializers.CharField()
    acts = serializers.CharField(help_text="who has to do something: ours, theirs or both")
    is_late = serializers.BooleanField()
    contract = serializers.CharField()
    ref = serializers.CharField(help_text="the number of what it is about, such as E-2026-000012; blank without one")


class AccountRightSerializer(serializers.Serializer[Any]):
    """One amount in the window that holds today."""

    contract = serializers.CharField()
    promise = serializers.CharField()
    name = serializers.CharField()
    granted = serializers.DecimalField(10, 2)
    used = serializers.DecimalField(10, 2)
    reserved = serializers.DecimalField(10, 2)
    expired = serializers.DecimalField(10, 2)
    left = serializers.DecimalField(10, 2)
    ends_on = serializers.DateField()
    is_lapsing = serializers.BooleanField()


class AccountPeopleSerializer(serializers.Serializer[Any]):
    """The customer's people: how many there are, are certified, can sign in, and asked within 90 days."""

    active = serializers.IntegerField()
    certified = serializers.IntegerField()
    signed_in = serializers.IntegerField()
    asking = serializers.IntegerField()


class AccountKeptSerializer(serializers.Serializer[Any]):
    """One promise over the contract's running year until now; the share is null where there was nothing to judge."""

    metric = serializers.CharField()
    promise = serializers.CharField()
    name = serializers.CharField()
    clause = serializers.CharField()
    kept = serializers.IntegerField()
    missed = serializers.IntegerField()
    running = serializers.IntegerField()
    cancelled_by_resolve = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True)


class AccountRiskCaseSerializer(serializers.Serializer[Any]):
    """One case of a risk, in words, and its number where it has one."""

    words = serializers.CharField()
    ref = serializers.CharField()


class AccountRiskSerializer(serializers.Serializer[Any]):
    """A rule of risk that fired: how bad it is (now, soon, know), what to do, how many cases and the first of them."""

    code = serializers.CharField()
    severity = serializers.CharField()
    title = serializers.CharField()
    todo = serializers.CharField()
    count = serializers.IntegerField()
    cases = AccountRiskCaseSerializer(many=True)


class AccountSerializer(serializers.Serializer[Any]):
    """A customer as whoever asks may see it.

    `risks` is null for customers; `kept` is null for customers but the organisation's administrators.
    """

    customer = serializers.CharField()
    name = serializers.CharField()
    contracts = AccountContractSerializer(many=True)
    coming = AccountComingSerializer(many=True)
    rights = AccountRightSerializer(many=True)
    people = AccountPeopleSerializer()
    kept = AccountKeptSerializer(many=True, allow_null=True)
    risks = AccountRiskSerializer(many=True, allow_null=True)


class CustomerAccount(APIView):
    """Read a customer over all its contracts: what comes next and who acts, rights, kept promises, risks."""

    @extend_schema(responses=AccountSerializer)
    def get(self, request: Request, code: str) -> Response:
        return Response(AccountSerializer(said_of(find_account(request, code))).data)


def find_account(request: Request, code: str) -> Account:
    """Return a customer. Raises Http404 for one of whose contracts whoever asks may see none."""
    user = user_of(request)
    customer = None if "\0" in code else Customer.objects.filter(code=code).first()
    visible = Contract.objects.filter(pk__in=contracts_of(user).values("pk"))
    account = account_of(customer, visible, user, caller_of(request).at) if customer else None
    if account is None or not account.held:
        raise Http404
    return account


def said_of(account: Account) -> dict[str, Any]:
    """Return a customer as the API tells it."""
    user = account.user
    year = kept_of(account) if user.is_agent or user.role == Role.CUSTOMER_ADMIN else None
    return {
        "customer": account.customer.code,
        "name": name_of(account.customer),
        "contracts": [_contract(one) for one in account.held],
        "coming": [_coming(one) for one in coming_of(account)],
        "rights": [_right(one) for one in used_of(account)],
        "people": people_of(account),
        "kept": [_kept(line) for line in year.lines] if year else None,
        "risks": [_risk(risk) for risk in risks_of(account)] if user.is_agent else None,
    }


def _contract(one: Held) -> dict[str, Any]:
    return {
        "number": one.contract.number, "plan": name_of(one.contract.plan), "state": one.standing.state,
        "starts_on": one.standing.first, "ends_on": one.standing.last,
        "renewed_by": one.follower.number if one.follower else None,
    }  # fmt: skip


def _coming(one: Coming) -> dict[str, Any]:
    return {
        "kind": one.kind, "on": one.on, "what": one.what, "detail": one.detail, "acts": one.acts,
        "is_late": one.tone == LATE, "contract": one.contract.number, "ref": one.place.key,
    }  # fmt: skip


def _right(one: Used) -> dict[str, Any]:
    figures = {name: Decimal(getattr(one, name)) for name in SUMS}
    return {
        "contract": one.contract.number, "promise": one.promise, "name": one.name, "left": Decimal(one.left),
        "ends_on": one.ends_on, "is_lapsing": one.is_lapsing, **figures,
    }  # fmt: skip


def _kept(line: Line) -> dict[str, Any]:
    said = line.promise
    return {
        "metric": said.metric, "promise": said.promise, "name": line.name, "clause": line.clause, "kept": said.kept,
        "missed": said.missed, "running": said.running + said.paused,
        "cancelled_by_resolve": said.cancelled_by_resolve, "share": said.share,
    }  # fmt: skip


def _risk(risk: Risk) -> dict[str, Any]:
    cases = [{"words": one.words, "ref": one.place.key if one.place else ""} for one in risk.found]
    return {
        "code": risk.code, "severity": risk.severity, "title": risk.title, "todo": risk.todo, "count": risk.count,
        "cases": cases,
    }  # fmt: skip
