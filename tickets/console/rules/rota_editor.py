"""A rota made or changed: typed, looked at turn by turn, saved; what is past stays as it was."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from plans.accounts import zone_named
from plans.actions.rotas import keep_rota
from plans.models import Rota, User
from plans.on_call import Turn, turn_at, turns_of
from plans.past_call import was_on_call
from sla.refusals import ActionRefusedError
from tickets.console.guard import Reader
from tickets.console.rules.calendar_forms import zones
from tickets.console.rules.guard import writers_only
from tickets.console.rules.nav import rules_page
from tickets.console.rules.rota_forms import RotaForm, typed
from tickets.showing.wording import name_of

SHOWN = 8


@dataclass(frozen=True)
class Look:
    """What a rota comes to as it was typed: the turns ahead, and who is on call at this instant before and after."""

    turns: list[dict[str, Any]]
    before: str
    after: str

    @property
    def changes_hands(self) -> bool:
        return bool(self.before) and self.before != self.after


@require_http_methods(["GET", "HEAD", "POST"])
@writers_only
def rota_new(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Make a rota."""
    usual = {"timezone": reader.user.timezone, "hands_over_at": "09:00", "days_each": 7, "is_active": True}
    today = localdate(reader.at, zone_named(reader.user.timezone))
    form = RotaForm(request.POST or None, today=today, initial={**usual, "starts_on": today})
    return answered(request, reader, Rota(since=reader.at), form)


@require_http_methods(["GET", "HEAD", "POST"])
@writers_only
def rota_edit(request: HttpRequest, reader: Reader, code: str) -> HttpResponse:
    """Change a rota from now on; the form begins with the turn under way."""
    rota = get_object_or_404(Rota.objects.select_related("team"), code=code)
    order = [member.user for member in rota.members.select_related("user").order_by("place")]
    today = localdate(reader.at, zone_named(rota.timezone))
    initial = typed(rota, order, turn_at(rota, reader.at))
    return answered(request, reader, rota, RotaForm(request.POST or None, today=today, rota=rota, initial=initial))


def answered(request: HttpRequest, reader: Reader, rota: Rota, form: RotaForm) -> HttpResponse:
    """Return the form; save what was typed if that is wished, or show what it comes to."""
    seen = rota.former.count() if rota.pk else 0
    if request.method != "POST" or not form.is_valid():
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        return shown_form(request, reader, form, {"rota": rota, "seen": seen}, status)
    before = was_on_call(rota, reader.at) if rota.pk else None
    laid, order = form.laid_on(rota), form.cleaned_data["order"]
    noted = request.POST.get("seen", "")
    page = {"rota": rota, "seen": noted, "look": look(laid, order, before, reader)}
    if "save" not in request.POST:
        return shown_form(request, reader, form, page)
    try:
        keep_rota(rota=laid, order=order, actor=reader.user, at=reader.at, seen=_count(noted))
    except ActionRefusedError as refusal:
        return shown_form(request, reader, form, {**page, "refusal": refusal}, HTTPStatus.CONFLICT)
    messages.success(request, _("值班表已保存。"))
    return redirect("console:rules:rota", laid.code)


def look(rota: Rota, order: list[User], before: User | None, reader: Reader) -> Look:
    """Return what a rota comes to with these people in this order."""
    ahead = list(turns_of(rota, order, reader.at, SHOWN)) if rota.is_active else []
    now = next((turn.user for turn in ahead if turn.start <= reader.at < turn.end), None)
    return Look([_told(turn, reader.at) for turn in ahead], _name(before), _name(now))


def _told(turn: Turn, at: datetime) -> dict[str, Any]:
    is_now = turn.start <= at < turn.end
    return {"start": turn.start, "end": turn.end, "name": _name(turn.user), "is_now": is_now}


def _name(person: User | None) -> str:
    return name_of(person) if person else ""


def _count(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else -1


def shown_form(
    request: HttpRequest, reader: Reader, form: RotaForm, page: dict[str, Any], status: int = HTTPStatus.OK
) -> HttpResponse:
    """Return the page of the form."""
    context = {"form": form, "zones": zones(), "zone": zone_named(str(form["timezone"].value() or "")), **page}
    return rules_page(request, reader, ("rotas", "console/rules/rota_form.html"), context, status)


urlpatterns = [
    path("rotas/new/", rota_new, name="rota_new"),
    path("rotas/<slug:code>/edit/", rota_edit, name="rota_edit"),
]
