"""Who asks: a visitor by the token in the Authorization header, from a page that may. No cookie is read."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext as _

from plans.authentication import presented
from plans.keys import hashed
from plans.throttling import rate_of, too_many
from sla.api.problems import ProblemError
from sla.clock import DatabaseNow
from tickets.actions.visiting import note_seen
from tickets.models import Chat, Site, Visitor

# A visitor's row is not written at every request.
NOTED_EVERY = timedelta(minutes=5)
REALM = 'Bearer realm="shouyue chat"'


@dataclass(frozen=True, slots=True)
class Guest:
    """A visitor whose token holds, and the database's instant at which they asked."""

    visitor: Visitor
    at: datetime


def guest_of(request: HttpRequest) -> Guest:
    """Return who asks, having counted the request. Raises ProblemError: 401, 403 for a foreign page, or 429."""
    token = presented(request)
    if not token:
        raise _unauthorised("no_token", _("请先打开会话：请求没有带令牌。"))
    guest = _known(token)
    if guest is None:
        raise _unauthorised("bad_token", _("令牌无效或已过期，请重新打开云客服。"))
    check_origin(request, guest.visitor.site)
    count("chat_visitor", str(guest.visitor.pk))
    return guest


def _unauthorised(code: str, message: str) -> ProblemError:
    return ProblemError(code, message, status=HTTPStatus.UNAUTHORIZED, headers={"WWW-Authenticate": REALM})


def _known(token: str) -> Guest | None:
    rows = Visitor.objects.select_related("site__product", "contact__customer")
    visitor: Any = rows.filter(token_hash=hashed(token)).annotate(asked_at=DatabaseNow()).first()
    if visitor is None:
        return None
    at: datetime = visitor.asked_at.astimezone(UTC)
    if not is_valid(visitor, at):
        return None
    if visitor.seen_at is None or at - visitor.seen_at > NOTED_EVERY:
        note_seen(visitor=visitor, at=at)
    return Guest(visitor, at)


def is_valid(visitor: Visitor, at: datetime) -> bool:
    """Tell whether a visitor may go on: their token holds, the site is in use, the contact may write in."""
    site, contact = visitor.site, visitor.contact
    is_open = site is None or site.is_active
    is_served = contact is None or (contact.is_active and contact.customer.is_active)
    return visitor.expires_at > at and is_open and is_served


def count(name: str, who: str) -> None:
    """Count one request of somebody. Raises ProblemError beyond the minute's share."""
    rate = rate_of(name, who)
    if rate.used > rate.limit:
        raise too_many(rate)


def origin_of(request: HttpRequest) -> str:
    """Return the page's origin as the browser names it, empty where it names none."""
    return request.headers.get("Origin", "")


def is_own(request: HttpRequest, origin: str) -> bool:
    """Tell whether an origin is this product's own."""
    return origin in (public_origin(settings.PUBLIC_URL), f"{request.scheme}://{request.get_host()}")


@cache
def public_origin(url: str) -> str:
    """Return the origin of an address."""
    return "/".join(url.split("/")[:3])


def check_origin(request: HttpRequest, site: Site | None) -> None:
    """Refuse a page that is neither ours nor named by the site. Raises ProblemError."""
    origin = origin_of(request)
    if not origin or is_own(request, origin) or (site and origin in site.origins):
        return
    raise ProblemError(
        "foreign_origin", _("这个页面的地址不在接入点允许的来源里。"), status=HTTPStatus.FORBIDDEN,
        more={"ways_on": [_("请管理员在接入点里加上这个来源。")]},
    )  # fmt: skip


def is_named(request: HttpRequest) -> bool:
    """Tell whether a request's origin is ours or any site's: what a browser asks before it sends a token."""
    origin = origin_of(request)
    return bool(origin) and (
        is_own(request, origin) or Site.objects.filter(is_active=True, origins__contains=[origin]).exists()
    )


def chats_of(guest: Guest) -> Any:
    """Return what a visitor may read where they are: on a site, what is about its vendor."""
    site = guest.visitor.site
    narrowed = Q(vendor=site.vendor) if site else Q()
    return Chat.objects.of_visitor(guest.visitor).filter(narrowed)


def chat_of(guest: Guest, code: str) -> Chat:
    """Return one conversation of a visitor by its code, without one the latest. Raises ProblemError: 404."""
    return one_of(chats_of(guest).select_related("product", "assignee", "ticket"), code)


def own_chat(guest: Guest, code: str) -> Chat:
    """Return the same with nothing read but whose it is: enough for an action, which locks and reads it itself."""
    return one_of(chats_of(guest).only("contact", "visitor"), code)


def one_of(found: Any, code: str) -> Chat:
    """Return the one of a code, without one the latest. Raises ProblemError: 404."""
    chat: Chat | None = (found.filter(code=code) if code else found.order_by("-pk")).first()
    if chat is None:
        raise ProblemError("unknown_chat", _("没有这个会话。"), status=HTTPStatus.NOT_FOUND)
    return chat
