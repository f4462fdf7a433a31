"""Imports of other systems' tickets for other programs: try, begin, follow, stop, go on, read what it came to."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from plans.authentication import caller_of
from plans.permissions import Manages
from sla.api.fields import InstantField
from sla.api.problems import ProblemError
from sla.api.strict_json import StrictJsonParser
from sla.rules.reading import ReadingError
from tickets.actions.importing.runs import Asked, for_real, resume_run, stop_run
from tickets.actions.importing.uploads import start_uploaded
from tickets.importing.mapping_schema import written
from tickets.importing.report import plain, rows
from tickets.importing.words import too_much
from tickets.ledger import actor_of
from tickets.models import ImportRun, ImportSource
from tickets.showing.spreadsheet import csv_lines
from tickets.tasks import wake_jobs
from tickets.uploads import MOST_IMPORTED, was_cut

LISTED = 100
ACTS: dict[str, str] = {
    "stop": "End an import after the batch that is under way. What it took in stays.",
    "resume": "Take up an import that was stopped or failed, where it was.",
}


class ImportRunSerializer(serializers.ModelSerializer[ImportRun]):
    """One import and how far it is; `counts` are of what is done so far."""

    id = serializers.IntegerField()
    dry_run = serializers.BooleanField(source="is_dry_run")
    files = serializers.SerializerMethodField()
    counts = serializers.SerializerMethodField()
    created_at = InstantField()
    finished_at = InstantField(allow_null=True)
    url = serializers.SerializerMethodField()
    report_url = serializers.SerializerMethodField()

    class Meta:
        model = ImportRun
        fields = [
            "id", "source", "account", "dry_run", "state", "files", "mapping_digest", "total", "done", "counts",
            "error", "requested_by", "created_at", "finished_at", "url", "report_url",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field({"type": "array", "items": {"type": "object"}})
    def get_files(self, run: ImportRun) -> list[dict[str, Any]]:
        """Return the names and sizes of its files; where they lie is nobody's business."""
        return [{"name": file["name"], "size": file["size"]} for file in run.files]

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "integer"}})
    def get_counts(self, run: ImportRun) -> dict[str, int]:
        """Return what it came to so far, by kind."""
        counts: dict[str, int] = plain(run.counts, [])["counts"]
        return counts

    def get_url(self, run: ImportRun) -> str:
        """Return where its state is told."""
        return settings.PUBLIC_URL + reverse("import-run", args=[run.pk])

    def get_report_url(self, run: ImportRun) -> str:
        """Return where its report is."""
        return settings.PUBLIC_URL + reverse("import-report", args=[run.pk])


class NewImportSerializer(serializers.Serializer[Any]):
    """Either files of an export with a mapping, or `run`: a dry run that is now done in earnest, with its files."""

    file = serializers.ListField(
        child=serializers.FileField(), required=False, help_text="one or more files, 20 MB together"
    )
    mapping = serializers.CharField(required=False, help_text="YAML, as /schemas/mapping.schema.json says")
    # The framework has an attribute of this name of its own, which a serializer as a whole does not use.
    source = serializers.ChoiceField(  # type: ignore[assignment]
        ImportSource.choices, required=False, help_text="checked against the mapping"
    )
    dry_run = serializers.BooleanField(default=False)
    run = serializers.IntegerField(required=False)


class ImportListSerializer(serializers.Serializer[Any]):
    """The last imports, the newest first."""

    results = ImportRunSerializer(many=True)


class ImportReportSerializer(serializers.Serializer[Any]):
    """What an import came to; the first 100 problems, each with what to do."""

    counts = serializers.DictField(child=serializers.IntegerField())
    problem_count = serializers.IntegerField()
    problems = serializers.ListField(child=serializers.DictField(child=serializers.CharField()))


@require_safe
def mapping_schema_file(request: HttpRequest) -> HttpResponse:
    """Return the JSON Schema of a mapping, for editors and checks of other programs."""
    return HttpResponse(written(), content_type="application/schema+json; charset=utf-8")


