"""Service reports for other programs: ask for one, read it as figures, tables or a file, hand it to the customer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from plans.api import find_contract
from plans.authentication import caller_of
from plans.engagements.access import may_arrange
from plans.models import Contract, User
from plans.models.people import Language
from plans.permissions import ActsAsUser
from sla.api.fields import InstantField
from sla.api.problems import ProblemError
from tickets.actions import reports
from tickets.actions.reports import Asked
from tickets.models import ServiceReport
from tickets.models.reports import ServiceReportQuerySet
from tickets.printing.press import PrintingError
from tickets.reports.shape import from_json
from tickets.reports.tables import TABLES, table_of
from tickets.showing.report.file import sent
from tickets.showing.spreadsheet import csv_lines
from tickets.tasks import wake_jobs

LISTED = 100
RELATED = ("contract", "entitlement__item", "superseded_by")
VERSION = OpenApiParameter("version", OpenApiTypes.INT, description="The last one that you may see, unless said.")


class ServiceReportSerializer(serializers.ModelSerializer[ServiceReport]):
    """One version of a report; `superseded` says that a further one was delivered."""

    contract = serializers.CharField(source="contract.number")
    promise = serializers.CharField(source="entitlement.item.promise", default="")
    title = serializers.SerializerMethodField()
    requested_at = InstantField()
    made_at = InstantField(allow_null=True)
    delivered_at = InstantField(allow_null=True)
    through_on = serializers.SerializerMethodField()
    superseded = serializers.SerializerMethodField()

    class Meta:
        model = ServiceReport
        fields = [
            "code", "version", "contract", "kind", "title", "promise", "starts_on", "ends_on", "through_on",
            "language", "state", "words", "error", "superseded", "requested_at", "made_at", "delivered_at", "reason",
        ]  # fmt: skip
        read_only_fields = fields

    def get_title(self, row: ServiceReport) -> str:
        """Return what is on its cover, in the language of the report; blank until it is made."""
        return from_json(row.content).kind.title.said(row.language) if row.content else ""

    def get_through_on(self, row: ServiceReport) -> str | None:
        """Return the last local date that its figures hold; null until it is made."""
        return row.content["period"]["through_on"] if row.content else None

    def get_superseded(self, row: ServiceReport) -> bool:
        """Return whether a further version was delivered."""
        newer: ServiceReport | None = getattr(row, "superseded_by", None)
        return newer is not None and newer.state == ServiceReport.State.DELIVERED


class NewReportSerializer(serializers.Serializer[Any]):
    """Which report: its kind, and local dates of the contract, both included."""

    kind = serializers.CharField(max_length=40)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    language = serializers.ChoiceField(Language.choices, default=Language.CHINESE)


class ReportListSerializer(serializers.Serializer[Any]):
    """A contract's reports, the newest first."""

    results = ServiceReportSerializer(many=True)


class ContractReports(APIView):
    """Read a contract's reports, or have one made."""

    permission_classes = [ActsAsUser]

    @extend_schema(responses=ReportListSerializer)
    def get(self, request: Request, number: str) -> Response:
        contract = find_contract(request, number)
        rows = _seen(request).filter(contract=contract).order_by("-pk")[:LISTED]
        return Response(ReportListSerializer({"results": rows}).data)

    @extend_schema(request=NewReportSerializer, responses={202: ServiceReportSerializer})
    def post(self, request: Request, number: str) -> Response:
        contract, user = find_contract(request, number), _user(request)
        _check_ours(user, contract)
        form = NewReportSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        asked = Asked(contract, **form.validated_data)
        row = reports.ask_for(asked=asked, actor=user, at=caller_of(request).at)
        wake_jobs()
        return Response(ServiceReportSerializer(row).data, status=HTTPStatus.ACCEPTED)


def _user(request: Request) -> User:
    user: Any = request.user
    return user


def _check_ours(user: User, contract: Contract) -> None:
    """Let those of the account, and whoever answers for all, write. Raises PermissionDenied."""
    if user.is_customer or not may_arrange(user, contract):
        raise PermissionDenied


def _seen(request: Request) -> ServiceReportQuerySet:
    return ServiceReport.objects.visible_to(_user(request)).select_related(*RELATED)


def find_report(request: Request, code: str) -> ServiceReport:
    """Return one report, its last version unless another is named. Raises Http404 for what the caller may not see."""
    rows, version = _seen(request).filter(code=code), request.query_params.get("version", "")
    if version:
        rows = rows.filter(version=int(version)) if version.isdecimal() and len(version) < 5 else rows.none()
    found = rows.order_by("-version").first()
    if found is None:
        raise Http404
    return found


