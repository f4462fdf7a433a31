"""What all of the reader's accounts owe: a month of dates, a list, and an address to subscribe to."""

from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from plans.accounts import zone_named
from plans.actions.obligations.feeds import make_feed, note_use, revoke_feed
from plans.models import CalendarFeed, Obligation, User
from plans.obligations.feeds import feed_of
from plans.obligations.reads import standing
from sla.clock import database_now
from tickets.console.accounts.guard import accounts_of
from tickets.console.accounts.nav import desk_page
from tickets.console.guard import Reader, agents_only
from tickets.showing.months import laid_out, month_asked, month_of
from tickets.showing.owed import shown
from tickets.showing.owed_calendar import calendar_of

# As much as one page or one calendar shows.
MOST = 2000
# What lies further back or ahead is in no subscribed calendar.
BEHIND, AHEAD = relativedelta(months=3), relativedelta(months=15)
VIEWS = {"open": pgettext_lazy("owed", "待交付的"), "all": gettext_lazy("全部")}


@require_safe
@agents_only
def calendar_page(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Show a month of what the reader's accounts owe, and before it what is late."""
    today = reader.at.astimezone(_zone(reader.user)).date()
    first = month_asked(request.GET.get("month", ""), today)
    view = request.GET.get("view", "open")
    view = view if view in VIEWS else "open"
    start, end = month_of(first)
    rows = _visible(reader.user, view).filter(due_on__range=(start, end))
    found = shown(standing(rows[:MOST], reader.at), reader.at)
    month = laid_out(first, ((one.row.due_on, one) for one in found), today)
    late = _visible(reader.user, "open").filter(due_on__lt=today)
    context = {
        "month": month,
        "rows": [one for one in found if month.first <= one.row.due_on <= month.last],
        "late": [one for one in shown(standing(late[:MOST], reader.at), reader.at) if one.owed.is_overdue],
        "today": today,
        "view_key": view,
        "narrowings": [
            {"url": f"?month={first:%Y-%m}&view={key}", "name": name, "is_current": key == view}
            for key, name in VIEWS.items()
        ],
        "feed": CalendarFeed.objects.filter(user=reader.user).first(),
        "secret": request.session.pop("feed_secret", ""),
    }
    return desk_page(request, reader, ("calendar", "console/accounts/calendar.html"), context)


def _visible(user: User, view: str) -> QuerySet[Obligation]:
    rows = Obligation.objects.filter(contract__in=accounts_of(user)).exclude(state=Obligation.State.CANCELLED)
    return rows.filter(Q(state=Obligation.State.OWED)) if view == "open" else rows


def _zone(user: User) -> ZoneInfo:
    return zone_named(user.timezone)


@require_POST
@agents_only
def subscribe(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Make a secret address for the reader's calendar, shown once; the one before is revoked."""
    secret = make_feed(user=reader.user, at=reader.at)
    address = reverse("console:accounts:feed", args=[secret])
    request.session["feed_secret"] = request.build_absolute_uri(address)
    messages.success(request, _("订阅地址已生成，只显示这一次。"))
    return redirect(f"{reverse('console:accounts:calendar')}#feed")


@require_POST
@agents_only
def unsubscribe(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Take back the secret address of the reader's calendar."""
    revoke_feed(user=reader.user)
    messages.success(request, _("订阅地址已停用。"))
    return redirect(f"{reverse('console:accounts:calendar')}#feed")


@require_safe
def feed(request: HttpRequest, secret: str) -> HttpResponse:
    """Return the calendar of whoever holds this secret, as they would see it; a revoked one is not found."""
    kept = feed_of(secret)
    if kept is None:
        raise Http404
    at, user = database_now(), kept.user
    note_use(feed=kept, at=at)
    rows = _visible(user, "all").filter(due_on__range=((at - BEHIND).date(), (at + AHEAD).date())).order_by("due_on")
    with translation.override(user.language), timezone.override(_zone(user)):
        body = calendar_of(shown(standing(rows[:MOST], at), at), at)
    answer = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'inline; filename="owed.ics"'
    answer["Cache-Control"] = "private, no-store"
    return answer


urlpatterns = [
    path("-/calendar/", calendar_page, name="calendar"),
    path("-/calendar/subscribe/", subscribe, name="subscribe"),
    path("-/calendar/unsubscribe/", unsubscribe, name="unsubscribe"),
    path("-/calendar/<str:secret>/owed.ics", feed, name="feed"),
]
