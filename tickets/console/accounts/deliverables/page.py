"""Handing something over, and one deliverable: how it stands, its rounds with their files, and every step of it."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from http import HTTPStatus
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from plans.actions.deliverables import Handing, hand_over, hand_over_again, withdraw
from plans.deliverables import find
from plans.deliverables.access import may_hand_over, signatories
from plans.deliverables.asking import asks_signature
from plans.deliverables.files import KeptFile, keep_generated
from plans.engagements.reading import find as find_engagement
from plans.models import Contract, Deliverable, Engagement, Entitlement, User
from plans.models.deliverables import REOPENABLE
from plans.refusals import RefusedError
from plans.wording import clause_of, text_of
from sla.refusals import ActionRefusedError
from tickets.console.accounts.deliverables.listing import rights_to_hand_over
from tickets.console.accounts.engagements.page import may_see as may_see_engagement
from tickets.console.accounts.guard import accounts_of, for_account
from tickets.console.accounts.nav import account_page, desk_page
from tickets.console.guard import Reader, agents_only
from tickets.deliverable_forms import HandOverForm, PapersForm, kept
from tickets.engagement_forms import Attempt, ReasonForm
from tickets.printing.engagement_report import report_pdf
from tickets.printing.press import PrintingError
from tickets.showing.deliverables import actor_of, clauses_of, rounds_in_words, shown_one, step_words
from tickets.showing.engagements import topic_of

PAGE = "console/accounts/deliverables/deliverable.html"


@require_http_methods(["GET", "HEAD", "POST"])
@for_account(write=True)
def new(request: HttpRequest, contract: Contract, at: datetime) -> HttpResponse:
    """Hand something over; what is refused is told with its clause, and nothing typed is lost."""
    right, engagement = _chosen(request, contract)
    said = request.POST if request.method == "POST" else None
    form = HandOverForm(said, entitlement=right, initial=_initial(right, engagement))
    refusal = None
    if said is not None and form.is_valid():
        try:
            made = _hand_over(request, right, form, at)
        except ActionRefusedError as error:
            refusal = error
        else:
            messages.success(request, _("已交付 %(number)s。") % {"number": made.number})
            return redirect("console:accounts:deliverable", made.number)
    context = {
        "form": form, "right": right, "engagement": engagement, "refusal": refusal, "clause": clause_of(right.item),
        "asks_signature": asks_signature(right.item, right),
    }  # fmt: skip
    status = HTTPStatus.UNPROCESSABLE_ENTITY if said is not None else HTTPStatus.OK
    page = ("deliverables", "console/accounts/deliverables/new.html")
    return account_page(request, contract, at, page, context, status=status)


def _chosen(request: HttpRequest, contract: Contract) -> tuple[Entitlement, Engagement | None]:
    """Return under which right something is handed over, and out of which service. Raises Http404 for neither."""
    engagement = find_engagement(request.GET.get("engagement", ""), contract.engagements.all())
    key = request.GET.get("right", "")
    rights = rights_to_hand_over(contract)
    wanted = engagement.entitlement_id if engagement else int(key) if key.isdecimal() and len(key) < 12 else 0
    found = next((row for row in rights if row.pk == wanted), None)
    if found is None:
        raise Http404
    return found, engagement


def _initial(right: Entitlement, engagement: Engagement | None) -> dict[str, Any]:
    item = right.item
    named = item.deliverable.strip("《》")
    title = f"{engagement.topic} · {named or item.name}" if engagement else named
    kinds = {"guidance": "plan", "planning": "blueprint", "health_check": "findings"}
    return {
        "title": title[:160], "kind": kinds.get(item.service, "report" if item.deliverable else "other"),
        "engagement": engagement, "addressee": engagement.requested_by if engagement else None,
        "is_generated": bool(engagement and engagement.done),
    }  # fmt: skip


def _hand_over(request: HttpRequest, right: Entitlement, form: HandOverForm, at: datetime) -> Deliverable:
    said = form.cleaned_data
    files = _files(request, said["engagement"], form)
    handing = Handing(
        entitlement=right, title=said["title"], title_en=said["title_en"], kind=said["kind"],
        engagement=said["engagement"], addressee=said["addressee"], papers=form.papers(files),
    )  # fmt: skip
    return hand_over(handing=handing, actor=cast(User, request.user), at=at)


def _files(request: HttpRequest, engagement: Engagement | None, form: PapersForm) -> list[KeptFile]:
    """Return the files that were sent, after the report that is made of the record, where it was asked for."""
    sent = kept(request)
    return [_generated(engagement), *sent] if form.cleaned_data["is_generated"] else sent


def _generated(engagement: Engagement | None) -> KeptFile:
    if engagement is None or not engagement.done:
        raise RefusedError(
            "no_record", _("没有交付记录，不能生成报告。"), ways_on=[_("先选一次服务，并写下交付记录；或上传文件。")]
        )
    try:
        content = report_pdf(engagement)
    except PrintingError as error:
        raise RefusedError("not_printed", _("报告没有生成成功：%s") % error, ways_on=[_("请改为上传文件。")]) from error
    return keep_generated(f"{text_of(engagement.item, 'deliverable').strip('《》')}-{engagement.number}.pdf", content)


def for_deliverable(page: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Return a page of one deliverable: for its account's people, and for the experts of its engagement."""

    @wraps(page)
    def guarded(request: HttpRequest, reader: Reader, code: str, *args: object) -> HttpResponse:
        deliverable = find(code)
        if deliverable is None or not _may_see(reader.user, deliverable):
            raise Http404
        return page(request, reader, deliverable, *args)

    return agents_only(guarded)


