"""One's own engagements: what waits for one, and a month of them."""

from calendar import Calendar
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from plans.engagements.invitations import PUBLISH, calendar_of
from plans.engagements.reading import brought
from plans.models import Engagement
from plans.models.engagements import EngagementQuerySet
from tickets.console.accounts.engagements.listing import Line, line
from tickets.console.accounts.engagements.page import ics
from tickets.console.accounts.guard import accounts_of
from tickets.console.accounts.nav import desk_page
from tickets.console.guard import Reader, agents_only
from tickets.showing.engagements import meeting_of
from tickets.showing.months import month_asked

State = Engagement.State
SHOWN = 100
# What stands in a calendar.
TIMED = (State.PROPOSED, State.AGREED, State.DELIVERED, State.RECORDED, State.CLOSED)
VIEWS = {
    "mine": gettext_lazy("我交付的"),
    "waiting": gettext_lazy("等我们处理"),
    "all": gettext_lazy("全部"),
    "short_notice": gettext_lazy("放宽过提前期"),
}


@dataclass(frozen=True)
class Day:
    """One day of the month, with what begins or goes on then."""

    date: date
    is_in_month: bool
    is_today: bool
    lines: list[Line]


def engagements_of(reader: Reader, view: str) -> EngagementQuerySet:
    """Return the engagements that a view of the desk shows: of the reader's accounts, and those they deliver."""
    mine = Q(experts__user=reader.user)
    joined = Engagement.objects.joined()
    if view == "mine":
        return joined.filter(mine)
    rows = joined.filter(mine | Q(contract__in=accounts_of(reader.user))).distinct()
    if view == "short_notice":
        return rows.exclude(short_notice_reason="")
    return rows.filter(_waits_for_us()) if view == "waiting" else rows


def _waits_for_us() -> Q:
    """What we have to do next: propose a time, answer the customer's, deliver, record, close."""
    answered = Q(proposals__answer="open", proposals__side="theirs")
    return Q(state__in=(State.REQUESTED, State.DELIVERED, State.RECORDED)) | answered


@require_safe
@agents_only
def desk(request: HttpRequest, reader: Reader) -> HttpResponse:
    """List the reader's engagements under way beside a month of them."""
    view = request.GET.get("view", "")
    view = view if view in VIEWS else _usual(reader)
    rows = brought(engagements_of(reader, view))
    month = month_asked(request.GET.get("month", ""), timezone.localtime(reader.at).date())
    listed = _listed(rows, view).order_by("starts_at", "pk")
    context = {
        "lines": [line(row) for row in listed[:SHOWN]],
        "shown": SHOWN,
        "count": listed.count(),
        "weeks": weeks_of(rows, month, reader.at),
        "month": month,
        "before": month - timedelta(days=1),
        "after": month + timedelta(days=32),
        "view_key": view,
        "narrowings": [
            {"url": f"?view={key}&month={month:%Y-%m}", "name": name, "is_current": key == view}
            for key, name in VIEWS.items()
        ],
    }
    return desk_page(request, reader, ("engagement_desk", "console/accounts/engagements/desk.html"), context)


def _listed(rows: EngagementQuerySet, view: str) -> EngagementQuerySet:
    """Return what a view lists: what is under way, but of taken notice all that ever was. Source: Y16"""
    return rows if view == "short_notice" else rows.under_way()


def _usual(reader: Reader) -> str:
    return "mine" if reader.user.engagements.exists() else "all"


def weeks_of(rows: EngagementQuerySet, month: date, at: datetime) -> list[list[Day]]:
    """Return the weeks that hold a month, Monday first, each day with what takes place on it in the zone in use."""
    zone = ZoneInfo(timezone.get_current_timezone_name())
    weeks = Calendar().monthdatescalendar(month.year, month.month)
    start = datetime.combine(weeks[0][0], time(), zone).astimezone(UTC)
    end = datetime.combine(weeks[-1][-1] + timedelta(days=1), time(), zone).astimezone(UTC)
    on: dict[date, list[Line]] = defaultdict(list)
    for row in rows.filter(state__in=TIMED).taking_place(start, end).order_by("starts_at", "pk")[:500]:
        for day in _days(row, zone):
            on[day].append(line(row))
    today = at.astimezone(zone).date()
    return [[Day(day, day.month == month.month, day == today, on[day]) for day in week] for week in weeks]


def _days(row: Engagement, zone: ZoneInfo) -> list[date]:
    """Return the local dates on which an engagement takes place; one that ends at midnight has none of the next."""
    if row.starts_at is None or row.ends_at is None:
        return []
    first = row.starts_at.astimezone(zone).date()
    last = (row.ends_at - timedelta(microseconds=1)).astimezone(zone).date()
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


@require_safe
@agents_only
def calendar(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Return what the reader delivers from now on, agreed, as a calendar file."""
    agreed = (State.AGREED, State.DELIVERED, State.RECORDED)
    rows = brought(engagements_of(reader, "mine")).filter(state__in=agreed, ends_at__gt=reader.at)
    meetings = [meeting_of(row) for row in rows.order_by("starts_at")[:500]]
    return ics(calendar_of(meetings, method=PUBLISH, at=reader.at, name=_("我交付的服务")), "engagements")


urlpatterns = [
    path("-/engagements/", desk, name="engagement_desk"),
    path("-/engagements/calendar.ics", calendar, name="engagement_calendar"),
]
