"""Who was on call when: a month of a rota without a gap, any instant of the past, and how the rota stood before."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.timezone import localdate
from django.views.decorators.http import require_safe

from plans.accounts import zone_named
from plans.models import FormerRota, Rota, User
from plans.past_call import Stint, stints, was_on_call
from plans.wording import name_of as named
from tickets.console.guard import Reader
from tickets.console.rules.guard import readers_only
from tickets.console.rules.nav import rules_page
from tickets.console.rules.people import people
from tickets.showing.wording import name_of, zone_words

WALL = "%Y-%m-%dT%H:%M"
# Months that a page shows: rotas are no older, and no turn is foreseen farther.
EARLIEST, LATEST = 1990, 2100


@require_safe
@readers_only
def rota_page(request: HttpRequest, reader: Reader, code: str) -> HttpResponse:
    """Show a month of a rota, who was on call at an instant if one is asked for, and what was changed."""
    rota = get_object_or_404(Rota.objects.select_related("team"), code=code)
    zone = zone_named(rota.timezone)
    asked = instant_of(request.GET.get("at", ""), zone)
    month = month_of(request.GET.get("month", "")) or localdate(asked or reader.at, zone).replace(day=1)
    following = _next(month)
    found = stints(rota, _begins(month, zone), _begins(following, zone))
    context = {
        "rota": rota,
        "name": named(rota),
        "zone": zone,
        "zone_name": zone_words(zone),
        "team": name_of(rota.team) if rota.team else "",
        "month": month,
        "months": [_next(month, back=True), following],
        "stints": [_told(one, reader.at) for one in found],
        "asked": asked,
        "asked_at": request.GET.get("at", ""),
        "answer": name_of(person) if asked and (person := was_on_call(rota, asked)) else "",
        "former": former(rota),
    }
    return rules_page(request, reader, ("rotas", "console/rules/rota.html"), context)


def instant_of(text: str, zone: ZoneInfo) -> datetime | None:
    """Return the instant of a wall time on a zone's clocks; None for anything else."""
    try:
        at = datetime.strptime(text, WALL).replace(tzinfo=zone)
    except ValueError:
        return None
    return at if EARLIEST <= at.year < LATEST else None


def month_of(text: str) -> date | None:
    """Return the first day of a month such as "2026-09"; None for anything else."""
    try:
        day = date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    return day if EARLIEST <= day.year < LATEST else None


def _next(month: date, *, back: bool = False) -> date:
    return (month + timedelta(days=-1 if back else 31)).replace(day=1)


def _begins(month: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(month, time(), zone)


def _told(stint: Stint, at: datetime) -> dict[str, Any]:
    return {
        "start": stint.start,
        "end": stint.end,
        "name": name_of(stint.user) if stint.user else "",
        "swap": stint.swap,
        "is_now": stint.start <= at < stint.end,
        "is_past": stint.end <= at,
    }


def former(rota: Rota) -> list[dict[str, Any]]:
    """Return how a rota stood before each change, the last one first."""
    rows: Sequence[FormerRota] = list(rota.former.select_related("team").order_by("-until", "-pk"))
    known = User.objects.in_bulk({key for row in rows for key, _is_here in row.order})
    named = people(row.changed_by for row in rows)
    return [
        {
            "row": row,
            "by": named[row.changed_by],
            "order": [name_of(known[key]) for key, is_here in row.order if is_here and key in known],
            "team": name_of(row.team) if row.team else "",
        }
        for row in rows
    ]


urlpatterns = [path("rotas/<slug:code>/", rota_page, name="rota")]
