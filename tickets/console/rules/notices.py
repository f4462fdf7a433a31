"""Holiday notices: typed in or pasted, looked at with every deadline that they move, then applied or put away."""

from http import HTTPStatus

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from sla.changing import notices
from sla.models import HolidayNotice
from sla.refusals import ActionRefusedError
from sla.rules.reading import ReadingError
from tickets.console.guard import Reader
from tickets.console.rules.guard import may_write, readers_only, writers_only
from tickets.console.rules.nav import rules_page
from tickets.console.rules.notice_forms import ABOUT, NoticeForm, as_typed, form_for
from tickets.console.rules.notice_page import about_words, shown_notice
from tickets.console.rules.people import people
from tickets.ledger import actor_of

SUBJECT = "notices"
MOST = 200
State = HolidayNotice.State


@require_safe
@readers_only
def notice_list(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Show every notice, drafts first."""
    rows = HolidayNotice.objects.defer("changes")[:MOST]
    drafts_first = sorted(rows, key=lambda notice: notice.state != State.DRAFT)
    about = about_words(drafts_first)
    named = people(row.posted_by for row in drafts_first)
    context = {
        "notices": [
            {"row": row, "about": about[row.pk], "days": len(row.dates), "who": named[row.posted_by]}
            for row in drafts_first
        ]
    }
    return rules_page(request, reader, (SUBJECT, "console/rules/notices.html"), context)


@require_http_methods(["GET", "HEAD", "POST"])
@writers_only
def notice_new(request: HttpRequest, reader: Reader, about: str) -> HttpResponse:
    """Type a notice in: about a place's year, or about one calendar's dates."""
    if request.method != "POST":
        return shown_form(request, reader, form_for(about, request.GET.dict(), reader.at.year))
    return posted(request, reader, ABOUT[about](request.POST), None)


@require_http_methods(["GET", "HEAD", "POST"])
@writers_only
def notice_revise(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Type a draft in anew; the old one is put away in the same moment."""
    notice = get_object_or_404(HolidayNotice, pk=pk, state=State.DRAFT)
    kind = ABOUT["calendar" if notice.calendar else "year"]
    if request.method != "POST":
        return shown_form(request, reader, kind(initial=as_typed(notice)), revised=notice)
    return posted(request, reader, kind(request.POST), notice)


def posted(request: HttpRequest, reader: Reader, form: NoticeForm, revised: HolidayNotice | None) -> HttpResponse:
    """Keep what was typed as a draft and show it; otherwise show it again with what is wrong."""
    if not form.is_valid():
        return shown_form(request, reader, form, revised=revised, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        with transaction.atomic():
            if revised:
                notices.discard(notice=revised, actor=actor_of(reader.user), at=reader.at)
            notice = notices.post(posting=form.posting(), actor=actor_of(reader.user), at=reader.at)
    except ReadingError as error:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return shown_form(request, reader, form, revised=revised, error=error, status=status)
    except ActionRefusedError as refusal:
        return shown_form(request, reader, form, revised=revised, error=refusal, status=HTTPStatus.CONFLICT)
    messages.success(request, _("已存为草拟，还没有生效。"))
    return redirect("console:rules:notice", notice.pk)


def shown_form(
    request: HttpRequest,
    reader: Reader,
    form: NoticeForm,
    *,
    revised: HolidayNotice | None = None,
    error: ReadingError | ActionRefusedError | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """Return the form as it was typed; what is wrong with the pasted dates is told by line."""
    context = {
        "form": form,
        "about": form.about,
        "revised": revised,
        "problems": error.problems if isinstance(error, ReadingError) else [],
        "refusal": error if isinstance(error, ActionRefusedError) else None,
    }
    return rules_page(request, reader, (SUBJECT, "console/rules/notice_form.html"), context, status)


@require_safe
@readers_only
def notice_page(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Show a notice: what it would change while it is a draft, what it changed once it is applied."""
    notice = get_object_or_404(HolidayNotice, pk=pk)
    after = request.GET.get("after", "")
    context = shown_notice(notice, reader.at, after=int(after) if after.isdecimal() else 0)
    context["may_write"] = may_write(reader.user)
    return rules_page(request, reader, (SUBJECT, "console/rules/notice.html"), context)


@require_POST
@writers_only
def notice_apply(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Put a notice in force, or show it again with why that may not be."""
    notice = get_object_or_404(HolidayNotice, pk=pk)
    try:
        notices.apply(notice=notice, actor=actor_of(reader.user), at=reader.at)
    except ActionRefusedError as refusal:
        context = {**shown_notice(notice, reader.at), "refusal": refusal, "may_write": True}
        return rules_page(request, reader, (SUBJECT, "console/rules/notice.html"), context, HTTPStatus.CONFLICT)
    messages.success(request, _("通知已生效，进行中的时限正在重算。"))
    return redirect("console:rules:notice", pk)


@require_POST
@writers_only
def notice_discard(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Put a draft away for good, or say why that may not be."""
    notice = get_object_or_404(HolidayNotice, pk=pk)
    try:
        notices.discard(notice=notice, actor=actor_of(reader.user), at=reader.at)
    except ActionRefusedError as refusal:
        messages.error(request, " ".join([refusal.message, *refusal.ways_on]))
        return redirect("console:rules:notice", pk)
    messages.success(request, _("通知已作废，仍可查阅。"))
    return redirect("console:rules:notices")


urlpatterns = [
    path("notices/", notice_list, name="notices"),
    path("notices/new/year/", notice_new, {"about": "year"}, name="notice_new_year"),
    path("notices/new/calendar/", notice_new, {"about": "calendar"}, name="notice_new_calendar"),
    path("notices/<int:pk>/", notice_page, name="notice"),
    path("notices/<int:pk>/revise/", notice_revise, name="notice_revise"),
    path("notices/<int:pk>/apply/", notice_apply, name="notice_apply"),
    path("notices/<int:pk>/discard/", notice_discard, name="notice_discard"),
]
