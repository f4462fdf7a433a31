"""What managers have to hear about the product itself, such as that the days off of a year in use are only assumed."""

from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from plans.service_hours import users_by_calendar
from sla.checks import ALARM_FROM, REMIND_FROM
from sla.holidays.places import place_words
from sla.models import CalendarVersion
from tickets.actions.bulletins import publish
from tickets.models import Bulletin


@dataclass(frozen=True, slots=True)
class AssumedYear:
    """A year of a place whose days off are assumed, and the codes of the calendars in use that follow it."""

    country: str
    subdivision: str
    year: int
    calendars: tuple[str, ...]
    is_alarm: bool

    def key(self, today: date) -> str:
        """Return what it is said once for: each day as an alarm, else each week."""
        place = "-".join(part for part in (self.country, self.subdivision) if part)
        week = today.isocalendar()
        when = today.isoformat() if self.is_alarm else f"{week.year}-W{week.week:02}"
        return f"year_assumed:{place}:{self.year}:{when}"


def assumed_years_ahead(at: datetime) -> list[AssumedYear]:
    """Return the years, this one and from November on the next, that calendars in use still only assume."""
    today = _today(at)
    years = [today.year, *([today.year + 1] if (today.month, today.day) >= REMIND_FROM else [])]
    following: dict[tuple[str, str, int], list[str]] = defaultdict(list)
    rows = CalendarVersion.objects.current().exclude(assumed_years=[]).order_by("code")
    assuming = [row for row in rows if set(years) & set(row.assumed_years)]
    used = users_by_calendar() if assuming else {}
    for calendar in assuming:
        holidays = calendar.rules.get("holidays")
        if holidays and calendar.code in used:
            for year in set(years) & set(calendar.assumed_years):
                following[holidays["country"], holidays.get("subdivision", ""), year].append(calendar.code)
    return [
        AssumedYear(country, subdivision, year, tuple(codes), _is_alarm(year, today))
        for (country, subdivision, year), codes in sorted(following.items())
    ]


@dataclass(frozen=True, slots=True)
class Assumption:
    """What a page says of years that are only assumed."""

    words: str
    is_alarm: bool


def assumption_ahead(at: datetime) -> Assumption | None:
    """Return in one sentence which years ahead are only assumed; None where all are published."""
    found = assumed_years_ahead(at)
    if not found:
        return None
    named = [
        _("%(place)s %(year)s 年") % {"place": place_words(one.country, one.subdivision), "year": one.year}
        for one in found
    ]
    words = _("%(years)s的节假日尚未公布。") % {"years": _("、").join(named)}
    return Assumption(words, any(one.is_alarm for one in found))


def _today(at: datetime) -> date:
    return at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()


def _is_alarm(year: int, today: date) -> bool:
    return year == today.year or (today.month, today.day) >= ALARM_FROM


@transaction.atomic
def remind(*, at: datetime) -> int:
    """Tell managers and administrators of each assumed year, once a week or once a day; return how many were told of.

    May run as often as one likes, and twice at once.
    """
    today = _today(at)
    return sum(publish(_year_assumed(one, today, at)) for one in assumed_years_ahead(at))


def _year_assumed(assumed: AssumedYear, today: date, at: datetime) -> Bulletin:
    fields = {name: value for name, value in asdict(assumed).items() if name != "is_alarm"}
    key, kind = assumed.key(today), Bulletin.Kind.YEAR_ASSUMED
    return Bulletin(key=key, kind=kind, is_alarm=assumed.is_alarm, fields=fields, at=at)
