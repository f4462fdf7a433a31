"""Contracts signed, renewed and given another term by other programs."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from plans.actions.contracts import Agreed, Owned, sign
from plans.actions.history import Decided
from plans.actions.previewing import come_to, preview
from plans.actions.renewing import Renewal, renew
from plans.actions.terms import change_term, end
from plans.amending_api import checked, decider
from plans.api import find_contract
from plans.authentication import caller_of
from plans.history.api import AppliedSerializer, told
from plans.models import AccountTeamMember, Branch, Contract, Customer, Plan, Product, Team, User
from plans.models.contracts import Deployment
from plans.overlaps import words_of
from plans.permissions import Manages
from plans.terms import last_day, local_date


class CodeField(serializers.SlugRelatedField[Any]):
    """Something named by its code."""

    default_error_messages = {"does_not_exist": gettext_lazy("没有名为“{value}”的条目。")}


class OwnedSerializer(serializers.Serializer[Any]):
    """A product under the contract."""

    product = CodeField(slug_field="code", queryset=Product.objects.all())
    deployment = serializers.ChoiceField(Deployment.choices, default=Deployment.PUBLIC_CLOUD)
    tenant = serializers.CharField(max_length=64, required=False, allow_blank=True, default="")
    version = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    quantity = serializers.IntegerField(min_value=1, max_value=1_000_000, default=1)


class SeatedSerializer(serializers.Serializer[Any]):
    """Somebody who stands for the customer."""

    seat = serializers.ChoiceField(AccountTeamMember.Seat.choices)
    user = CodeField(slug_field="username", queryset=User.objects.filter(is_active=True))


class SigningSerializer(serializers.Serializer[Any]):
    """A contract that is to be signed; one without products holds all of its vendor's."""

    number = serializers.CharField(max_length=40)
    customer = CodeField(slug_field="code", queryset=Customer.objects.all())
    plan = CodeField(slug_field="code", queryset=Plan.objects.current())
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(help_text="the last day, included")
    timezone = serializers.CharField(max_length=40, default="Asia/Shanghai")
    branch = CodeField(slug_field="code", queryset=Branch.objects.all(), required=False, default=None)
    team = CodeField(slug_field="code", queryset=Team.objects.all(), required=False, default=None)
    products = OwnedSerializer(many=True, required=False, default=list)
    account_team = SeatedSerializer(many=True, required=False, default=list)
    picks = serializers.ListField(
        child=serializers.CharField(max_length=8), required=False, default=list, max_length=100,
        help_text="promise ids, of an à-la-carte plan only",
    )  # fmt: skip
    reason = serializers.CharField(max_length=400, required=False, allow_blank=True, default="")
    dry_run = serializers.BooleanField(default=False, help_text="only say what it would come to")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["plan"].is_a_la_carte and not attrs["picks"]:
            raise serializers.ValidationError({"picks": [_("一项都没有选，合同什么也不给。")]})
        return attrs


class RenewalSerializer(serializers.Serializer[Any]):
    """The contract that follows, from the day after the last one."""

    number = serializers.CharField(max_length=40)
    ends_on = serializers.DateField()
    plan = CodeField(
        slug_field="code", queryset=Plan.objects.current(), required=False, default=None,
        help_text="the version sold now of the same plan without one",
    )  # fmt: skip
    keeps_agreed = serializers.BooleanField(default=True)
    reason = serializers.CharField(max_length=400, required=False, allow_blank=True, default="")
    dry_run = serializers.BooleanField(default=False)


class TermSerializer(serializers.Serializer[Any]):
    """Another term, or with `ended_on` an early end."""

    starts_on = serializers.DateField(required=False)
    ends_on = serializers.DateField(required=False)
    ended_on = serializers.DateField(required=False)
    reason = serializers.CharField(max_length=400)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("ended_on" in attrs) == ("starts_on" in attrs or "ends_on" in attrs):
            raise serializers.ValidationError(_("ended_on 与 starts_on、ends_on 须给一样，且不能都给。"), "one_of")
        return attrs


class SignedSerializer(AppliedSerializer):
    """The contract that was signed, or would be, and other contracts that hold the same."""

    owed = serializers.ListField(child=serializers.DictField())
    overlaps = serializers.ListField(child=serializers.CharField())


def _answer(signing: Callable[[], Contract], *, dry_run: bool) -> Response:
    """Sign and tell what that came to; with `dry_run` only tell."""
    found = preview(signing) if dry_run else come_to(signing())
    owed = [{"promise": one.item.promise, "due_on": one.due_on.isoformat()} for one in found.owed]
    told = {**AppliedSerializer(found.applied).data, "owed": owed, "overlaps": list(map(words_of, found.overlaps))}
    return Response(told, status=HTTPStatus.OK if dry_run else HTTPStatus.CREATED)


class Contracts(APIView):
    """Sign a contract; a dry run only says what it would give and owe."""

    permission_classes = [Manages]

    @extend_schema(request=SigningSerializer, responses={200: SignedSerializer, 201: SignedSerializer})
    def post(self, request: Request) -> Response:
        said = checked(SigningSerializer, request)
        dry_run, decided = said.pop("dry_run"), _decided(request, said)
        agreed = Agreed(
            timezone=said.pop("timezone"), branch=said.pop("branch"), team=said.pop("team"),
            products=tuple(Owned(**one) for one in said.pop("products")),
            account_team=tuple((one["seat"], one["user"]) for one in said.pop("account_team")),
            picks=tuple(said.pop("picks")), decided=decided,
        )  # fmt: skip
        return _answer(lambda: sign(**said, agreed=agreed), dry_run=dry_run)


class ContractRenewal(APIView):
    """Sign the contract that follows on another."""

    permission_classes = [Manages]

    @extend_schema(request=RenewalSerializer, responses={200: SignedSerializer, 201: SignedSerializer})
    def post(self, request: Request, number: str) -> Response:
        contract, said = find_contract(request, number), checked(RenewalSerializer, request)
        dry_run, decided = said.pop("dry_run"), _decided(request, said)
        renewal = Renewal(**said)
        return _answer(lambda: renew(contract=contract, renewal=renewal, decided=decided), dry_run=dry_run)


class ContractTerm(APIView):
    """Give a contract another term, or end it early."""

    permission_classes = [Manages]

    @extend_schema(request=TermSerializer, responses=AppliedSerializer)
    def post(self, request: Request, number: str) -> Response:
        contract, said = find_contract(request, number), checked(TermSerializer, request)
        who = {"reason": said["reason"], **decider(request)}
        if "ended_on" in said:
            contract = end(contract=contract, on=said["ended_on"], **who)
        else:
            starts_on, ends_on = said.get("starts_on", contract.starts_on), said.get("ends_on", last_day(contract))
            contract = change_term(contract=contract, starts_on=starts_on, ends_on=ends_on, **who)
        return Response(told(contract, local_date(contract, caller_of(request).at)))


def _decided(request: Request, said: dict[str, Any]) -> Decided:
    """Return who decides, taking the reason out of what was said."""
    return Decided(**decider(request), reason=said.pop("reason"))
