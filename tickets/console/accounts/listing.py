"""The contracts that somebody may see, those that end first in front."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Prefetch, Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from plans.models import AccountTeamMember, Contract
from plans.terms import Standing, standing_of
from tickets.console.accounts.guard import accounts_of
from tickets.console.accounts.nav import desk_page
from tickets.console.guard import Reader, agents_only
from tickets.console.rows import Seal

PAGE = 50
LONGEST_QUERY = 100
LAST_DAY = Coalesce("ended_on", "ends_on")
# By the date of the reader's instant in UTC: a day's difference at the edge of a term is told row by row.
VIEWS: dict[str, LazyText] = {"now": _("生效中"), "ahead": _("尚未开始"), "over": _("已结束"), "all": _("全部")}


@dataclass(frozen=True)
class Line:
    """One contract in the list."""

    contract: Contract
    seal: Seal
    standing: Standing
    success_manager: Any


@require_safe
@agents_only
def listing(request: HttpRequest, reader: Reader) -> HttpResponse:
    """List contracts, narrowed by where their term stands and by words."""
    view = request.GET.get("view", "")
    view = view if view in VIEWS else "now"
    query = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST_QUERY]
    page = Paginator(_ordered(_found(reader, view, query)), PAGE).get_page(request.GET.get("page"))
    context = {
        "lines": [_line(contract, reader) for contract in page.object_list],
        "pages": page,
        "page_url": f"{reverse('console:accounts:list')}?{urlencode({'view': view, 'q': query})}&page=",
        "query": query,
        "view_key": view,
        "narrowings": [{"url": f"?{urlencode({'view': key, 'q': query})}", "name": name, "is_current": key == view}
                       for key, name in VIEWS.items()],
    }  # fmt: skip
    return desk_page(request, reader, ("list", "console/accounts/list.html"), context)


def _found(reader: Reader, view: str, query: str) -> QuerySet[Contract]:
    today = reader.at.date()
    rows = accounts_of(reader.user).annotate(last_on=LAST_DAY)
    narrow = {
        "now": Q(starts_on__lte=today, last_on__gte=today),
        "ahead": Q(starts_on__gt=today),
        "over": Q(last_on__lt=today),
        "all": Q(),
    }[view]
    return rows.filter(narrow, _holds(query))


def _holds(query: str) -> Q:
    if not query:
        return Q()
    named = Q(customer__name__icontains=query) | Q(customer__name_en__icontains=query)
    return Q(number__icontains=query) | named | Q(customer__code__icontains=query)


def _ordered(rows: QuerySet[Contract]) -> QuerySet[Contract]:
    managers = AccountTeamMember.objects.filter(seat=AccountTeamMember.Seat.SUCCESS_MANAGER).select_related("user")
    brought = rows.select_related("customer", "plan").prefetch_related(
        Prefetch("account_team", queryset=managers, to_attr="managers")
    )
    return brought.order_by(LAST_DAY, "number")


def _line(contract: Any, reader: Reader) -> Line:
    seated = contract.managers[0].user if contract.managers else None
    return Line(contract, Seal.of(contract.plan), standing_of(contract, reader.at), seated)
