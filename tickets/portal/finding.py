"""A customer's tickets: which ones, searched how, a page at a time."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef, Q
from django.http import Http404, HttpRequest
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plans.models import User
from tickets.models import Message, Ticket
from tickets.models.ticket import ENDED, TicketQuerySet
from tickets.portal.questions import MINE

PAGE = 20
VIEWS: dict[str, LazyText] = {
    "all": gettext_lazy("全部"),
    "open": gettext_lazy("未结"),
    "waiting": gettext_lazy("等我"),
    "ended": gettext_lazy("已结"),
}
RELATED = ("assignee", "team", "contract__plan", "contract__customer", "product", "contact__customer", "merged_into")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a list was asked for."""

    words: str
    view: str
    page: str

    @classmethod
    def of(cls, request: HttpRequest) -> "Wish":
        """Return the wish of a request; what it does not know becomes the usual."""
        view = request.GET.get("show", "all")
        words = request.GET.get("q", "").replace("\x00", "").strip()[:200]
        return cls(words, view if view in VIEWS else "all", request.GET.get("page", "1"))

    def url(self, **changes: str) -> str:
        """Return the query that asks for the same with changes."""
        said = {"q": self.words, "show": self.view, "page": self.page} | changes
        usual = {"q": "", "show": "all", "page": "1"}
        return "?" + urlencode({name: value for name, value in said.items() if value != usual[name]})


def found_for(user: User, wish: Wish) -> TicketQuerySet:
    """Return the tickets that a wish is about, newest first; only what was said in public is searched."""
    found: Any = Ticket.objects.visible_to(user).select_related(*RELATED).order_by("-opened_at", "-pk")
    if wish.view == "open":
        found = found.unfinished()
    elif wish.view == "waiting":
        found = found.filter(status__in=MINE)
    elif wish.view == "ended":
        found = found.filter(status__in=ENDED)
    if not wish.words:
        return found
    said = Message.objects.filter(ticket=OuterRef("pk"), is_public=True, retracted_at=None, body__icontains=wish.words)
    return found.filter(Q(number__icontains=wish.words) | Q(subject__icontains=wish.words) | Exists(said))


def page_of(found: TicketQuerySet, wish: Wish) -> Page[Ticket]:
    """Return the page that was asked for, or the nearest there is."""
    return Paginator(found, PAGE).get_page(wish.page)


def pager_of(page: Page[Ticket], wish: Wish) -> dict[str, Any]:
    """Return the words and links that lead through the pages."""
    place = {"first": page.start_index(), "last": page.end_index(), "count": page.paginator.count}
    return {
        "has_other_pages": page.has_other_pages(),
        "words": _("%(first)s–%(last)s，共 %(count)s 件") % place,
        "has_previous": page.has_previous(),
        "has_next": page.has_next(),
        "previous_url": wish.url(page=str(page.previous_page_number())) if page.has_previous() else "",
        "next_url": wish.url(page=str(page.next_page_number())) if page.has_next() else "",
    }


def find(user: User, number: str) -> Ticket:
    """Return a ticket by its number. Raises Http404 for somebody else's as for one that never was."""
    ticket = Ticket.objects.visible_to(user).select_related(*RELATED).filter(number=number).first()
    if ticket is None:
        raise Http404
    return ticket
