"""What all accounts of somebody owe, as a month of dates, and as a calendar to subscribe to."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.utils import parseaddr
from typing import TYPE_CHECKING

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.utils.translation import gettext as _

from plans.engagements.invitations import icalendar
from plans.models import Contract
from plans.wording import clause_of, name_of
from tickets.showing.owed import Shown

if TYPE_CHECKING:
    from icalendar import Event

PRODUCT = "-//Shouyue//Owed//EN"
WEEK = 7
DAY = timedelta(days=1)
# No contract reaches beyond; the first and the last month that dates have cannot be laid out in weeks.
EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 1)


@dataclass(frozen=True)
class Day:
    """One date of a month, or of its neighbours, with what is due on it."""

    on: date
    is_in_month: bool
    is_today: bool
    rows: Sequence[Shown]


@dataclass(frozen=True)
class Month:
    """One month: its weeks from Monday on, and the months beside it."""

    first: date
    weeks: Sequence[Sequence[Day]]
    before: date
    after: date

    @property
    def last(self) -> date:
        """Return its last date."""
        return self.after - DAY


def month_asked(written: str, today: date) -> date:
    """Return the first day of the month that an address asks for; of this one where it names none within reach."""
    try:
        first = date.fromisoformat(f"{written}-01")
    except ValueError:
        return today.replace(day=1)
    return first if EARLIEST <= first <= LATEST else today.replace(day=1)


def month_of(first: date) -> tuple[date, date]:
    """Return the first Monday and the last Sunday of the weeks that a month touches."""
    start = first - timedelta(days=first.weekday())
    last = first + relativedelta(months=1) - DAY
    return start, last + timedelta(days=WEEK - 1 - last.weekday())


def laid_out(first: date, rows: Iterable[Shown], today: date) -> Month:
    """Return a month with what is due on each of its dates."""
    start, end = month_of(first)
    by_day: dict[date, list[Shown]] = defaultdict(list)
    for one in rows:
        by_day[one.row.due_on].append(one)
    days = [start + timedelta(days=number) for number in range((end - start).days + 1)]
    cells = [Day(day, day.month == first.month, day == today, by_day[day]) for day in days]
    weeks = [cells[place : place + WEEK] for place in range(0, len(cells), WEEK)]
    return Month(first, weeks, first - relativedelta(months=1), first + relativedelta(months=1))


def calendar_of(rows: Iterable[Shown], at: datetime) -> bytes:
    """Return what is owed as an iCalendar of whole days, in the language in use. Source: RFC 5545"""
    calendar = icalendar.Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _("守约 应交服务"))
    for one in rows:
        calendar.add_component(_event(one, at))
    body: bytes = calendar.to_ical()
    return body


def _event(one: Shown, at: datetime) -> "Event":
    row, contract = one.row, one.row.contract
    event: Event = icalendar.Event()
    event.add("uid", f"owed-{row.pk}@{parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition('@')[2] or 'localhost'}")
    event.add("dtstamp", at)
    event.add("dtstart", row.due_on)
    event.add("dtend", row.due_on + DAY)
    event.add("summary", _("%(customer)s：%(what)s（%(state)s）") % {
        "customer": name_of(contract.customer), "what": one.what, "state": one.words,
    })  # fmt: skip
    close = [_("最后一个工作日 %(close)s") % {"close": one.close}] if one.close else []
    lines = [f"{contract.number} {name_of(contract.plan)}", f"{row.item.promise} {clause_of(row.item)}", *close]
    event.add("description", "\n".join(lines))
    event.add("url", link_to(contract))
    event.add("transp", "TRANSPARENT")
    event.add("status", "CANCELLED" if row.state == row.State.WAIVED else "CONFIRMED")
    return event


def link_to(contract: Contract) -> str:
    """Return the address at which one of us sees what a contract owes."""
    return f"{settings.PUBLIC_URL}/console/accounts/{contract.number}/owed/"
