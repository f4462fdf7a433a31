"""One live stream for all that an agent's browser has open: calls and lines of their desks, chats they look at."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.handlers.asgi import ASGIRequest
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import path
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe

from plans.models import Plan, User
from plans.models.people import Role
from tickets.live.streams import Event, stream
from tickets.models import Chat

# Whose desks are all desks, whatever team they are in.
EVERYWHERE = (Role.MANAGER, Role.ADMIN)
# Chats that one browser may have open.
MOST_CHATS = 40
# How long a right is taken to hold once it was looked at, in seconds.
HOLDS = 5.0

Ask = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Listener:
    """Who listens, by which session, and to which topics."""

    user: int
    session: str
    asked: tuple[int, ...]
    topics: tuple[str, ...]


@require_safe
async def live(request: HttpRequest) -> HttpResponseBase:
    """Stream news to an agent who comes by the framework's way; its thread asks who they are."""
    if not isinstance(request, ASGIRequest):
        # A server without streams: the browser is told not to ask again, and pages look every now and then.
        return HttpResponse(status=204, content_type="text/event-stream")
    return await streamed(request, lambda ask, *args: sync_to_async(_given_back)(ask, *args))


async def streamed(request: HttpRequest, ask: Ask) -> HttpResponseBase:
    """Stream news to an agent: `news` says what happened, `look` that anything may have; `?chat=` names chats to hear.

    The right is looked at again while it streams; once it has ended, so does the stream.
    """
    listener: Listener | None = await ask(_admitted, request)
    if listener is None:
        return HttpResponse(status=403)
    looked_at = time.monotonic()

    async def turn(news: Mapping[str, Any]) -> list[Event] | None:
        nonlocal looked_at
        if time.monotonic() - looked_at > HOLDS:
            if not await ask(_may_still, listener):
                return None
            looked_at = time.monotonic()
        # What was said is fetched by whoever may read it.
        return [Event("news", {name: news[name] for name in news if name != "said"}) if news else Event("look")]

    return stream(listener.topics, turn)


def _admitted(request: HttpRequest) -> Listener | None:
    """Return who listens to what, by the session that their browser names; None for who may not."""
    session = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    user = _signed_in(session)
    if user is None:
        return None
    asked = tuple(int(pk) for pk in request.GET.getlist("chat")[:MOST_CHATS] if pk.isdecimal() and len(pk) < 19)
    return Listener(user.pk, session, asked, _topics(user, asked))


def _topics(user: User, asked: tuple[int, ...]) -> tuple[str, ...]:
    """Return what somebody may hear: their own news, their desks', and of the chats they asked for those they see."""
    chats = Chat.objects.visible_to(user).filter(pk__in=asked).values_list("pk", flat=True)
    return (f"agent:{user.pk}", *desks_of(user), *(f"chat:{pk}" for pk in sorted(chats)))


def _signed_in(key: str) -> User | None:
    """Return which of us a session is of, as the framework finds it; nothing is written, whatever is wrong with it."""
    session = SessionStore(key)
    if session.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    user = User.objects.select_related("team").filter(pk=session[SESSION_KEY], is_active=True).first()
    if user is None or not user.is_agent:
        return None
    hashes = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return user if any(constant_time_compare(session.get(HASH_SESSION_KEY, ""), one) for one in hashes) else None


def desks_of(user: User) -> list[str]:
    """Return the topics of the desks at which somebody sits: their team's vendor, else all; a partner has none."""
    if user.role == Role.PARTNER:
        return []
    if user.team and user.role not in EVERYWHERE:
        return [f"desk:{user.team.vendor}", "desk:"]
    return [*(f"desk:{vendor}" for vendor in vendors()), "desk:"]


def vendors() -> list[str]:
    """Return the vendors that there are plans of."""
    return sorted(set(Plan.objects.current().order_by().values_list("vendor", flat=True)))


def _may_still(listener: Listener) -> bool:
    """Tell whether somebody is still signed in by their session, and may still hear the same, no less and no more."""
    user = _signed_in(listener.session)
    return user is not None and user.pk == listener.user and _topics(user, listener.asked) == listener.topics


def _given_back(ask: Ask, *args: Any) -> Any:
    """Return what a function returns, without this thread's connection: a stream must not hold one while it is open."""
    try:
        return ask(*args)
    finally:
        if not connection.in_atomic_block:
            connection.close()


urlpatterns = [path("live/", live, name="live")]