class Imports(APIView):
    """Read the imports, or begin one."""

    permission_classes = [Manages]
    parser_classes = [MultiPartParser, StrictJsonParser]

    @extend_schema(operation_id="imports_list", responses=ImportListSerializer)
    def get(self, request: Request) -> Response:
        return Response(ImportListSerializer({"results": ImportRun.objects.all()[:LISTED]}).data)

    @extend_schema(request=NewImportSerializer, responses={202: ImportRunSerializer})
    def post(self, request: Request) -> Response:
        form = NewImportSerializer(data=_said(request))
        form.is_valid(raise_exception=True)
        run = _begun(request, form.validated_data)
        wake_jobs()
        answer = ImportRunSerializer(run).data
        return Response(answer, status=HTTPStatus.ACCEPTED, headers={"Location": answer["url"]})


def _said(request: Request) -> dict[str, Any]:
    """Return what was sent, a mapping that came as a file as its text. Raises ProblemError 413, 422."""
    sent: Any = request.data
    if was_cut(request._request):
        raise ProblemError("too_large", too_much(MOST_IMPORTED), status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    if not isinstance(sent, dict):
        return {}
    said = {name: sent[name] for name in ("source", "dry_run", "run", "mapping") if name in sent}
    if isinstance(said.get("mapping"), UploadedFile):
        try:
            said["mapping"] = said["mapping"].read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ProblemError("invalid_encoding", _("对应关系不是 UTF-8 编码。")) from error
    return said | {"file": list(request.FILES.getlist("file"))} if request.FILES else said


def _begun(request: Request, said: dict[str, Any]) -> ImportRun:
    user: Any = request.user
    actor, at = actor_of(user), caller_of(request).at
    if "run" in said:
        return for_real(run=found(said["run"]), actor=actor, at=at)
    asked = Asked((), said.get("mapping", ""), said["dry_run"], said.get("source", ""))
    try:
        return start_uploaded(files=said.get("file", ()), asked=asked, actor=actor, at=at)
    except ReadingError as error:
        errors = [
            {"field": f"mapping:{one.line} {one.field}".strip(), "code": "invalid", "message": one.message}
            for one in error.problems
        ]
        raise ProblemError("bad_mapping", _("对应关系有误。"), errors=errors) from error


def found(pk: int) -> ImportRun:
    """Return an import. Raises Http404."""
    run = ImportRun.objects.filter(pk=pk).first()
    if run is None:
        raise Http404
    return run


class ImportDetail(APIView):
    """Read how far an import is."""

    permission_classes = [Manages]

    @extend_schema(responses=ImportRunSerializer)
    def get(self, request: Request, pk: int) -> Response:
        return Response(ImportRunSerializer(found(pk)).data)


class ImportReport(APIView):
    """Read what an import came to."""

    permission_classes = [Manages]

    @extend_schema(responses=ImportReportSerializer)
    def get(self, request: Request, pk: int) -> Response:
        run = found(pk)
        return Response(plain(run.counts, run.problems))


class ImportReportTable(APIView):
    """Read the problems of an import as a table for spreadsheets."""

    permission_classes = [Manages]

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request, pk: int) -> HttpResponse:
        return as_csv(found(pk))


def as_csv(run: ImportRun) -> HttpResponse:
    """Return the problems of an import as a file for spreadsheets."""
    answer = HttpResponse("".join(csv_lines(rows(run.problems))), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="import-{run.pk}.csv"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def act_view(name: str) -> Callable[..., Any]:
    """Return the view of one act."""

    class ActView(APIView):
        permission_classes = [Manages]

        @extend_schema(
            operation_id=f"imports_{name}", description=ACTS[name], request=None, responses=ImportRunSerializer
        )
        def post(self, request: Request, pk: int) -> Response:
            run = found(pk)
            if name == "stop":
                stop_run(run=run, at=caller_of(request).at)
            else:
                run = resume_run(run=run)
                wake_jobs()
            return Response(ImportRunSerializer(run).data)

    return ActView.as_view()
