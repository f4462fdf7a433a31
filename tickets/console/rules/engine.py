"""How the engine is doing: how fast it notices, what waits, whose heart beats, and whether it agrees with itself."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from sla import self_checking
from sla.lag import Lag, lag_between, lag_by_hour
from sla.models import Drift, SelfCheck
from tickets.actions.repairing import refold
from tickets.console.guard import Reader
from tickets.console.rules.guard import readers_only, writers_only
from tickets.console.rules.nav import rules_page
from tickets.ledger import actor_of
from tickets.showing.differences import differences_in_words
from tickets.showing.lag_chart import draw, seconds_words
from tickets.showing.vitals import LOOK_BACK, Vitals, vitals

SPANS = (
    (gettext_lazy("近 1 小时"), timedelta(hours=1)),
    (gettext_lazy("近 24 小时"), LOOK_BACK),
    (gettext_lazy("近 7 天"), timedelta(days=7)),
)
# A heart that has not beaten for so long is told as silent; the self-check has none.
SILENT_AFTER = timedelta(seconds=30)
HEARTS = {
    "clock": gettext_lazy("计时（clock）"),
    "out": gettext_lazy("外发（out）"),
    "jobs": gettext_lazy("后台作业（jobs）"),
    "beat": gettext_lazy("节拍（beat）"),
    "watchdog": gettext_lazy("看门狗（watchdog）"),
}
PAGE = ("engine", "console/rules/engine.html")
CHECKS_SHOWN = 14


@require_safe
@readers_only
def engine_page(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Show the figures of this instant, the last checks, and every difference that still stands."""
    found = vitals(reader.at)
    drifts = Drift.objects.filter(settled_at=None).select_related("clock")
    context = {
        "vitals": found,
        "lags": [_lag(str(name), lag_between(reader.at - span, reader.at)) for name, span in SPANS],
        "chart": draw(
            lag_by_hour(reader.at - LOOK_BACK, reader.at),
            until=reader.at,
            zone=get_current_timezone(),
            span=LOOK_BACK,
        ),
        "hops": _hops(found),
        "hearts": _hearts(found),
        "checks": SelfCheck.objects.order_by("-pk")[:CHECKS_SHOWN],
        "drifts": [{"drift": one, "differences": differences_in_words(one)} for one in drifts],
    }
    return rules_page(request, reader, PAGE, context)


def _lag(name: str, lag: Lag) -> dict[str, Any]:
    shares = [seconds_words(share) for share in (lag.p50, lag.p95, lag.p99, lag.longest)]
    return {"name": name, "steps": lag.steps, "shares": shares}


def _hops(found: Vitals) -> list[dict[str, Any]]:
    return [
        {"name": _("到期的步骤"), "waiting": found.steps},
        {"name": _("待处理的工单升级"), "waiting": found.escalations},
        {"name": _("待发送的通知"), "waiting": found.deliveries},
    ]


def _hearts(found: Vitals) -> list[dict[str, Any]]:
    known = [(kind, found.hearts.get(kind)) for kind in HEARTS]
    return [{"name": HEARTS[kind], "age": age, "is_silent": age is None or age > SILENT_AFTER} for kind, age in known]


@require_POST
@writers_only
def check_now(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Begin a check, unless one is under way; a worker goes on with it at once."""
    begun = self_checking.begin(at=reader.at)
    messages.success(request, _("已开始自检。") if begun else _("自检正在进行。"))
    return redirect("console:rules:engine")


@require_POST
@writers_only
def repair(request: HttpRequest, reader: Reader, drift: int) -> HttpResponse:
    """Fold a drifted clock anew from its facts."""
    row = get_object_or_404(Drift.objects.select_related("clock"), pk=drift, settled_at=None)
    refold(clock=row.clock, actor=actor_of(reader.user), at=reader.at)
    messages.success(request, _("%(thing)s 已按事实重算。") % {"thing": row.thing})
    return redirect("console:rules:engine")


urlpatterns = [
    path("engine/", engine_page, name="engine"),
    path("engine/check/", check_now, name="engine-check"),
    path("engine/drifts/<int:drift>/repair/", repair, name="engine-repair"),
]
