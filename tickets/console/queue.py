"""The queue: a view's tickets, narrowed by what was asked, in groups by when they are due."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import F, Q, QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _

from plans.models import Contact, Customer, Plan, Team
from plans.wording import name_of
from sla.engine import pauses_of
from sla.models import Milestone
from tickets.console.guard import Reader
from tickets.console.rail import View, view_named
from tickets.console.rows import RELATED, Row, rows_of
from tickets.models import Channel, Ticket
from tickets.models.ticket import ENDED
from tickets.showing.promises import slack_of

PAGE = 50
LIMIT = 2_000
# So many of those due first are weighed by the working time they have left; what is due later can wait its turn.
WEIGHED = 200
FILTERS = ("channel", "plan", "team")
LONGEST_QUERY = 100


@dataclass(frozen=True)
class Wish:
    """What a reader asked to see."""

    view: View
    query: str = ""
    channel: str = ""
    plan: str = ""
    team: str = ""
    page: str = "1"

    @classmethod
    def of(cls, asked: QueryDict) -> "Wish":
        said = {name: asked.get(name, "")[:64].replace("\0", "") for name in (*FILTERS, "page")}
        query = asked.get("q", "").replace("\0", "").strip()[:LONGEST_QUERY]
        return cls(view_named(asked.get("view", "")), query, **said)

    @property
    def is_weighed(self) -> bool:
        """Tell whether the order is by working time left and not by the due instant."""
        return self.view.key == "next" and not self.query

    def address(self, **changes: Any) -> str:
        """Return where this is seen, with something else asked."""
        asked = {"view": self.view.key, "q": self.query, **{name: getattr(self, name) for name in FILTERS}} | changes
        return f"{reverse('console:queue')}?{urlencode({name: said for name, said in asked.items() if said})}"


class Counted(Paginator):
    """Pages of a list that is counted up to a limit: who looks further back than that searches."""

    @cached_property
    def count(self) -> int:
        """Return how many there are, at most one more than the limit."""
        found: Any = self.object_list
        return int(found.order_by()[: LIMIT + 1].count())


@dataclass(frozen=True)
class Group:
    """Rows that are due about the same time."""

    key: str
    name: str
    rows: list[Row]


def tickets_for(wish: Wish, reader: Reader) -> QuerySet[Ticket]:
    """Return the tickets asked for, in order; words are looked for in all tickets, whatever the view."""
    found = search(wish.query, reader) if wish.query else wish.view.tickets(reader)
    narrowed = {"channel": wish.channel, "contract__plan__code": wish.plan, "team__code": wish.team}
    return found.filter(**{field: value for field, value in narrowed.items() if value})


def search(query: str, reader: Reader) -> QuerySet[Ticket]:
    """Return the tickets whose number, subject, customer or contact holds `query`, the last changed in front."""
    customers = Customer.objects.filter(Q(name__icontains=query) | Q(name_en__icontains=query))
    contacts = Contact.objects.filter(Q(name__icontains=query) | Q(name_en__icontains=query) | Q(email__iexact=query))
    holds = Q(number__icontains=query) | Q(subject__icontains=query)
    holds |= Q(customer__in=customers.values("pk")) | Q(contact__in=contacts.values("pk"))
    return Ticket.objects.visible_to(reader.user).filter(holds).order_by("-updated_at", "-pk")


def rows_for(wish: Wish, reader: Reader, size: int = PAGE) -> tuple[list[Row], Page[Any]]:
    """Return the rows of the page asked for, and the page."""
    tickets = tickets_for(wish, reader)
    pages: Paginator[Any] = Paginator(weighed(tickets, reader.at), size) if wish.is_weighed else Counted(tickets, size)
    page = pages.get_page(wish.page)
    listed: Any = page.object_list
    if wish.is_weighed:
        found = Ticket.objects.select_related(*RELATED).in_bulk(list(listed))
        return rows_of([found[pk] for pk in listed if pk in found], reader, wish.view.key), page
    return rows_of(list(listed.select_related(*RELATED)), reader, wish.view.key), page


def weighed(tickets: QuerySet[Ticket], at: datetime) -> list[int]:
    """Return the keys of the tickets due first by the working time they have left. Source: C46

    What has no deadline comes last; of two alike the one that came first is in front.
    """
    first = list(tickets.values_list("pk", "opened_at")[:WEIGHED])
    open_ones = Milestone.objects.open().filter(clock__ticket_clock__ticket__in=[pk for pk, _opened in first])
    slack: dict[int, timedelta] = {}
    timed = open_ones.filter(due_at__isnull=False).annotate(timed_id=F("clock__ticket_clock__ticket"))
    for row in timed.only("calendar_version", "due_at", "pauses"):
        left = slack_of(row.calendar_version_id, row.due_at or at, at, pauses_of(row))
        slack[row.timed_id] = min(slack.get(row.timed_id, timedelta.max), left)
    return [pk for pk, _opened in sorted(first, key=lambda one: (slack.get(one[0], timedelta.max), one[1]))]


def queue(wish: Wish, reader: Reader) -> dict[str, Any]:
    """Return what the list needs."""
    rows, page = rows_for(wish, reader)
    is_first = wish.is_weighed and page.number == 1
    running = (row for row in rows if row.clock and row.clock.due_at and row.clock.state == "running")
    ahead = next(running, None) if is_first else None
    return {
        "up_next": ahead,
        "groups": groups(rows, wish, reader.at),
        "pages": pages(page, wish),
        "count": page.paginator.count,
        "total": counted(page),
        "now": reader.at,
        "query": wish.query,
        "view": wish.view,
        "is_narrowed": any(getattr(wish, name) for name in FILTERS),
        "clear_url": wish.address(**dict.fromkeys((*FILTERS, "q"), "")),
        "live_url": wish.address(page=page.number if page.number > 1 else ""),
    }


def groups(rows: list[Row], wish: Wish, at: datetime) -> list[Group]:
    """Return the rows in groups, in the order in which they come."""
    evening = datetime.combine(at.astimezone(get_current_timezone()), time.max, get_current_timezone())
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault("found" if wish.query else _when(row, at, evening, wish.is_weighed), []).append(row)
    names = group_names()
    return [Group(key, names[key], found[key]) for key in names if key in found]


def _when(row: Row, at: datetime, evening: datetime, is_weighed: bool) -> str:
    """Return the key of the group that a row belongs to."""
    if row.ticket.status in ENDED:
        return "ended"
    if row.promise and row.promise.tone == "paused":
        return "paused"
    if row.promise is None or row.promise.due_at is None:
        return "none"
    if row.promise.due_at < at:
        return "late"
    if is_weighed:
        return "weighed"
    return "today" if row.promise.due_at <= evening else "later"


def group_names() -> dict[str, str]:
    """Return the groups' names in the order of the groups."""
    return {
        "found": _("找到的工单"),
        "late": _("已超时"),
        "weighed": _("按剩下的工作时间"),
        "today": _("今天到期"),
        "later": _("以后到期"),
        "paused": _("暂停计时"),
        "none": _("眼下没有时限"),
        "ended": _("已结束"),
    }


def pages(page: Page[Any], wish: Wish) -> dict[str, Any]:
    """Return what the pager needs."""
    words = {"first": page.start_index(), "last": page.end_index(), "total": counted(page)}
    return {
        "has_other_pages": page.has_other_pages(),
        "has_previous": page.has_previous(),
        "has_next": page.has_next(),
        "previous_url": wish.address(page=page.number - 1),
        "next_url": wish.address(page=page.number + 1),
        "words": _("%(first)s–%(last)s，共 %(total)s 件") % words,
    }


def counted(page: Page[Any]) -> str:
    """Return how many there are in all, as people say it."""
    found = page.paginator.count
    return f"{LIMIT}+" if found > LIMIT else str(found)


def choices(wish: Wish) -> dict[str, Any]:
    """Return what the list can be narrowed by."""
    return {
        "channels": Channel.choices,
        "plans": [(plan.code, name_of(plan)) for plan in Plan.objects.current().order_by("vendor", "-rank")],
        "teams": [(team.code, name_of(team)) for team in Team.objects.order_by("code")],
        "channel": wish.channel,
        "plan": wish.plan,
        "team": wish.team,
    }