def _made(request: Request, code: str) -> ServiceReport:
    """Return one report that says something. Raises ProblemError for one that is not made yet."""
    row = find_report(request, code)
    if row.content is None:
        raise ProblemError("not_made", _("报告还没有生成。"), status=HTTPStatus.CONFLICT)
    return row


class ReportDetail(APIView):
    """Read how one report stands."""

    permission_classes = [ActsAsUser]

    @extend_schema(parameters=[VERSION], responses=ServiceReportSerializer)
    def get(self, request: Request, code: str) -> Response:
        return Response(ServiceReportSerializer(find_report(request, code)).data)


class ReportContent(APIView):
    """Read all that a report says: every figure, in both languages where it is words."""

    permission_classes = [ActsAsUser]

    @extend_schema(parameters=[VERSION], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, code: str) -> Response:
        return Response(_made(request, code).content)


class ReportTable(APIView):
    """Read one section's table as CSV in UTF-8, heads in the language asked for."""

    permission_classes = [ActsAsUser]

    @extend_schema(
        parameters=[VERSION, OpenApiParameter("section", location="path", enum=list(TABLES))],
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request, code: str, section: str) -> StreamingHttpResponse:
        row = _made(request, code)
        if section not in TABLES:
            raise Http404
        answer = StreamingHttpResponse(csv_lines(table_of(from_json(row.content or {}), section)), "text/csv")
        answer["Content-Disposition"] = f'attachment; filename="{row.code}-{section}.csv"'
        return answer


class ReportFile(APIView):
    """Read a report as PDF."""

    permission_classes = [ActsAsUser]

    @extend_schema(parameters=[VERSION], responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    def get(self, request: Request, code: str) -> HttpResponse:
        try:
            return sent(_made(request, code))
        except PrintingError as error:
            message = _("这份报告的 PDF 暂时无法生成。")
            raise ProblemError("not_printed", message, status=HTTPStatus.SERVICE_UNAVAILABLE) from error


class ReportWordsSerializer(serializers.Serializer[Any]):
    """What is said to the customer before the figures."""

    words = serializers.CharField(max_length=4000, allow_blank=True)


class ReportWithdrawalSerializer(serializers.Serializer[Any]):
    """Why a report is taken back, as the customer reads it."""

    reason = serializers.CharField(max_length=400)


class ReportActSerializer(serializers.Serializer[Any]):
    """Nothing more to say."""


@dataclass(frozen=True, slots=True)
class Act:
    """A named act of ours on one report: what it does, its body, and whether a worker has to look at once."""

    does: str
    body: type[serializers.Serializer[Any]]
    doing: Callable[[dict[str, Any], dict[str, Any]], ServiceReport]
    wakes: bool = False


ACTS = {
    "deliver": Act("Hand it to the customer.", ReportActSerializer, lambda usual, said: reports.deliver(**usual)),
    "withdraw": Act("Take it back.", ReportWithdrawalSerializer, lambda usual, said: reports.withdraw(**usual, **said)),
    "words": Act("Say something before the figures.", ReportWordsSerializer,
                 lambda usual, said: reports.say(**usual, **said), wakes=True),
    "remake": Act("Make a further version, counted anew.", ReportActSerializer,
                  lambda usual, said: reports.remake(**usual), wakes=True),
    "retry": Act("Try again to make one that failed.", ReportActSerializer,
                 lambda usual, said: reports.retry(**usual), wakes=True),
}  # fmt: skip


def act_view(name: str) -> Callable[..., Any]:
    """Return the view of one act."""
    act = ACTS[name]

    class ActView(APIView):
        permission_classes = [ActsAsUser]

        @extend_schema(
            operation_id=f"reports_{name}", description=act.does, request=act.body, responses=ServiceReportSerializer
        )
        def post(self, request: Request, code: str) -> Response:
            row, user = find_report(request, code), _user(request)
            _check_ours(user, row.contract)
            form = act.body(data=request.data)
            form.is_valid(raise_exception=True)
            at: datetime = caller_of(request).at
            done = act.doing({"report": row, "actor": user, "at": at}, dict(form.validated_data))
            if act.wakes:
                wake_jobs()
            return Response(ServiceReportSerializer(done).data)

    return ActView.as_view()
