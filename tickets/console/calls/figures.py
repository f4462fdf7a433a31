"""How the hotline is answered: calls of each day, how soon, by whom, and how many rang in vain. Source: Y08, K09"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, DurationField, ExpressionWrapper, F, Q, QuerySet, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import TruncDate
from django.utils.timezone import get_current_timezone, localtime

from plans.models import User
from plans.models.people import Role
from plans.wording import name_of
from tickets.console.calls.cards import at_desk_of
from tickets.console.guard import Reader
from tickets.models import Call, CallBack
from tickets.models.calls import LIVE, SOON

DAYS = 14
LEADING = (Role.LEAD, Role.MANAGER, Role.ADMIN)
ANSWERED, IN = Q(answered_at__isnull=False), Q(direction=Call.Direction.IN)
OVER, MISSED = Q(state__in=("ended", "missed")), Q(state=Call.State.MISSED)
WAIT, TALK = F("answered_at") - F("rang_at"), F("ended_at") - F("answered_at")


@dataclass(frozen=True, slots=True)
class Figures:
    """What became of the calls of a day, or of an agent; `first` and `name` say whose. Calls that go on count nowhere.

    A caller whom the voice bot helped neither waited nor was missed.
    """

    first: date | None = None
    name: str = ""
    calls: int = 0
    answered: int = 0
    soon: int = 0
    missed: int = 0
    out: int = 0
    unnoted: int = 0
    waited: timedelta = timedelta()
    talked: timedelta = timedelta()
    talks: int = 0

    @property
    def asked_us(self) -> int:
        """Return how many wanted a person."""
        return self.answered + self.missed

    @property
    def bot(self) -> int:
        return self.calls - self.asked_us

    @property
    def level(self) -> str:
        """Return the share of those who wanted a person that got one soon."""
        return f"{self.soon / self.asked_us:.0%}" if self.asked_us else ""

    @property
    def lost(self) -> str:
        """Return the share of those who wanted a person that got none."""
        return f"{self.missed / self.asked_us:.0%}" if self.asked_us else ""

    @property
    def wait(self) -> timedelta | None:
        """Return how long those who were answered waited on average, since it first rang."""
        return self.waited / self.answered if self.answered else None

    @property
    def talk(self) -> timedelta | None:
        """Return how long a talk took on average."""
        return self.talked / self.talks if self.talks else None


def _span(span: Combinable, narrow: Q) -> Sum:
    return Sum(ExpressionWrapper(span, DurationField()), filter=narrow)


COUNTED = {
    "calls": Count("pk", filter=IN),
    "answered": Count("pk", filter=IN & ANSWERED),
    "soon": Count("pk", filter=IN & Q(answered_at__lte=F("rang_at") + SOON)),
    "missed": Count("pk", filter=MISSED),
    "out": Count("pk", filter=~IN & ANSWERED),
    "unnoted": Count("pk", filter=ANSWERED & Q(noted_at=None)),
    "waited": _span(WAIT, IN & ANSWERED),
    "talked": _span(TALK, ANSWERED),
    "talks": Count("pk", filter=ANSWERED),
}


def midnight(at: datetime, days: int = 0) -> datetime:
    """Return when the day of an instant began in the reader's zone, or that so many days before."""
    day = localtime(at).date() - timedelta(days=days)
    return datetime.combine(day, time(), get_current_timezone())


def _over(reader: Reader, since: datetime) -> QuerySet[Call]:
    """Return the calls at a reader's desks that are over. By hand nobody tells how long it rang or was talked."""
    seen = Call.objects.visible_to(reader.user).filter(at_desk_of(reader)).exclude(adapter="")
    return seen.filter(OVER, rang_at__gte=since, rang_at__lte=reader.at).order_by()


def _figures(row: Mapping[str, Any], **named: Any) -> Figures:
    return Figures(**named, **{name: row[name] for name in COUNTED if row[name] is not None})


def today(reader: Reader) -> Figures:
    """Return the figures of the reader's day so far, in one query."""
    return _figures(_over(reader, midnight(reader.at)).aggregate(**COUNTED), first=localtime(reader.at).date())


def by_day(reader: Reader) -> list[Figures]:
    """Return the figures of the last days, the latest first, back to the first that had calls; in one query."""
    over = _over(reader, midnight(reader.at, DAYS - 1))
    rows = over.values(day=TruncDate("rang_at", tzinfo=get_current_timezone())).annotate(**COUNTED)
    known = {row["day"]: row for row in rows}
    latest = localtime(reader.at).date()
    first = min(known, default=latest)
    days = [latest - timedelta(days=back) for back in range((latest - first).days + 1)]
    return [_figures(known[day], first=day) if day in known else Figures(day) for day in days]


def by_agent(reader: Reader) -> list[Figures]:
    """Return who answered how many calls in the last days, most first, to those who lead; nothing to others."""
    if reader.user.role not in LEADING:
        return []
    over = _over(reader, midnight(reader.at, DAYS - 1)).filter(ANSWERED).exclude(agent=None)
    rows = {row["agent"]: row for row in over.values("agent").annotate(**COUNTED)}
    found = [_figures(rows[user.pk], name=name_of(user)) for user in User.objects.filter(pk__in=rows)]
    return sorted(found, key=lambda one: (-one.talks, one.name))


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits at a reader's desks now: calls that ring, since when the oldest does, and calls that are owed late."""

    ringing: int
    longest: timedelta | None
    late: int


def waiting(reader: Reader) -> Waiting:
    """Return what waits now, in two queries."""
    live = Call.objects.visible_to(reader.user).filter(at_desk_of(reader), state__in=LIVE).exclude(ANSWERED)
    rang = sorted(live.filter(IN).exclude(state=Call.State.VOICE_BOT).values_list("rang_at", flat=True))
    owed = CallBack.objects.visible_to(reader.user).filter(at_desk_of(reader)).open()
    late = owed.filter(clock__milestones__due_at__lt=reader.at, clock__milestones__stopped_at=None)
    return Waiting(len(rang), max(reader.at - rang[0], timedelta()) if rang else None, late.distinct().count())
