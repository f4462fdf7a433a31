"""Who is on call now and next, and who stands in for whom."""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from plans.accounts import zone_named
from plans.actions.rotas import Swap, swap, take_back
from plans.models import Rota, RotaShift, User
from plans.models.people import STAFF_ROLES
from plans.on_call import Turn, holder_of, turns, with_turns
from plans.wording import name_of as named
from sla.refusals import ActionRefusedError
from tickets.console.guard import Reader
from tickets.console.ordering import ByName
from tickets.console.rules.guard import readers_only, writers_only
from tickets.console.rules.nav import rules_page
from tickets.showing.wording import name_of, zone_words

# The turn under way and the four after it.
SHOWN = 5
WALL = "%Y-%m-%dT%H:%M"


class Person(forms.ModelChoiceField):
    """A colleague by name."""

    iterator = ByName

    def label_from_instance(self, obj: Any) -> str:
        return name_of(obj)


class SwapForm(forms.Form):
    """Who stands in from when to when, on the clocks of the rota's zone."""

    user = Person(
        User.objects.none(), label=gettext_lazy("谁来值班"), empty_label=gettext_lazy("选一位同事"),
        error_messages={
            "required": gettext_lazy("请选一位同事。"),
            "invalid_choice": gettext_lazy("没有这位在职的同事。"),
        },
    )  # fmt: skip
    start = forms.DateTimeField(label=gettext_lazy("自"), input_formats=[WALL, f"{WALL}:%S"])
    end = forms.DateTimeField(label=gettext_lazy("至"), input_formats=[WALL, f"{WALL}:%S"])
    note = forms.CharField(label=gettext_lazy("缘由"), max_length=200, required=False)

    def __init__(self, zone: ZoneInfo, said: Mapping[str, Any] | None = None, *, prefix: str = "") -> None:
        super().__init__(said, prefix=prefix)
        self.zone = zone
        staff = User.objects.filter(is_active=True, role__in=STAFF_ROLES)
        self.fields["user"].queryset = staff  # type: ignore[attr-defined]
        for name in ("start", "end"):
            self.fields[name].widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=WALL)
            self.fields[name].error_messages = {
                "required": _("请选日期和时间。"), "invalid": _("请选日期和时间。"),
            }  # fmt: skip

    def is_valid(self) -> bool:
        """Tell whether it can be tried; wall times are those of the rota's clocks, wherever the reader lives."""
        with timezone.override(self.zone):
            return super().is_valid()

    def agreed(self) -> Swap:
        """Return the swap that was typed."""
        said = self.cleaned_data
        return Swap(said["user"], said["start"], said["end"], said["note"])


@require_safe
@readers_only
def rota_list(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Show every rota in use: who is on call now, whose turns come next, and the swaps."""
    return shown_rotas(request, reader)


def shown_rotas(
    request: HttpRequest, reader: Reader, typed: tuple[int, SwapForm, str] | None = None, status: int = HTTPStatus.OK
) -> HttpResponse:
    """Return the page; `typed` is what was typed for one rota and why it was not done."""
    rotas = with_turns(Rota.objects.filter(is_active=True), reader.at).order_by("team__code", "code")
    rows = [_row(rota, reader, typed) for rota in rotas]
    retired = [{"code": rota.code, "name": named(rota)} for rota in Rota.objects.filter(is_active=False)]
    context = {"rotas": rows, "retired": retired}
    return rules_page(request, reader, ("rotas", "console/rules/rotas.html"), context, status)


def _row(rota: Rota, reader: Reader, typed: tuple[int, SwapForm, str] | None) -> dict[str, Any]:
    zone = zone_named(rota.timezone)
    holder = holder_of(rota, reader.at)
    ours = typed if typed and typed[0] == rota.pk else None
    return {
        "code": rota.code,
        "name": named(rota),
        "team": name_of(rota.team) if rota.team else "",
        "zone": zone,
        "zone_name": zone_words(zone),
        "holder": name_of(holder) if holder else "",
        "reaches": holder.email if holder else "",
        "members": [name_of(member.user) for member in rota.members.all()],
        "days_each": rota.days_each,
        "hands_over_at": rota.hands_over_at,
        "turns": [_turn(turn, reader.at) for turn in turns(rota, reader.at, SHOWN)],
        "form": ours[1] if ours else SwapForm(zone, prefix=rota.code),
        "error": ours[2] if ours else "",
        "swap_url": reverse("console:rules:rota_swap", args=[rota.code]),
    }


def _turn(turn: Turn, at: datetime) -> dict[str, Any]:
    swaps = [
        {"id": shift.pk, "name": name_of(shift.user), "start": shift.start, "end": shift.end, "note": shift.note,
         "is_over": shift.end <= at}
        for shift in turn.swaps
    ]  # fmt: skip
    return {
        "start": turn.start,
        "end": turn.end,
        "name": name_of(turn.user) if turn.user else "",
        "swaps": swaps,
        "is_now": turn.start <= at < turn.end,
    }


@require_POST
@writers_only
def rota_swap(request: HttpRequest, reader: Reader, code: str) -> HttpResponse:
    """Have somebody stand in; what cannot be done is told, and nothing typed is lost."""
    rota = get_object_or_404(Rota, code=code)
    form = SwapForm(zone_named(rota.timezone), request.POST, prefix=rota.code)
    if not form.is_valid():
        return shown_rotas(request, reader, (rota.pk, form, ""), HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        shift = swap(rota=rota, agreed=form.agreed(), actor=reader.user, at=reader.at)
    except ActionRefusedError as refusal:
        error = " ".join([refusal.message, *refusal.ways_on])
        return shown_rotas(request, reader, (rota.pk, form, error), HTTPStatus.CONFLICT)
    messages.success(request, _("已换班，由%(name)s值班。") % {"name": name_of(shift.user)})
    return redirect("console:rules:rotas")


@require_POST
@writers_only
def rota_take_back(request: HttpRequest, reader: Reader, shift: int) -> HttpResponse:
    """Take a swap back, or what is left of it."""
    try:
        take_back(shift=get_object_or_404(RotaShift, pk=shift), actor=reader.user, at=reader.at)
    except ActionRefusedError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("换班已撤销。"))
    return redirect("console:rules:rotas")


urlpatterns = [
    path("rotas/", rota_list, name="rotas"),
    path("rotas/<slug:code>/swap/", rota_swap, name="rota_swap"),
    path("rotas/swaps/<int:shift>/take-back/", rota_take_back, name="rota_take_back"),
]
