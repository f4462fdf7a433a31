"""Imports of other systems' tickets: tried first, looked at, then done in earnest; each with its report."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from sla.refusals import ActionRefusedError
from sla.rules.reading import Problem, ReadingError
from tickets.actions.importing.runs import LISTED, Asked, for_real, resume_run, stop_run
from tickets.actions.importing.uploads import start_uploaded
from tickets.console.guard import Reader
from tickets.console.rules.guard import may_write, readers_only, writers_only
from tickets.console.rules.nav import rules_page
from tickets.console.rules.people import people, person_named
from tickets.console.views import shown
from tickets.importing.report import figures, lines, plain, rows
from tickets.importing.words import too_much
from tickets.ledger import actor_of
from tickets.models import ImportRun
from tickets.showing.spreadsheet import csv_lines
from tickets.tasks import wake_jobs
from tickets.uploads import MOST_IMPORTED, was_cut

SUBJECT = "imports"
PAGE = 30
# Lines of the area in which a mapping is written.
SHORTEST = 14
State = ImportRun.State
START = """# 完整写法见 fixtures/imports/README.md / see fixtures/imports/README.md
source: zendesk            # zendesk | zammad
account: example.zendesk.com
category:
  default: how_to
  rules:
    - when: {type: problem}
      use: fault
customers:
  domains: {}              # example.com: customer-code
