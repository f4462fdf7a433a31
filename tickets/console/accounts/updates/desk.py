"""The calendar of updates: a month of windows of all products, requests that wait, and an address to subscribe to."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe

from plans.accounts import zone_named
from plans.models import Product, UpdateFeed, UpdateRequest, UpdateWindow
from plans.models.updates import UpdateRequestQuerySet, UpdateWindowQuerySet
from plans.wording import name_of
from tickets.console.accounts.guard import SEE_ALL, accounts_of
from tickets.console.accounts.nav import desk_page
from tickets.console.guard import Reader, agents_only
from tickets.showing.months import month_asked
from tickets.showing.update_calendar import laid_out, span_of
from tickets.showing.updates import shown

MOST = 1000
LONGEST = 40  # characters of a product's code


@require_safe
@agents_only
def desk(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Show a month of windows, what waits for somebody, and the requests under way."""
    zone = zone_named(reader.user.timezone)
    today = reader.at.astimezone(zone).date()
    first = month_asked(request.GET.get("month", ""), today)
    product = request.GET.get("product", "").replace("\0", "")[:LONGEST]
    start, end = span_of(first, zone)
    rows = shown(list(_of(product).between(start, end)[:MOST]), reader.at)
    month = laid_out(first, rows, today, zone)
    waiting = _of(product).filter(state=UpdateWindow.State.POSTPONED)[:MOST]
    context = {
        "month": month,
        "rows": [one for one in rows if one.window.starts_at.astimezone(zone).date().month == first.month],
        "waiting": shown([*waiting, *_unconfirmed(product, reader.at)], reader.at),
        "requests": list(requests_of(reader).under_way().select_related("contract__customer", "product")[:MOST]),
        "products": [(row.code, name_of(row)) for row in Product.objects.filter(code__in=_known_products())],
        "product": product,
        "feed": UpdateFeed.objects.filter(user=reader.user).first(),
        "secret": request.session.pop("update_secret", ""),
        "may_operate": reader.user.role in SEE_ALL,
    }
    return desk_page(request, reader, ("updates_desk", "console/accounts/updates/desk.html"), context)


def _of(product: str) -> UpdateWindowQuerySet:
    rows = UpdateWindow.objects.shown()
    return rows.filter(products__contains=[product]) if product else rows


def _unconfirmed(product: str, at: datetime) -> list[UpdateWindow]:
    """Return windows whose time has passed and of which nobody said what became of them."""
    open_states = (UpdateWindow.State.PLANNED, UpdateWindow.State.ANNOUNCED, UpdateWindow.State.UNDER_WAY)
    return list(_of(product).filter(state__in=open_states, ends_at__lt=at, is_by_clock=False)[:MOST])


def _known_products() -> set[str]:
    """Return the products that any window is for."""
    lists = UpdateWindow.objects.order_by().values_list("products", flat=True).distinct()
    return {code for codes in lists for code in codes}


def requests_of(reader: Reader) -> UpdateRequestQuerySet:
    """Return the requests that a reader may see: those of their accounts."""
    return UpdateRequest.objects.filter(contract__in=accounts_of(reader.user))


urlpatterns = [path("-/updates/", desk, name="updates_desk")]
