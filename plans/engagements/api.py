"""Engagements for other programs: what may be asked for, asking for it, and reading one."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from plans.accounts import contact_of
from plans.actions.engagements import timing
from plans.actions.engagements.asking import Asked, ask
from plans.actions.engagements.gates import Slot
from plans.actions.engagements.requesting import Wanted
from plans.api import find_contract
from plans.authentication import caller_of
from plans.engagements.access import may_arrange
from plans.engagements.reading import brought, find, offers_of
from plans.engagements.serializers import EngagementSerializer, ListSerializer, NewEngagementSerializer
from plans.models import Contact, Contract, Engagement, User
from plans.permissions import ActsAsUser
from sla.api.problems import ProblemError

LISTED = 500


class ContractEngagements(APIView):
    """Read a contract's engagements and what may be asked for under it, or ask for a service."""

    permission_classes = [ActsAsUser]

    @extend_schema(responses=ListSerializer)
    def get(self, request: Request, number: str) -> Response:
        contract = find_contract(request, number)
        rows = brought(Engagement.objects.visible_to(user_of(request)).joined().filter(contract=contract))
        answer = {"results": rows.order_by("-pk")[:LISTED], "offers": offers_of(contract, caller_of(request).at)}
        return Response(ListSerializer(answer).data)

    @extend_schema(request=NewEngagementSerializer, responses={201: EngagementSerializer})
    def post(self, request: Request, number: str) -> Response:
        contract, user, at = find_contract(request, number), user_of(request), caller_of(request).at
        if not user.is_customer and not may_arrange(user, contract):
            raise PermissionDenied
        form = NewEngagementSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        said = form.validated_data
        insisting = timing.Insisting(said["short_notice"])
        made = ask(asked=_asked(contract, said, user, at), actor=user, at=at, insisting=insisting)
        return Response(shown(made, user), status=HTTPStatus.CREATED)


def user_of(request: Request) -> User:
    """Return on whose behalf a program asks."""
    user: Any = request.user
    return user


def _asked(contract: Contract, said: dict[str, Any], user: User, at: datetime) -> Asked:
    offered = {one.item.service: one for one in offers_of(contract, at)}
    offer = offered.get(said["service"])
    if offer is None:
        raise invalid("service", _("合同里没有这项可以申请的服务。"))
    if set(said["excluded"]) - {one.code for one in offer.left_out}:
        raise invalid("excluded", _("请用这项服务 left_out 里的 code。"))
    series = find(said["series"], contract.engagements.all()) if said["series"] else None
    if said["series"] and series is None:
        raise invalid("series", _("没有这个系列。"))
    wanted = Wanted(
        topic=said["topic"], wish=said["wish"], mode=said["mode"], place=said["place"], ticked=said["excluded"],
        person_days=said["person_days"], amount=said["amount"], part_of=series,
    )  # fmt: skip
    slot = Slot(said["starts_at"], said["ends_at"]) if said["starts_at"] else None
    # A customer's user asks themselves, whoever else is named.
    asking = contact_of(user) if user.is_customer else contact_named(contract, said["contact"])
    return Asked(offer.entitlement, wanted, asking, slot)


def contact_named(contract: Contract, key: int | None) -> Contact | None:
    """Return a contact of a contract's customer by key; None where none is named."""
    found = Contact.objects.active().filter(customer=contract.customer_id, pk=key).first() if key else None
    if key and found is None:
        raise invalid("contact", _("客户没有这位联系人。"))
    return found


def invalid(field: str, message: str) -> ProblemError:
    """Return the answer to a field that means nothing here."""
    return ProblemError("invalid", message, errors=[{"field": field, "code": "invalid", "message": message}])


def shown(row: Engagement, user: User) -> dict[str, Any]:
    """Return an engagement as one reader may see it."""
    found = find(row.number) or row
    return dict(EngagementSerializer(found, context={"user": user}).data)


def find_engagement(request: Request, code: str) -> Engagement:
    """Return one engagement. Raises Http404 for somebody else's as for one that never was."""
    found = find(code, Engagement.objects.visible_to(user_of(request)))
    if found is None:
        raise Http404
    return found


class EngagementDetail(APIView):
    """Read one engagement."""

    permission_classes = [ActsAsUser]

    @extend_schema(responses=EngagementSerializer)
    def get(self, request: Request, code: str) -> Response:
        return Response(shown(find_engagement(request, code), user_of(request)))
