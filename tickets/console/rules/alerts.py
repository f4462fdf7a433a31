"""Who will be told in the next 24 hours if nobody acts: hour by hour and reader by reader, with the reason."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import path
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from plans.models import Team, User
from tickets.console.guard import Reader
from tickets.console.rules.guard import readers_only
from tickets.console.rules.nav import rules_page
from tickets.models import Ticket
from tickets.rounds.account_foresight import ForeseenMatter, contracts_told
from tickets.rounds.foresight import Foreseen, Foresight, who_is_told
from tickets.rounds.foretold import Line, ToldLine, line_of
from tickets.showing.wording import name_of

AHEAD = timedelta(hours=24)
ON_A_PAGE = 50
HOUR = timedelta(hours=1)
Step = Foreseen | ForeseenMatter
WAYS = ("now", "held", "digest", "never")


@dataclass(frozen=True)
class Wish:
    """What somebody wants to see of the next hours."""

    person: int | None = None
    team: int | None = None
    number: str = ""

    @classmethod
    def of(cls, asked: QueryDict) -> "Wish":
        """Return what a page was asked for; what is no key is passed over."""
        number = asked.get("ticket", "").replace("\x00", "").strip().upper()
        return cls(_key(asked.get("person", "")), _key(asked.get("team", "")), number)

    @property
    def is_narrow(self) -> bool:
        return bool(self.person or self.team or self.number)

    def foresee(self, reader: Reader) -> Foresight:
        """Return what is foreseen of the tickets that are asked for."""
        tickets = None
        if self.team or self.number:
            tickets = Ticket.objects.visible_to(reader.user)
            tickets = tickets.filter(team=self.team) if self.team else tickets
            tickets = tickets.filter(number=self.number) if self.number else tickets
        return who_is_told(since=reader.at, until=reader.at + AHEAD, tickets=tickets)

    def foresee_contracts(self, reader: Reader, until: datetime) -> list[ForeseenMatter]:
        """Return what is foreseen of what contracts owe; nothing where one ticket is asked for."""
        if self.number:
            return []
        rows = contracts_told(since=reader.at, until=until)
        return [one for one in rows if one.matter.contract.team_id == self.team] if self.team else rows

    def narrowed(self, rows: Iterable[Step]) -> list[Step]:
        """Return the steps that tell the person who is asked for; all of them where nobody is."""
        if self.person is None:
            return list(rows)
        return [one for one in rows if any(user.pk == self.person for user in users_in(one))]

    def address(self, page: int) -> str:
        """Return the query string of another page of the same."""
        said = {"person": self.person, "team": self.team, "ticket": self.number, "page": page}
        return "?" + urlencode({name: value for name, value in said.items() if value})


def _key(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 10 else None


@dataclass(frozen=True)
class Reached:
    """Somebody who will be told, how often, by which way, and when first."""

    person: User
    name: str
    count: int
    ways: tuple[tuple[str, int], ...]
    first_at: datetime


@require_safe
@readers_only
def alert_list(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Show what is to come in the next 24 hours."""
    wish = Wish.of(request.GET)
    found = wish.foresee(reader)
    steps: list[Step] = [*found.rows, *wish.foresee_contracts(reader, found.until)]
    steps.sort(key=lambda one: one.at)
    rows = wish.narrowed(steps)
    page = Paginator(rows, ON_A_PAGE).get_page(request.GET.get("page"))
    told = [told for one in rows for told in one.told]
    context = {
        "hours": hours_of(page),
        "people": reached(steps),
        "pages": pages_of(page, wish),
        "wish": wish,
        "teams": [{"id": team.pk, "name": name_of(team)} for team in Team.objects.all()],
        "figures": {
            "steps": len(rows),
            "tickets": len({one.ticket.pk for one in rows if isinstance(one, Foreseen)}),
            "contracts": len({one.matter.contract.pk for one in rows if isinstance(one, ForeseenMatter)}),
            "people": len({one.person for one in told}),
            "messages": sum(one.goes_at is not None for one in told),
        },
        "until": found.until,
        "is_whole": found.is_whole,
    }
    return rules_page(request, reader, ("alerts", "console/rules/alerts.html"), context)


def users_in(one: Step) -> list[User]:
    """Return which of our people a step tells; the customer's are no readers of this page."""
    return [told.person for told in one.told if isinstance(told.person, User)]


def hours_of(page: Page[Step]) -> list[dict[str, Any]]:
    """Return the steps of a page by the hour in which they come true, on the reader's clock."""
    lines = [line_of(one) for one in page]
    return [{"start": start, "lines": list(some)} for start, some in groupby(lines, _hour)]


def _hour(line: Line) -> datetime:
    return localtime(line.at).replace(minute=0, second=0, microsecond=0)


def reached(rows: Sequence[Step]) -> list[Reached]:
    """Return everyone of ours who is told, most often first."""
    by_person: dict[User, list[tuple[datetime, ToldLine]]] = {}
    for one in rows:
        for told in line_of(one).told:
            if isinstance(told.person, User):
                by_person.setdefault(told.person, []).append((one.at, told))
    found = (_reached(person, told) for person, told in by_person.items())
    return sorted(found, key=lambda one: (-one.count, one.name))


def _reached(person: User, told: Sequence[tuple[datetime, ToldLine]]) -> Reached:
    first_at, first = told[0]
    ways = Counter(line.way for _at, line in told)
    return Reached(person, first.name, len(told), tuple((way, ways[way]) for way in WAYS if ways[way]), first_at)


def pages_of(page: Page[Step], wish: Wish) -> dict[str, Any]:
    """Return what the pager needs."""
    words = {"first": page.start_index(), "last": page.end_index(), "count": page.paginator.count}
    return {
        "has_other_pages": page.has_other_pages(),
        "has_previous": page.has_previous(),
        "has_next": page.has_next(),
        "previous_url": wish.address(page.previous_page_number()) if page.has_previous() else "",
        "next_url": wish.address(page.next_page_number()) if page.has_next() else "",
        "words": _("第 %(first)d–%(last)d 步，共 %(count)d 步") % words,
    }


urlpatterns = [path("alerts/", alert_list, name="alerts")]