def _may_see(user: User, deliverable: Deliverable) -> bool:
    engagement = deliverable.engagement
    delivers = engagement is not None and engagement.experts.filter(user=user).exists()
    return delivers or accounts_of(user).filter(pk=deliverable.contract_id).exists()


@require_safe
@for_deliverable
def deliverable_page(request: HttpRequest, reader: Reader, deliverable: Deliverable) -> HttpResponse:
    """Show a deliverable."""
    return _shown(request, reader, deliverable, Attempt())


def _again(request: HttpRequest, reader: Reader, deliverable: Deliverable, form: Any) -> str:
    papers = form.papers(_files(request, deliverable.engagement, form))
    hand_over_again(deliverable=deliverable, papers=papers, actor=reader.user, at=reader.at)
    return _("已重新交付，新的一轮已开始。")


def _withdraw(_request: HttpRequest, reader: Reader, deliverable: Deliverable, form: Any) -> str:
    withdraw(deliverable=deliverable, reason=form.cleaned_data["reason"], actor=reader.user, at=reader.at)
    return _("已撤回，客户会收到通知。")


ACTS: dict[str, tuple[type[Any], Callable[..., str]]] = {
    "again": (PapersForm, _again),
    "withdraw": (ReasonForm, _withdraw),
}


@require_POST
@for_deliverable
def act(request: HttpRequest, reader: Reader, deliverable: Deliverable) -> HttpResponse:
    """Hand over anew or take back; a refusal is told with its clause, and nothing typed is lost."""
    if not may_hand_over(reader.user, deliverable.contract, deliverable.engagement):
        raise PermissionDenied
    name = request.POST.get("action", "")
    if name not in ACTS:
        raise Http404
    kind, does = ACTS[name]
    form = kind(request.POST)
    if not form.is_valid():
        return _shown(request, reader, deliverable, Attempt(name, form), HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        messages.success(request, does(request, reader, deliverable, form))
    except ActionRefusedError as refusal:
        return _shown(request, reader, deliverable, Attempt(name, form, refusal), HTTPStatus.CONFLICT)
    return redirect("console:accounts:deliverable", deliverable.number)


def _shown(
    request: HttpRequest, reader: Reader, deliverable: Deliverable, attempt: Attempt, status: int = HTTPStatus.OK
) -> HttpResponse:
    deliverable = find(deliverable.number) or deliverable
    one = shown_one(deliverable, reader.at)
    steps = deliverable.steps.select_related("actor", "round").order_by("-pk")
    can = may_hand_over(reader.user, deliverable.contract, deliverable.engagement)
    context = {
        "deliverable": deliverable,
        "one": one,
        "rounds": rounds_in_words(deliverable, reader.at),
        "steps": [(step, step_words(step), actor_of(step)) for step in steps],
        "signatories": signatories(deliverable),
        "clauses": clauses_of(one.row),
        "forms": _forms(one.row.outcome, attempt) if can else {},
        "tried": attempt.name,
        "refusal": attempt.refusal,
        "may_see_account": accounts_of(reader.user).filter(pk=deliverable.contract_id).exists(),
        "topic": topic_of(deliverable.engagement) if deliverable.engagement else "",
    }
    return desk_page(request, reader, ("sign_offs", PAGE), context, status)


def _forms(outcome: str, attempt: Attempt) -> dict[str, Any]:
    """Return what can be done with a deliverable whose last round stands like this."""
    fitting = {"again": outcome in REOPENABLE, "withdraw": outcome in ("open", "kept")}
    forms = {name: ACTS[name][0]() for name, fits in fitting.items() if fits}
    return forms | ({attempt.name: attempt.form} if attempt.form else {})


@require_safe
@agents_only
def report_preview(request: HttpRequest, reader: Reader, code: str) -> HttpResponse:
    """Return the report that would be made of an engagement's record, to be looked at before it is handed over."""
    engagement = find_engagement(code)
    if engagement is None or not engagement.done or not may_see_engagement(reader.user, engagement):
        raise Http404
    answer = HttpResponse(report_pdf(engagement), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{engagement.number}.pdf"'
    return answer


urlpatterns = [
    path("-/deliverables/<slug:code>/", deliverable_page, name="deliverable"),
    path("-/deliverables/<slug:code>/act/", act, name="deliverable_act"),
    path("-/engagements/<slug:code>/report.pdf", report_preview, name="engagement_report"),
    path("<str:number>/deliverables/new/", new, name="deliverable_new"),
]
