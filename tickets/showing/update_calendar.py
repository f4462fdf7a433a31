"""Updates as a month of days, and as a calendar to subscribe to."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from plans.accounts import reading_of
from plans.engagements.invitations import PUBLISH, calendar_of
from plans.models import UpdateWindow, User
from tickets.showing import months
from tickets.showing.months import DAY, Month, month_of
from tickets.showing.updates import Shown, meeting_of

# What lies further back or ahead is in no subscribed calendar.
BEHIND, AHEAD = timedelta(days=90), timedelta(days=400)


def span_of(first: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the instants between which the weeks lie that a month touches, in a zone."""
    start, end = month_of(first)
    begins = datetime.combine(start, time(), zone).astimezone(UTC)
    return begins, datetime.combine(end + DAY, time(), zone).astimezone(UTC)


def laid_out(first: date, rows: Sequence[Shown], today: date, zone: ZoneInfo) -> Month[Shown]:
    """Return a month with the windows that open on each of its days in a zone."""
    return months.laid_out(first, ((one.window.starts_at.astimezone(zone).date(), one) for one in rows), today)


def feed_text(windows: Sequence[UpdateWindow], at: datetime, link: str) -> str:
    """Return windows as an iCalendar to subscribe to, in the language in use; one without a time is left out."""
    timed = [row for row in windows if row.state not in (UpdateWindow.State.POSTPONED, UpdateWindow.State.CANCELLED)]
    return calendar_of((meeting_of(row, url=link) for row in timed), method=PUBLISH, at=at, name=_("守约 产品更新"))


def calendar_answer(rows: list[UpdateWindow], user: User, at: datetime, link: str) -> HttpResponse:
    """Return windows as a calendar in a user's language and zone, which no cache may keep."""
    reading = reading_of(user)
    with translation.override(reading.language), timezone.override(reading.zone):
        body = feed_text(rows, at, link)
    answer = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'inline; filename="updates.ics"'
    answer["Cache-Control"] = "private, no-store"
    return answer
