"""When an alert may reach a member of staff: in their hours, and as often as they wish. Source: C26"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from plans.accounts import zone_named
from plans.models import User
from plans.models.people import AlertEvery
from sla.calendar import Calendar
from sla.compiled import calendar_of
from sla.models import CalendarVersion

DAY = timedelta(days=1)
# A mail that comes once a day comes at this time on its reader's clock, or when their alert hours begin after it.
DAILY_AT = time(8)
# The breach of an urgent ticket is gathered for no longer than this, whatever its reader wishes.
URGENT_EVERY = AlertEvery.QUARTER


@dataclass(frozen=True, slots=True)
class Hours:
    """What a reader wishes: the hours in which alerts may come, None for any, and how long they are gathered."""

    calendar: Calendar | None
    every: timedelta
    zone: ZoneInfo

    def told_at(self, at: datetime, *, is_urgent: bool = False) -> datetime:
        """Return when an alert that arises at `at` may go.

        Within the hours it goes at the end of the period, or when the hours end if that is sooner; outside them when
        they next begin. What is gathered for a day goes at the first of its mornings that lies in the hours.
        """
        every = min(self.every, timedelta(minutes=URGENT_EVERY)) if is_urgent else self.every
        ends = period_end(at, every, self.zone)
        if self.calendar is None:
            return ends
        if every >= DAY:
            return self.calendar.next_open(ends) or ends
        if not self.calendar.is_open(at):
            # Hours that never begin again are no hours: told too early is better than never.
            return self.calendar.next_open(at) or ends
        return self.calendar.openings(at, ends)[0].end if ends > at else at


def hours_of(people: Iterable[User]) -> Mapping[int, Hours]:
    """Return the wishes of those who have any, by key; who has none is told at once."""
    wishing = [person for person in people if person.alert_calendar or person.alert_every]
    calendars = _calendars({person.alert_calendar for person in wishing} - {""})
    return {
        person.pk: Hours(
            calendars.get(person.alert_calendar), timedelta(minutes=person.alert_every), zone_named(person.timezone)
        )
        for person in wishing
    }


def period_end(at: datetime, every: timedelta, zone: ZoneInfo) -> datetime:
    """Return the end of the period in which `at` lies, by the clock on the wall of a zone; `at` itself if it is one."""
    if not every:
        return at
    if every >= DAY:
        return _morning_after(at, zone)
    wall = at.astimezone(zone).replace(tzinfo=None)
    begun = wall - wall.min
    return at + (-begun % every)


def _morning_after(at: datetime, zone: ZoneInfo) -> datetime:
    here = at.astimezone(zone)
    morning = datetime.combine(here.date(), DAILY_AT, zone)
    if morning < here:
        morning = datetime.combine(here.date() + DAY, DAILY_AT, zone)
    return morning.astimezone(at.tzinfo)


def _calendars(codes: Collection[str]) -> dict[str, Calendar]:
    """Return the hours in force under some codes; a code that has none any more means any hour."""
    if not codes:
        return {}
    kept = CalendarVersion.objects.current().filter(code__in=codes).values_list("code", "pk")
    return {code: calendar_of(pk).calendar for code, pk in kept}
