"""The views of the rail: which tickets each shows, in which order, and how many there are."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.urls import reverse
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

from sla.models import Milestone
from tickets.console.beside import beside
from tickets.console.guard import Reader
from tickets.models import Ticket
from tickets.models.ticket import ENDED, WAITING


@dataclass(frozen=True)
class View:
    """One view of the rail; its key is its icon's name too. `narrow` says which unfinished tickets it shows."""

    key: str
    name: LazyText
    empty: LazyText
    narrow: Callable[[Reader], Q]
    opens_group: bool = False

    @property
    def icon(self) -> str:
        return self.key

    @property
    def url(self) -> str:
        return f"{reverse('console:queue')}?view={self.key}"

    def tickets(self, reader: Reader) -> QuerySet[Ticket]:
        """Return the view's tickets that the reader may see, what is due first in front."""
        if self.key == "resolved":
            return ended(reader)
        return Ticket.objects.visible_to(reader.user).unfinished().filter(self.narrow(reader)).queue()


def ended(reader: Reader) -> QuerySet[Ticket]:
    """Return the tickets that nobody has to do anything about, the last changed in front."""
    return Ticket.objects.visible_to(reader.user).filter(status__in=ENDED).order_by("-updated_at", "-pk")


def _in_team(reader: Reader) -> Q:
    led = Q(team__in=reader.user.leads.values("pk"))
    return led | Q(team=reader.user.team_id) if reader.user.team_id else led


def _next(reader: Reader) -> Q:
    """What waits for this agent: theirs, and what nobody has in their team; without a team, in any."""
    reach = _in_team(reader) if reader.user.team_id else Q()
    mine = Q(assignee=reader.user) | Q(Q(assignee=None) & reach)
    return mine & ~Q(status__in=WAITING)


def _at_risk(reader: Reader) -> Q:
    return Q(pk__in=Milestone.objects.at_risk(reader.at).values("clock__ticket_clock__ticket"))


NEW_ONES = _("新的工单会按到期先后出现在这里。")

VIEWS = [
    View("next", _("下一件"), NEW_ONES, _next),
    View("mine", _("我的"), _("接单之后，工单会留在这里，直到解决。"), lambda reader: Q(assignee=reader.user)),
    View("team", _("我的团队"), NEW_ONES, _in_team),
    View("unassigned", _("未接单"), _("每张工单都有人接了。"), lambda reader: Q(assignee=None)),
    View("at_risk", _("将超时"), _("没有快要到期的承诺。"), _at_risk, opens_group=True),
    View("breached", _("已超时"), _("没有超时的承诺。"), lambda reader: Q(next_due_at__lt=reader.at)),
    View(
        "waiting",
        _("等待中"),
        _("没有工单在等客户或第三方。"),
        lambda reader: Q(status__in=WAITING),
        opens_group=True,
    ),
    View("all", _("全部未结"), NEW_ONES, lambda reader: Q()),
    View("resolved", _("已解决"), _("解决和关闭的工单会出现在这里。"), lambda reader: Q()),
]
BY_KEY = {view.key: view for view in VIEWS}
# How many are resolved nobody needs to know, and counting them costs the more the longer the product runs.
COUNTED = [view for view in VIEWS if view.key != "resolved"]


def view_named(key: str) -> View:
    """Return the view with this key, the first where there is none."""
    return BY_KEY.get(key, VIEWS[0])


def counts(reader: Reader) -> dict[str, int]:
    """Return how many tickets each view holds, in one query."""
    unfinished = Ticket.objects.visible_to(reader.user).unfinished().order_by()
    return unfinished.aggregate(
        **{view.key: Count("pk", filter=view.narrow(reader) or Q(pk=F("pk"))) for view in COUNTED}
    )


def rail(reader: Reader, current: View | None) -> dict[str, Any]:
    """Return what the rail needs; no view is current on a page that shows none."""
    found = counts(reader)
    key = current.key if current else ""
    shown = [
        {
            "key": view.key,
            "icon": view.icon,
            "name": view.name,
            "url": view.url,
            "opens_group": view.opens_group,
            "count": found.get(view.key),
            "is_current": view.key == key,
        }
        for view in VIEWS
    ]
    return {"views": shown, "view": current, "rail_url": f"{reverse('console:rail')}?view={key}", **beside(reader)}