contacts: {unknown: leave_out}
clocks: {closed: none, open: none}
"""


class ManyFiles(forms.ClearableFileInput):
    """A field for several files."""

    allow_multiple_selected = True


class Upload(forms.Form):
    """What is to be imported, and what its words mean here."""

    use_required_attribute = False

    exports = forms.Field(
        label=gettext_lazy("导出的文件"), widget=ManyFiles(attrs={"accept": ".json,.jsonl"}),
        help_text=gettext_lazy(
            "JSON 或 JSON Lines，可以一次选几个：工单、用户、组织、留言。合计最大 20 MB，更大的用命令行导入。"
        ),
        error_messages={"required": gettext_lazy("选一个或几个导出的文件。")},
    )  # fmt: skip
    mapping = forms.CharField(
        label=gettext_lazy("对应关系"),
        widget=forms.Textarea(attrs={"rows": SHORTEST, "spellcheck": "false", "wrap": "off"}),
        help_text=gettext_lazy("YAML：对方的状态、类别、组织在这里各算什么。"),
        error_messages={"required": gettext_lazy("请写对应关系。")},
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Refused:
    """Why nothing was begun."""

    problems: tuple[Problem, ...] = ()
    refusal: ActionRefusedError | None = None


@require_http_methods(["GET", "HEAD", "POST"])
@readers_only
def import_list(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Show the imports and the form for another; a new one is tried first, whoever begins it."""
    if request.method != "POST":
        last = ImportRun.objects.values_list("mapping", flat=True).first()
        return _listed(request, reader, Upload(initial={"mapping": last or START}))
    if not may_write(reader.user):
        raise PermissionDenied
    form = Upload(request.POST, request.FILES)
    files = [file for file in request.FILES.getlist("exports") if isinstance(file, UploadedFile)]
    if was_cut(request):
        # What is beyond the limit is not kept, so the field looks empty: that is not what is wrong.
        form.errors.pop("exports", None)
        form.add_error("exports", too_much(MOST_IMPORTED))
    if not form.is_valid():
        return _listed(request, reader, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    asked = Asked((), form.cleaned_data["mapping"], is_dry_run=True)
    try:
        run = start_uploaded(files=files, asked=asked, actor=actor_of(reader.user), at=reader.at)
    except ReadingError as error:
        return _refused(request, reader, form, Refused(tuple(error.problems)))
    except ActionRefusedError as refusal:
        return _refused(request, reader, form, Refused(refusal=refusal))
    wake_jobs()
    return redirect("console:rules:import_run", run.pk)


def _refused(request: HttpRequest, reader: Reader, form: Upload, refused: Refused) -> HttpResponse:
    return _listed(request, reader, form, refused, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _listed(
    request: HttpRequest, reader: Reader, form: Upload, refused: Refused | None = None, status: int = HTTPStatus.OK
) -> HttpResponse:
    page = Paginator(ImportRun.objects.defer("mapping", "problems"), PAGE).get_page(request.GET.get("page"))
    found = refused or Refused()
    named = people(run.requested_by for run in page)
    listed = [(run, named[run.requested_by]) for run in page]
    wrong = {problem.line for problem in found.problems}
    lines_of = range(1, str(form["mapping"].value() or "").count("\n") + 2)
    # The area does not scroll: it is as tall as what stands in it.
    form.fields["mapping"].widget.attrs["rows"] = max(SHORTEST, len(lines_of))
    context = {
        "form": form, "page": page, "runs": listed, "problems": found.problems, "refusal": found.refusal,
        "numbers": [(number, number in wrong) for number in lines_of],
    }  # fmt: skip
    return rules_page(request, reader, (SUBJECT, "console/rules/imports.html"), context, status)


@require_safe
@readers_only
def import_run(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Show an import: how far it is and what it came to; to a refresh, only how far."""
    run = get_object_or_404(ImportRun, pk=pk)
    context: dict[str, Any] = {
        "run": run,
        "by": person_named(run.requested_by),
        "progress": progress(run, reader),
        "figures": figures(run.counts),
    }
    if request.headers.get("HX-Request"):
        return shown(request, "console/rules/_import_progress.html", context)
    context |= {"listed": lines(run.problems), "all_problems": run.counts.get("problems", 0), "most": LISTED}
    return rules_page(request, reader, (SUBJECT, "console/rules/import.html"), context)


def progress(run: ImportRun, reader: Reader) -> dict[str, Any]:
    """Return how far an import is, and how long the rest may take at the pace so far."""
    spent = reader.at - run.created_at
    return {
        "is_running": run.is_unfinished,
        "percent": 100 * run.done // run.total if run.total else 0,
        "left": spent * ((run.total - run.done) / run.done) if run.done and run.is_unfinished else None,
        "url": reverse("console:rules:import_run", args=[run.pk]),
    }


@require_POST
@writers_only
def import_act(request: HttpRequest, reader: Reader, pk: int, act: str) -> HttpResponse:
    """Stop an import, go on with one, or do in earnest what was tried."""
    run = get_object_or_404(ImportRun, pk=pk)
    try:
        if act == "stop":
            stop_run(run=run, at=reader.at)
        elif act == "resume":
            run = resume_run(run=run)
        else:
            run = for_real(run=run, actor=actor_of(reader.user), at=reader.at)
    except ActionRefusedError as refusal:
        messages.error(request, " ".join([refusal.message, *map(str, refusal.ways_on)]))
    else:
        wake_jobs()
    return redirect("console:rules:import_run", run.pk)


@require_safe
@readers_only
def import_report(request: HttpRequest, reader: Reader, pk: int, form: str) -> HttpResponse:
    """Answer with the report as a file: JSON, or a table for spreadsheets."""
    run = get_object_or_404(ImportRun, pk=pk)
    if form == "json":
        written = plain(run.counts, run.problems) | {"run": run.pk, "state": run.state}
        answer: HttpResponse = JsonResponse(written, json_dumps_params={"ensure_ascii": False, "indent": 2})
    else:
        answer = HttpResponse("".join(csv_lines(rows(run.problems))), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="import-{run.pk}.{form}"'
    answer["Cache-Control"] = "private, no-store"
    return answer


urlpatterns = [
    path("imports/", import_list, name="imports"),
    path("imports/<int:pk>/", import_run, name="import_run"),
    path("imports/<int:pk>/report.csv", import_report, {"form": "csv"}, name="import_csv"),
    path("imports/<int:pk>/report.json", import_report, {"form": "json"}, name="import_json"),
    *(
        path(f"imports/<int:pk>/{act}/", import_act, {"act": act}, name=f"import_{act}")
        for act in ("stop", "resume", "go")
    ),
]
