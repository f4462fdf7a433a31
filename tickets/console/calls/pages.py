"""Pages of the hotline: what rings, the list of calls, one call with its form, and calls that we owe."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from plans.coverage import Decision
from sla.refusals import ActionRefusedError
from tickets.actions.calls import noting, owing
from tickets.channels.calling import web_address
from tickets.console.calls import figures, listing
from tickets.console.calls.cards import RELATED, Card, ringing_for
from tickets.console.calls.form import CallForm, choices, contacts_found
from tickets.console.guard import Reader, agents_only
from tickets.console.rail import rail
from tickets.console.views import shown
from tickets.models import Call, CallBack, Ticket
from tickets.models.calls import SOON
from tickets.showing.calls import event_words, speaker

NOT_COVERED = "not_covered"


@require_safe
@agents_only
def cards(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Show who rings for the reader now, for every page of the console."""
    return shown(request, "console/calls/_cards.html", {"cards": ringing_for(reader), "now": reader.at})


@require_safe
@agents_only
def calls_page(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Show a view of the calls; to a refresh, only its rows."""
    view = listing.view_named(request.GET.get("view", ""))
    words = request.GET.get("q", "")
    page = Paginator(listing.calls_for(reader, view, words), listing.PAGE).get_page(request.GET.get("page"))
    rows = [listing.CallRow(call, reader.at) for call in page]
    context = {
        "rows": rows,
        "page": page,
        "current": view,
        "q": words,
        "now": reader.at,
        "here": request.get_full_path(),
    }
    if request.headers.get("HX-Request"):
        return shown(request, "console/calls/_rows.html", context)
    return shown(request, "console/calls/list.html", {**framed(reader), **context, **_today(reader)})


def _today(reader: Reader) -> dict[str, Any]:
    return {"today": figures.today(reader), "waiting": figures.waiting(reader), "soon": SOON}


@require_safe
@agents_only
def today(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Show how the hotline is answered today, for a page that shows it already."""
    return shown(request, "console/calls/_today.html", _today(reader))


@require_safe
@agents_only
def figures_page(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Show how the hotline was answered in the last days, and by whom to those who lead."""
    found = {"days": figures.by_day(reader), "agents": figures.by_agent(reader), "count": figures.DAYS}
    return shown(request, "console/calls/figures.html", {**framed(reader), **_today(reader), **found})


def framed(reader: Reader) -> dict[str, Any]:
    """Return what every page of the hotline needs around it."""
    return {**rail(reader, None), "in_calls": True, "views_of_calls": listing.VIEWS}


def find_call(code: str, reader: Reader) -> Call:
    """Return a call. Raises Http404 for one that the reader may not see as for one that never was."""
    found = Call.objects.visible_to(reader.user).select_related(*RELATED).filter(code=code).first()
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@agents_only
def new_call(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Show the form for a call that no switchboard told of; posted, keep it."""
    return call_form(request, reader, None)


@require_http_methods(["GET", "HEAD", "POST"])
@agents_only
def call_page(request: HttpRequest, reader: Reader, code: str) -> HttpResponse:
    """Show a call and its form; posted, write it down. A refusal keeps what was typed, and the note of the call."""
    return call_form(request, reader, find_call(code, reader))


def call_form(request: HttpRequest, reader: Reader, call: Call | None) -> HttpResponse:
    """Answer either page: look for a contact, write the call down, or show the form."""
    said = request.POST if request.method == "POST" else None
    form = CallForm(said, reader, call)
    if said is None or "find" in said:
        return _page(request, reader, Sheet(form, call))
    if not form.is_valid() or form.customisation_fault:
        return _page(request, reader, Sheet(form, call), HTTPStatus.UNPROCESSABLE_ENTITY)
    return _written(request, reader, form, call)


@dataclass(frozen=True)
class Sheet:
    """What a call's page is made of."""

    form: CallForm
    call: Call | None
    refusal: ActionRefusedError | None = None


def _written(request: HttpRequest, reader: Reader, form: CallForm, call: Call | None) -> HttpResponse:
    """Write a call down and go to what it became; where the plan says no, keep the note and show what it says."""
    noted = form.noted()
    try:
        begun = call or noting.begin(said=form.by_hand(form.vendor), actor=reader.user, at=reader.at)
        kept = noting.note(call=begun, noted=noted, actor=reader.user, at=reader.at)
    except ActionRefusedError as refusal:
        if refusal.code == NOT_COVERED:
            begun = call or noting.begin(said=form.by_hand(form.vendor), actor=reader.user, at=reader.at)
            noting.note_refused(call=begun, noted=noted, actor=reader.user, at=reader.at)
            messages.info(request, _("通话已登记；没有开工单。"))
            call = find_call(begun.code, reader)
            refusal = _in_readers_words(call, noted, reader) or refusal
        return _page(request, reader, Sheet(form, call, refusal), HTTPStatus.UNPROCESSABLE_ENTITY)
    if kept.ticket and (noted.opens or noted.ticket):
        messages.success(request, _("通话已记入工单 %s。") % kept.ticket.number)
        return redirect("console:ticket", kept.ticket.number)
    messages.success(request, _("通话已登记。"))
    return redirect("console:call", kept.code)


def _page(request: HttpRequest, reader: Reader, sheet: Sheet, status: int = HTTPStatus.OK) -> HttpResponse:
    call, form = sheet.call, sheet.form
    events = [(event, event_words(event.fields)) for event in call.events.order_by("at", "pk")] if call else []
    context = {
        "call": call,
        "row": listing.CallRow(call, reader.at) if call else None,
        "events": events,
        "recording": web_address(call.recording_url) if call else "",
        "talk": [{**line, "name": speaker(line["who"])} for line in call.transcript] if call else [],
        "form": form,
        "refusal": sheet.refusal,
        "found": _found(request, reader, sheet),
        "find": request.POST.get("find_words", ""),
        "now": reader.at,
        **_about(reader, sheet),
    }
    return shown(request, "console/calls/call.html", {**framed(reader), **context}, status)


def _found(request: HttpRequest, reader: Reader, sheet: Sheet) -> list[Any]:
    """Return whom to choose from: those looked for, else those who have the number."""
    words = request.POST.get("find_words", "")
    card = Card(sheet.call, reader) if sheet.call else None
    rows = contacts_found(words, reader) if words else card.candidates if card else []
    return choices(rows, sheet.form.chosen)


def _about(reader: Reader, sheet: Sheet) -> dict[str, Any]:
    """Return what stands beside the form: who it is, their open tickets, and what the plan will answer."""
    call = sheet.call or Call(vendor=sheet.form.vendor, rang_at=reader.at)
    chosen = sheet.form.chosen
    customer = chosen.customer_id if chosen else call.customer_id
    tickets = Ticket.objects.visible_to(reader.user).filter(customer=customer) if customer else Ticket.objects.none()
    return {
        "card": Card(call, reader, chosen) if chosen or call.pk else None,
        "tickets": list(tickets.unfinished().order_by("-opened_at")[:8]),
        "decision": _foretold(call, sheet.form, reader),
        "into": str(sheet.form["into"].value() or ""),
    }


def _foretold(call: Call, form: CallForm, reader: Reader) -> Decision | None:
    noted = form.draft()
    return noting.foretold(call=call, noted=noted, at=reader.at, language=get_language() or "")


def _in_readers_words(call: Call, noted: noting.Noted, reader: Reader) -> ActionRefusedError | None:
    """Return the plan's no as the reader reads it: the action told it in the contact's language."""
    no = noting.foretold(call=call, noted=noted, at=reader.at, language=get_language() or "")
    if no is None:
        return None
    return ActionRefusedError(NOT_COVERED, no.reason, promise=no.promise, clause=no.clause, ways_on=no.ways_on)


@require_POST
@agents_only
def about(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Show what stands beside the form for what it says now; nothing is written."""
    code = request.POST.get("call", "")
    call = find_call(code, reader) if code else None
    sheet = Sheet(CallForm(request.POST, reader, call), call)
    return shown(request, "console/calls/_about.html", {**_about(reader, sheet), "form": sheet.form, "now": reader.at})


@require_POST
@agents_only
def contacts(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Show whom the words in the form may mean, to choose from; nothing is written."""
    form = CallForm(request.POST, reader)
    find = request.POST.get("find_words", "").strip()
    context = {"found": choices(contacts_found(find, reader), form.chosen), "find": find, "form": form}
    return shown(request, "console/calls/_contacts.html", context)


@require_safe
@agents_only
def backs_page(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Show the calls that we owe, what is due first in front, and the last that were made."""
    context = {"owed": listing.owed_for(reader), "now": reader.at, "here": request.get_full_path()}
    if request.headers.get("HX-Request"):
        return shown(request, "console/calls/_owed.html", context)
    done = listing.owed_for(reader, is_open=False)[:10]
    return shown(request, "console/calls/backs.html", {**framed(reader), **context, "done": done})


Deed = Callable[[CallBack, HttpRequest, Reader], CallBack]


def _tried(was_reached: bool) -> Deed:
    def tried(owed: CallBack, request: HttpRequest, reader: Reader) -> CallBack:
        words = request.POST.get("words", "")
        return owing.attempt(owed=owed, was_reached=was_reached, words=words, actor=reader.user, at=reader.at)

    return tried


def _given_up(owed: CallBack, request: HttpRequest, reader: Reader) -> CallBack:
    said = {"result": request.POST.get("result", ""), "words": request.POST.get("words", "")}
    return owing.give_up(owed=owed, **said, actor=reader.user, at=reader.at)


DEEDS: dict[str, tuple[Deed, Any]] = {
    "claim": (
        lambda owed, _request, reader: owing.claim(owed=owed, actor=reader.user, at=reader.at),
        gettext_lazy("已认领。"),
    ),
    "release": (
        lambda owed, _request, reader: owing.release(owed=owed, actor=reader.user, at=reader.at),
        gettext_lazy("已放回。"),
    ),
    "missed": (_tried(False), gettext_lazy("已记下这次尝试。")),
    "reached": (_tried(True), gettext_lazy("已接通，回电办结。请登记通话。")),
    "give_up": (_given_up, gettext_lazy("已办结。")),
}


@require_POST
@agents_only
def do_back(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Claim a call that is owed, note a try, or end it; who was reached is written down next."""
    owed = CallBack.objects.visible_to(reader.user).filter(pk=pk).first()
    name = request.POST.get("deed", "")
    if owed is None or name not in DEEDS:
        raise Http404
    deed, done = DEEDS[name]
    try:
        deed(owed, request, reader)
    except ActionRefusedError as refused:
        messages.error(request, " ".join([refused.message, *refused.ways_on]))
        return redirect("console:call_backs")
    messages.success(request, str(done))
    last = owed.calls.order_by("-rang_at", "-pk").first()
    return redirect("console:call", last.code) if name == "reached" and last else redirect("console:call_backs")


urlpatterns = [
    path("calls/", calls_page, name="calls"),
    path("calls/cards/", cards, name="call_cards"),
    path("calls/today/", today, name="calls_today"),
    path("calls/figures/", figures_page, name="call_figures"),
    path("calls/new/", new_call, name="new_call"),
    path("calls/about/", about, name="call_about"),
    path("calls/contacts/", contacts, name="call_contacts"),
    path("calls/backs/", backs_page, name="call_backs"),
    path("calls/backs/<int:pk>/", do_back, name="call_back"),
    path("calls/<str:code>/", call_page, name="call"),
]
