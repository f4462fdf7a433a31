"""The calendar of updates to subscribe to by a secret address: all products' for our people."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from plans.actions.updates.feeds import make_feed, note_use, revoke_feed
from plans.models import UpdateWindow
from plans.updates.feeds import feed_of
from sla.clock import database_now
from tickets.console.guard import Reader, agents_only
from tickets.showing.update_calendar import AHEAD, BEHIND, calendar_answer

MOST = 2000


@require_POST
@agents_only
def subscribe(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Make a secret address for the reader's calendar of updates, shown once; the one before is revoked."""
    secret = make_feed(user=reader.user, at=reader.at)
    request.session["update_secret"] = request.build_absolute_uri(
        reverse("console:accounts:updates_feed", args=[secret])
    )
    messages.success(request, _("订阅地址已生成，只显示这一次。"))
    return redirect(f"{reverse('console:accounts:updates_desk')}#feed")


@require_POST
@agents_only
def unsubscribe(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Take back the secret address of the reader's calendar of updates."""
    revoke_feed(user=reader.user)
    messages.success(request, _("订阅地址已停用。"))
    return redirect(f"{reverse('console:accounts:updates_desk')}#feed")


@require_safe
def feed(request: HttpRequest, secret: str) -> HttpResponse:
    """Return the calendar of whoever of our people holds this secret; a revoked one is not found."""
    kept = feed_of(secret)
    if kept is None or kept.user.is_customer or not kept.user.is_agent:
        raise Http404
    at = database_now()
    note_use(feed=kept, at=at)
    rows = UpdateWindow.objects.shown().between(at - BEHIND, at + AHEAD)[:MOST]
    return calendar_answer(
        list(rows), kept.user, at, request.build_absolute_uri(reverse("console:accounts:updates_desk"))
    )


urlpatterns = [
    path("-/updates/subscribe/", subscribe, name="updates_subscribe"),
    path("-/updates/unsubscribe/", unsubscribe, name="updates_unsubscribe"),
    path("-/updates/<str:secret>/updates.ics", feed, name="updates_feed"),
]
