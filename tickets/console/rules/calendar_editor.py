"""Editing service hours in two steps: typed, then looked at with every day and deadline that it moves, then saved."""

from collections.abc import Iterator
from datetime import date
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from plans.wording import name_of
from sla.changing.proposals import propose
from sla.composing import Composed
from sla.hours import WEEKDAYS
from sla.models import CalendarVersion, Recompute
from sla.refusals import ActionRefusedError
from sla.rules.editing import HoursError, check_base, edit_calendar
from sla.wording import DAYS, in_language, week
from tickets.console.guard import Reader
from tickets.console.rules.calendar_forms import PREFIX, Edited, Editor, zones
from tickets.console.rules.calendar_page import differences, find_version, follows_words
from tickets.console.rules.changed_dates import ahead, shortened
from tickets.console.rules.effects import moves_shown
from tickets.console.rules.guard import writers_only
from tickets.console.rules.nav import rules_page
from tickets.console.rules.people import person_named
from tickets.ledger import actor_of

SUBJECT = "calendars"
MOST_DAYS = 60


@require_http_methods(["GET", "HEAD", "POST"])
@writers_only
def calendar_new(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Make a calendar."""
    return edited(request, reader, None)


@require_http_methods(["GET", "HEAD", "POST"])
@writers_only
def calendar_edit(request: HttpRequest, reader: Reader, code: str) -> HttpResponse:
    """Edit a calendar: its next version."""
    return edited(request, reader, find_version(code))


def edited(request: HttpRequest, reader: Reader, kept: CalendarVersion | None) -> HttpResponse:
    """Answer one step of editing; whatever was typed is still there after it."""
    what = Edited(kept, date(reader.at.year - 1, 1, 1))
    if request.method != "POST":
        return shown_form(request, reader, Editor.of_stored(what))
    step = request.POST.get("step", "")
    act = {"preview": previewed, "rebase": previewed, "save": saved}.get(step.partition("-")[0])
    if act is None:
        return shown_form(request, reader, Editor.of_typed(request.POST, step, what))
    editor = Editor.of_sent(based(request.POST, step), what)
    if not editor.is_valid():
        return shown_form(request, reader, editor, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        return act(request, reader, editor)
    except HoursError as error:
        editor.refuse(error)
        return shown_form(request, reader, editor, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except ActionRefusedError as refusal:
        return shown_form(request, reader, editor, refusal=refusal, status=HTTPStatus.CONFLICT)


def based(sent: QueryDict, step: str) -> QueryDict:
    """Return what was sent, on top of the version that a step such as rebase-5 names."""
    said, _dash, version = step.partition("-")
    if said != "rebase":
        return sent
    rebased = sent.copy()
    rebased["base"] = version
    return rebased


def previewed(request: HttpRequest, reader: Reader, editor: Editor) -> HttpResponse:
    """Show what saving would change: the calendar, its days, and every open deadline."""
    check_base(editor.hours.code, editor.form.cleaned_data["base"])
    proposal = propose(calendars=[editor.hours])
    changed = proposal.calendars.get(editor.hours.code)
    if changed is None:
        messages.info(request, _("您没有改动什么，不用保存。"))
        return shown_form(request, reader, Editor.of_typed(request.POST, "", editor.edited))
    days = ahead(proposal.days(at=reader.at), reader.at.astimezone(changed.after.zone).date())
    found = moves_shown(proposal, reader.at)
    context = {
        **around(editor),
        "hours": editor.hours,
        "cause": in_language(editor.form.cleaned_data["cause"], editor.form.cleaned_data["cause_en"]),
        "next_version": next_version(changed),
        "differences": differences(changed.kept, proposed(changed)) if changed.kept else [],
        "week": week(editor.hours.rules["weekly"]),
        "follows": follows_words(editor.hours.rules["holidays"]),
        "over_midnight": _("、").join(editor.over_midnight()),
        "days": shortened(days, MOST_DAYS),
        "days_total": len(days),
        "moves": found,
        "sent": list(as_sent(request.POST, editor)),
    }
    return rules_page(request, reader, (SUBJECT, "console/rules/calendar_preview.html"), context)


def proposed(changed: Composed) -> CalendarVersion:
    """Return the version that would be saved."""
    return CalendarVersion(code=changed.code, version=next_version(changed), **changed.content)


def next_version(changed: Composed) -> int:
    """Return the number that the next version of a calendar gets."""
    last = CalendarVersion.objects.filter(code=changed.code).order_by("-version").first()
    return last.version + 1 if last else 1


def as_sent(sent: QueryDict, editor: Editor) -> Iterator[tuple[str, str]]:
    """Yield the fields to be sent again as they were, with the version that they were checked against."""
    left_out = {"step", "base", "csrfmiddlewaretoken"}
    yield from ((name, str(value)) for name, value in sent.items() if name not in left_out)
    yield "base", str(editor.form.cleaned_data["base"])


def saved(request: HttpRequest, reader: Reader, editor: Editor) -> HttpResponse:
    """Save the calendar as its next version and show it."""
    said, code = editor.form.cleaned_data, editor.hours.code
    change = edit_calendar(
        hours=editor.hours,
        base=said["base"],
        cause=said["cause"],
        cause_en=said["cause_en"],
        actor=actor_of(reader.user),
        at=reader.at,
    )
    words = {"version": change.version}
    if Recompute.objects.unfinished().filter(code=code).exists():
        messages.success(request, _("已存为版本 %(version)s，进行中的时限正在重算。") % words)
    else:
        messages.success(request, _("已存为版本 %(version)s。") % words)
    return redirect("console:rules:calendar", code)


def around(editor: Editor) -> dict[str, Any]:
    """Return what both steps need: which calendar, and where its form is sent."""
    if editor.kept is None:
        return {"kept": None, "name": "", "edit_url": reverse("console:rules:calendar_new")}
    url = reverse("console:rules:calendar_edit", args=[editor.kept.code])
    return {"kept": editor.kept, "name": name_of(editor.kept), "edit_url": url}


def shown_form(
    request: HttpRequest,
    reader: Reader,
    editor: Editor,
    *,
    refusal: ActionRefusedError | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """Return the form as it was typed; what is wrong is told beside it."""
    current = find_version(editor.kept.code) if refusal and editor.kept else None
    context = {
        **around(editor),
        "form": editor.form,
        "days": [{"code": day, "name": DAYS[day], "field": editor.form[day]} for day in WEEKDAYS],
        "special": editor.special,
        "over": len(editor.edited.over),
        "prefix": PREFIX,
        "zones": zones(),
        "refusal": refusal,
        "current": current,
        "current_by": person_named(current.created_by) if current else "",
    }
    return rules_page(request, reader, (SUBJECT, "console/rules/calendar_form.html"), context, status)
