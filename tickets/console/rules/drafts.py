"""Drafts: begun from what is in force, written as text, looked over, tried over the past, put in force."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from plans.loading import staff
from plans.wording import name_of
from sla.actions import Change, PolicyError, Terms, hours_of, terms_of
from sla.backtest.running import Trial, start_backtest
from sla.changing.drafting import Typed, Why, discard_draft, enact_draft, foreseen, keep_draft, promises_moved, tried
from sla.models import Backtest, CalendarVersion, Draft, Milestone, Policy
from sla.refusals import ActionRefusedError
from sla.rules.drafts import LONGEST, Written, read_draft
from sla.rules.keys import example, parts
from sla.rules.linting import Grade, lint_draft
from sla.rules.reading import ReadingError
from sla.rules.writing import written_out
from tickets.console.guard import Reader
from tickets.console.rules.effects import effects
from tickets.console.rules.guard import may_write, readers_only, writers_only
from tickets.console.rules.nav import rules_page
from tickets.console.rules.people import people, person_named
from tickets.console.rules.texts import Line, lines_between
from tickets.ledger import actor_of
from tickets.tasks import wake_jobs

SUBJECT = "drafts"
USUAL_DAYS = 90
# Beyond, a date has no midnight in every zone.
EARLIEST, LATEST = date(1970, 1, 1), date(9000, 1, 1)


class Begin(forms.Form):
    """What a new draft is called and what it begins with."""

    name = forms.CharField(label=gettext_lazy("名称"), max_length=120)
    name_en = forms.CharField(label=gettext_lazy("英文名称"), max_length=120, required=False)
    start = forms.ChoiceField(label=gettext_lazy("从什么写起"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        policies = [(f"policy:{row.code}", name_of(row)) for row in Policy.objects.current()]
        calendars = [(f"calendar:{row.code}", name_of(row)) for row in CalendarVersion.objects.current()]
        self.fields["start"].choices = [  # type: ignore[attr-defined]
            (pgettext("subject", "响应标准"), policies),
            (_("服务时间"), calendars),
            ("", _("空白")),
        ]


class Period(forms.Form):
    """Which past tickets a draft is tried over; both dates belong."""

    since = forms.DateField(label=gettext_lazy("自"), widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=gettext_lazy("至"), widget=forms.DateInput(attrs={"type": "date"}))
    policy = forms.CharField(max_length=120, required=False)

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        for day in (said.get("since"), said.get("until")):
            if day and not EARLIEST <= day <= LATEST:
                raise forms.ValidationError(_("请填写起止日期。"))
        return said


class Reason(forms.Form):
    """Why the rules change, as tickets and letters are to say it."""

    cause = forms.CharField(
        label=gettext_lazy("为什么改"), max_length=400, required=False,
        help_text=gettext_lazy("会原样写进时限因此变动的工单和给客户的信。"),
    )  # fmt: skip
    cause_en = forms.CharField(
        label=gettext_lazy("为什么改（英文）"), max_length=400, required=False,
        help_text=gettext_lazy("读英文的客户和同事看到它；留空则看到原文。"),
    )  # fmt: skip

    def why(self, draft: Draft) -> Why:
        """Return what was typed; the name of the draft where nothing was."""
        said = self.cleaned_data
        return Why(said["cause"], said["cause_en"]) if said["cause"] else Why(draft.name, draft.name_en)


def read(draft: Draft) -> Written:
    """Return what a draft says. Raises ReadingError."""
    return read_draft(draft.text, name=draft.name, known={"person": staff()})


@require_safe
@readers_only
def draft_list(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Show the drafts, the last changed first, each with its last backtest."""
    drafts = list(Draft.objects.all())
    named = people(draft.created_by for draft in drafts)
    last = {row.draft_id: row for row in Backtest.objects.filter(draft__in=drafts).order_by("pk")}
    rows = [{"draft": draft, "by": named[draft.created_by], "backtest": last.get(draft.pk)} for draft in drafts]
    return rules_page(request, reader, (SUBJECT, "console/rules/drafts.html"), {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@writers_only
def draft_new(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Begin a draft from something in force, written out, or from nothing."""
    form = Begin(request.POST or None, initial={"start": request.GET.get("from", "")})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        typed = Typed(said["name"], beginning(said["start"]), said["name_en"])
        draft = keep_draft(draft=None, typed=typed, seen_at=None, actor=actor_of(reader.user), at=reader.at)
        return redirect("console:rules:draft", draft.pk)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return rules_page(request, reader, (SUBJECT, "console/rules/draft_new.html"), {"form": form}, status)


def beginning(start: str) -> str:
    """Return the text that a draft begins with, such as that of "policy:kingdee-advanced-ticket"."""
    kind, _colon, code = start.partition(":")
    if kind == "policy":
        row = Policy.objects.current().prefetch_related("targets", "escalation_rules").get(code=code)
        return written_out(policies=[terms_of(row)])
    if kind == "calendar":
        return written_out(calendars=[hours_of(CalendarVersion.objects.current().get(code=code))])
    return "policies:\n  - code: \n    name: \n    name_en: \n    targets: []\n"


@require_http_methods(["GET", "HEAD", "POST"])
@readers_only
def draft_page(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Show a draft with what is wrong and odd about it; keep what was written, whether or not it can be read."""
    draft = get_object_or_404(Draft, pk=pk)
    if request.method != "POST":
        return shown_draft(request, reader, draft)
    if not may_write(reader.user):
        raise PermissionDenied
    return saved(request, reader, draft)


def saved(request: HttpRequest, reader: Reader, draft: Draft) -> HttpResponse:
    """Keep what was typed and show it; a refusal loses nothing of it."""
    names = [request.POST.get(field, "")[:120] for field in ("name", "name_en")]
    typed = Typed(names[0], request.POST.get("text", "").replace("\r\n", "\n"), names[1])
    seen_at = instant_of(request.POST.get("seen", ""))
    try:
        kept = keep_draft(draft=draft, typed=typed, seen_at=seen_at, actor=actor_of(reader.user), at=reader.at)
    except ActionRefusedError as refusal:
        # A page that is sent back carries no zero bytes: it can be saved as it stands.
        name, name_en, text = (part.replace("\x00", "") for part in (*names, typed.text[:LONGEST]))
        mine = Draft(pk=draft.pk, name=name, name_en=name_en, text=text, updated_at=draft.updated_at)
        return shown_draft(request, reader, mine, refusal=refusal, status=HTTPStatus.CONFLICT)
    messages.success(request, _("已保存。"))
    return redirect("console:rules:draft", kept.pk)


def instant_of(text: str) -> datetime | None:
    """Return the instant that a form carried along, None where it carried none."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def shown_draft(
    request: HttpRequest,
    reader: Reader,
    draft: Draft,
    *,
    refusal: ActionRefusedError | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """Return the page of a draft as it is, or as it was typed."""
    context = {
        "draft": draft,
        "enacted_by": person_named(draft.enacted_by),
        "refusal": refusal,
        **looked_over(draft, reader),
        **trial_words(draft, reader),
    }
    if may_write(reader.user) and draft.enacted_at is None:
        context |= {"parts": parts(), "example": example()}
    return rules_page(request, reader, (SUBJECT, "console/rules/draft.html"), context, status)


def looked_over(draft: Draft, reader: Reader) -> dict[str, Any]:
    """Return what can be read of a draft, what is wrong by line, and what is odd."""
    lines = draft.text.count("\n") + 1
    try:
        written = read(draft)
    except ReadingError as error:
        wrong = {problem.line for problem in error.problems}
        numbers = [(number, number in wrong) for number in range(1, lines + 1)]
        return {"problems": error.problems, "numbers": numbers, "lines": lines}
    findings = lint_draft(written, reader.at)
    return {
        "written": written,
        "findings": findings,
        "has_errors": any(finding.grade == Grade.ERROR for finding in findings),
        "numbers": [(number, False) for number in range(1, lines + 1)],
        "lines": lines,
    }


def trial_words(draft: Draft, reader: Reader) -> dict[str, Any]:
    """Return the backtests of a draft, and the period that a new one would have."""
    today = reader.at.astimezone(get_current_timezone()).date()
    return {
        "backtests": list(Backtest.objects.filter(draft=draft.pk).order_by("-pk")[:5]),
        "is_tried": draft.pk is not None and tried(draft) is not None,
        "since": today - timedelta(days=USUAL_DAYS),
        "until": today,
    }


@require_POST
@writers_only
def draft_try(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Start a backtest of a draft as it is saved, and lead to its progress."""
    draft = get_object_or_404(Draft, pk=pk)
    form = Period(request.POST)
    if not form.is_valid():
        messages.error(request, _("请填写起止日期。"))
        return redirect("console:rules:draft", pk)
    said = form.cleaned_data
    since, until = midnight(said["since"]), midnight(said["until"] + timedelta(days=1))
    try:
        trial = Trial(
            draft.text, read(draft), since, min(until, reader.at), draft.name, draft, said["policy"], draft.name_en
        )
        with transaction.atomic():
            backtest = start_backtest(trial=trial, actor=actor_of(reader.user), at=reader.at)
            transaction.on_commit(wake_jobs)
    except ReadingError:
        messages.error(request, _("草案还有错误，改好之后才能回测。"))
        return redirect("console:rules:draft", pk)
    except ActionRefusedError as refusal:
        messages.error(request, " ".join([refusal.message, *refusal.ways_on]))
        return redirect("console:rules:draft", pk)
    return redirect("console:rules:backtest", backtest.pk)


def midnight(day: date) -> datetime:
    """Return the instant at which a local date begins."""
    return datetime.combine(day, wall(), get_current_timezone()).astimezone(UTC)


@require_http_methods(["GET", "HEAD", "POST"])
@writers_only
def draft_enact(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Show what putting a draft in force changes; put it in force when that is confirmed."""
    draft = get_object_or_404(Draft, pk=pk)
    if draft.enacted_at and request.method != "POST":
        return redirect("console:rules:draft", pk)
    try:
        written = read(draft)
        if request.method == "POST":
            return enacted(request, reader, draft, written)
        return shown_enactment(request, reader, draft, written)
    except ReadingError:
        messages.error(request, _("草案还有错误，改好之后才能生效。"))
        return redirect("console:rules:draft", pk)


def enacted(request: HttpRequest, reader: Reader, draft: Draft, written: Written) -> HttpResponse:
    """Put a draft in force, or say on its page why not."""
    if instant_of(request.POST.get("seen", "")) not in (None, draft.updated_at):
        messages.error(request, _("您打开之后，别人保存过这份草案。"))
        return redirect("console:rules:draft_enact", draft.pk)
    form = Reason(request.POST)
    if not form.is_valid():
        return shown_enactment(request, reader, draft, written, form=form)
    try:
        changes = enact_draft(
            draft=draft, written=written, is_untried="untried" in request.POST, actor=actor_of(reader.user),
            at=reader.at, why=form.why(draft),
        )  # fmt: skip
    except ActionRefusedError as refusal:
        return shown_enactment(request, reader, draft, written, refusal=refusal, form=form)
    messages.success(request, _("已生效：%s。") % _("、").join(map(change_words, changes)))
    return redirect("console:rules:draft", draft.pk)


def change_words(change: Change) -> str:
    """Return a change as its code and version."""
    return f"{change.code} v{change.version}"


def shown_enactment(
    request: HttpRequest,
    reader: Reader,
    draft: Draft,
    written: Written,
    *,
    refusal: ActionRefusedError | None = None,
    form: Reason | None = None,
) -> HttpResponse:
    """Return the page on which putting in force is confirmed: each policy's changed lines, days and deadlines."""
    try:
        proposal = foreseen(written)
        effect = effects(proposal, reader.at) if proposal.calendars else {}
        promised = promises_moved(written, at=reader.at) if written.policies else None
    except (ActionRefusedError, PolicyError) as unforeseen:
        refusal, effect, promised = _refused(unforeseen), {}, None
    context = {
        "draft": draft,
        "form": form or Reason(initial={"cause": draft.name, "cause_en": draft.name_en}),
        "written": written,
        "policies": policy_changes(written),
        "backtest": tried(draft),
        "findings": lint_draft(written, reader.at),
        "refusal": refusal,
        "has_effects": bool(effect),
        "promised": promised,
        **effect,
    }
    status = HTTPStatus.CONFLICT if refusal else HTTPStatus.UNPROCESSABLE_ENTITY if form else HTTPStatus.OK
    return rules_page(request, reader, (SUBJECT, "console/rules/draft_enact.html"), context, status)


def _refused(error: Exception) -> ActionRefusedError:
    return error if isinstance(error, ActionRefusedError) else ActionRefusedError("bad_policy", str(error))


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """What a draft does to one policy: the lines that differ, and how many open promises go over to it."""

    code: str
    lines: list[Line]
    open_total: int


def policy_changes(written: Written) -> list[PolicyChange]:
    """Return what a draft does to each policy that it has."""
    codes = [terms.code for terms in written.policies]
    stored = Policy.objects.current().filter(code__in=codes)
    before = {row.code: terms_of(row) for row in stored.prefetch_related("targets", "escalation_rules")}
    running = Milestone.objects.open().filter(clock__policy__code__in=codes).order_by()
    totals = dict(running.values_list("clock__policy__code").annotate(total=Count("pk")))
    return [
        PolicyChange(terms.code, lines_between(_text(before.get(terms.code)), _text(terms)), totals.get(terms.code, 0))
        for terms in written.policies
    ]


def _text(terms: Terms | None) -> str:
    return written_out(policies=[terms]) if terms else ""


@require_POST
@writers_only
def draft_discard(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Throw a draft away."""
    draft = get_object_or_404(Draft, pk=pk)
    try:
        discard_draft(draft=draft)
    except ActionRefusedError as refusal:
        messages.error(request, refusal.message)
        return redirect("console:rules:draft", pk)
    messages.success(request, _("草案“%s”已删除。") % draft.name)
    return redirect("console:rules:drafts")


urlpatterns = [
    path("drafts/", draft_list, name="drafts"),
    path("drafts/new/", draft_new, name="draft_new"),
    path("drafts/<int:pk>/", draft_page, name="draft"),
    path("drafts/<int:pk>/try/", draft_try, name="draft_try"),
    path("drafts/<int:pk>/enact/", draft_enact, name="draft_enact"),
    path("drafts/<int:pk>/discard/", draft_discard, name="draft_discard"),
]
