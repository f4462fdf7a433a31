"""The log of what goes out: mails, calls and words of robots, each with its tries; what was given up comes first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from sla.refusals import ActionRefusedError
from tickets.actions.resending import resend
from tickets.console.guard import Reader
from tickets.console.rules.guard import readers_only, writers_only
from tickets.console.rules.nav import rules_page
from tickets.models import Delivery, WebhookEndpoint
from tickets.models.endpoints import EVENTS
from tickets.showing.unreached import why

SUBJECT = "deliveries"
State = Delivery.State
ON_A_PAGE, DEAD_SHOWN = 50, 10
CHANNELS = {Delivery.EMAIL: gettext_lazy("邮件"), **dict(WebhookEndpoint.Kind.choices)}
# Why something was not sent, as the rows have it, in words for people.
WHY = {
    Delivery.SETTLED: gettext_lazy("等待期间已经办妥，不再打扰"),
    Delivery.OVERTAKEN: gettext_lazy("后面的通知已经说明"),
    Delivery.REMOVED: gettext_lazy("这个地址已删除"),
    Delivery.FORGOTTEN: gettext_lazy("联系人的个人信息已抹除"),
    "retracted": gettext_lazy("内容在发出前已撤回"),
    "demo history: older than half a day when the demo was set up": gettext_lazy("演示里的旧事，没有真的发出"),
    "The endpoint is no longer in use.": gettext_lazy("这个地址已停用"),
}


@dataclass(frozen=True)
class Wish:
    """What somebody looks for in the log."""

    state: str = ""
    channel: str = ""
    kind: str = ""
    endpoint: str = ""
    text: str = ""
    before: int = 0

    @classmethod
    def of(cls, asked: QueryDict) -> "Wish":
        """Return what a page was asked for; what is not there is passed over."""
        chosen = {
            "state": asked.get("state", "") if asked.get("state") in State.values else "",
            "channel": asked.get("channel", "") if asked.get("channel") in CHANNELS else "",
            "kind": asked.get("kind", "") if asked.get("kind") in Delivery.Kind.values else "",
        }
        endpoint, before = asked.get("endpoint", ""), asked.get("before", "")
        return cls(
            **chosen,
            endpoint=endpoint if _is_key(endpoint) else "",
            text=asked.get("q", "").replace("\x00", "").strip()[:254],
            before=int(before) if _is_key(before) else 0,
        )

    @property
    def is_narrow(self) -> bool:
        return bool(self.state or self.channel or self.kind or self.endpoint or self.text)

    def rows(self) -> QuerySet[Delivery]:
        """Return what is looked for, the last first."""
        said = {"state": self.state, "channel": self.channel, "kind": self.kind, "endpoint": self.endpoint}
        rows = logged().filter(**{name: value for name, value in said.items() if value})
        if self.text:
            number = self.text.upper()
            rows = rows.filter(Q(ticket__number=number) if number.startswith("T-") else Q(address__iexact=self.text))
        return rows.filter(pk__lt=self.before) if self.before else rows

    @property
    def newest(self) -> str:
        """Return the query string of the same from the last row on."""
        return self.address(0)

    def address(self, before: int) -> str:
        """Return the query string of the rows before one; zero: from the last."""
        said: dict[str, Any] = {name: getattr(self, name) for name in ("state", "channel", "kind", "endpoint")}
        return "?" + urlencode(
            {name: value for name, value in (said | {"q": self.text, "before": before}).items() if value}
        )


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 16


def logged() -> QuerySet[Delivery]:
    """Return what goes out with all that a line of the log shows, the last first."""
    related = ("ticket", "endpoint", "carried_by", "user", "contact")
    rows = Delivery.objects.select_related(*related).prefetch_related("tries").order_by("-pk")
    return rows.defer("rendered", "carried_by__rendered")


def line_of(row: Delivery) -> dict[str, Any]:
    """Return a row as the log shows it."""
    return {
        "row": row,
        "subject": EVENTS.get(row.subject, row.subject),
        "channel": CHANNELS.get(row.channel, row.channel),
        "why": WHY.get(row.error) or f"{why(row.channel, row.error)} {row.error}".strip(),
        "tries": row.tries.all(),
        "waits_until": waits_until(row),
        "may_go_again": row.state == State.FAILED or (row.state == State.SENT and row.channel == Delivery.WEBHOOK),
    }


def waits_until(row: Delivery) -> datetime | None:
    """Return before when a queued row does not go: its own time, or until its endpoint is called again."""
    if row.state != State.QUEUED:
        return None
    rests = row.endpoint.rests_until if row.endpoint else None
    return max(filter(None, [row.not_before, rests]), default=None)


@require_safe
@readers_only
def delivery_log(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Show what went out and what did not, narrowed as asked."""
    wish = Wish.of(request.GET)
    rows = list(wish.rows()[: ON_A_PAGE + 1])
    is_first = not wish.is_narrow and not wish.before
    dead = logged().filter(state=State.FAILED) if is_first else Delivery.objects.none()
    context = {
        "lines": [line_of(row) for row in rows[:ON_A_PAGE]],
        "dead": [line_of(row) for row in dead[:DEAD_SHOWN]],
        "dead_count": dead.count(),
        "older": wish.address(rows[ON_A_PAGE - 1].pk) if len(rows) > ON_A_PAGE else "",
        "wish": wish,
        "states": State.choices,
        "channels": CHANNELS.items(),
        "kinds": sorted(Delivery.Kind.choices, key=lambda one: str(one[1])),
        "endpoints": WebhookEndpoint.objects.values_list("pk", "name"),
    }
    return rules_page(request, reader, (SUBJECT, "console/rules/deliveries.html"), context)


@require_POST
@writers_only
def delivery_resend(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Send one message again under its own id; what is refused is told."""
    try:
        resend(delivery=get_object_or_404(Delivery, pk=pk), at=reader.at)
        messages.success(request, _("将重新发送，编号不变：接收方收到过也认得出。"))
    except ActionRefusedError as refusal:
        messages.error(request, " ".join([refusal.message, *refusal.ways_on]))
    back = QueryDict(request.POST.get("back", "").removeprefix("?")).urlencode()
    return redirect(f"{reverse('console:rules:deliveries')}?{back}")


urlpatterns = [
    path("deliveries/", delivery_log, name="deliveries"),
    path("deliveries/<int:pk>/resend/", delivery_resend, name="delivery_resend"),
]
