"""Conversations that were had: the list with its filters, and the record of one, to read, print or keep."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Case, Count, F, Q, QuerySet, When
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise as LazyText
from django.utils.http import content_disposition_header
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from plans.models import Plan, User
from plans.models.people import STAFF_ROLES
from plans.wording import name_of as named
from tickets.console.chat.finding import RELATED, find_chat, leads, vendors_of
from tickets.console.chat.slips import Slip, promises_of
from tickets.console.chat.talk import told
from tickets.console.guard import Reader, agents_only
from tickets.console.ordering import by_name, place_of
from tickets.console.rail import rail
from tickets.console.views import shown
from tickets.models import Chat, Presence
from tickets.routing import GONE_AFTER
from tickets.showing.chat import record
from tickets.showing.wording import name_of

PAGE = 30
POOR = 2
KINDS: dict[str, tuple[LazyText, Q]] = {
    "": (gettext_lazy("全部"), Q()),
    "person": (gettext_lazy("人工接待过"), Q(accepted_at__isnull=False)),
    "bot": (gettext_lazy("只有智能客服"), Q(accepted_at=None, waiting_since=None)),
    "lost": (gettext_lazy("排队时离开"), Q(accepted_at=None, waiting_since__isnull=False, state=Chat.State.ENDED)),
    "ticket": (gettext_lazy("转成工单"), Q(ticket__isnull=False)),
}
RATINGS: dict[str, tuple[LazyText, Q]] = {
    "": (gettext_lazy("不限评分"), Q()),
    "rated": (gettext_lazy("有评分"), Q(rating__isnull=False)),
    "poor": (gettext_lazy("1–2 分"), Q(rating__lte=POOR)),
    "good": (gettext_lazy("4–5 分"), Q(rating__gt=POOR + 1)),
}
STATES: dict[str, tuple[LazyText, Q]] = {
    "ended": (gettext_lazy("已结束"), Q(state=Chat.State.ENDED)),
    "open": (pgettext_lazy("chat", "进行中"), ~Q(state=Chat.State.ENDED)),
    "": (gettext_lazy("不限状态"), Q()),
}


AWAITED = Q(customer_at__isnull=False) & (Q(agent_at=None) | Q(customer_at__gt=F("agent_at")))
TURN = Case(
    When(state=Chat.State.WAITING, then=0), When(AWAITED, state=Chat.State.ACTIVE, then=1),
    When(state=Chat.State.ACTIVE, then=2), default=3,
)  # fmt: skip
WAITS_SINCE = Case(When(state=Chat.State.WAITING, then="waiting_since"), default=Coalesce("customer_at", "opened_at"))


@dataclass(frozen=True, slots=True)
class Wish:
    """What a list of conversations is asked for; what is not known is not asked."""

    state: str
    kind: str
    rating: str
    agent: str
    plan: str
    words: str

    @classmethod
    def of(cls, said: Mapping[str, str]) -> "Wish":
        """Return what an address asks for."""
        known = {"state": STATES, "kind": KINDS, "rating": RATINGS}
        found = {name: said.get(name, "") if said.get(name, "") in rows else "" for name, rows in known.items()}
        found["state"] = found["state"] if "state" in said else "ended"
        free = {name: said.get(name, "").replace("\x00", "").strip()[:80] for name in ("agent", "plan")}
        return cls(**found, **free, words=said.get("q", "").replace("\x00", "").strip()[:80])

    @property
    def query(self) -> str:
        """Return the wish as an address says it, without its page."""
        said = {name: getattr(self, name) for name in ("state", "kind", "rating", "agent", "plan")}
        return urlencode({**said, "q": self.words})


def chats_for(wish: Wish, reader: Reader) -> QuerySet[Chat]:
    """Return the conversations that a reader may see and asks for, the last begun in front."""
    rows = Chat.objects.visible_to(reader.user).filter(STATES[wish.state][1], KINDS[wish.kind][1])
    rows = rows.filter(RATINGS[wish.rating][1])
    if wish.agent.isascii() and wish.agent.isdecimal() and len(wish.agent) < 10:
        rows = rows.filter(assignee=int(wish.agent))
    if wish.plan:
        rows = rows.filter(contract__plan__code=wish.plan)
    if wish.words:
        rows = rows.filter(_says(wish.words))
    if wish.state == "open":
        # As they press: who waits for a person by turn, then who waits for our next word, then the rest.
        rows = rows.annotate(turn=TURN, waits_since=WAITS_SINCE).order_by("turn", "-plan_rank", "waits_since", "pk")
        return rows.select_related(*RELATED)
    return rows.select_related(*RELATED).order_by("-opened_at", "-pk")


def _says(words: str) -> Q:
    names = Q(contact__name__icontains=words) | Q(contact__name_en__icontains=words)
    companies = Q(customer__name__icontains=words) | Q(customer__name_en__icontains=words)
    return names | companies | Q(code__iexact=words) | Q(visitor__name__icontains=words)


@require_safe
@agents_only
def chats_page(request: HttpRequest, reader: Reader) -> HttpResponse:
    """List conversations by who had them, on which plan, how they ended and what the customer thought of them."""
    wish = Wish.of(request.GET.dict())
    page = Paginator(chats_for(wish, reader), PAGE).get_page(request.GET.get("page"))
    is_open = wish.state == "open"
    promised = promises_of(list(page), reader) if is_open else {}
    context = {
        "slips": [Slip(chat, reader, promised.get(chat.pk)) for chat in page],
        "is_open": is_open,
        "duty": on_duty(reader) if is_open else [],
        "pages": page,
        "wish": wish,
        "now": reader.at,
        "is_leading": leads(reader),
    }
    if request.GET.get("part") == "rows":
        return shown(request, "console/chat/_chats.html", context)
    whole = {**rail(reader, None), **_choices(reader), **context, "in_chats": True}
    return shown(request, "console/chat/list.html", whole)


def on_duty(reader: Reader) -> list[dict[str, Any]]:
    """Return who takes chats of the lines that a reader looks after, and how many they have of how many."""
    here = Presence.objects.filter(
        is_available=True, seen_at__gte=reader.at - GONE_AFTER, user__team__vendor__in=vendors_of(reader)
    )
    has = Count("user__chats", filter=Q(user__chats__state=Chat.State.ACTIVE))
    rows = here.select_related("user__team").annotate(has=has)
    return [
        {
            "name": name_of(row.user),
            "team": named(row.user.team),
            "has": row.has,
            "most": row.at_most,
            "since": row.since,
        }
        for row in sorted(rows, key=lambda row: place_of(name_of(row.user)))
        if row.user.team
    ]


def _choices(reader: Reader) -> dict[str, Any]:
    staff = User.objects.filter(role__in=STAFF_ROLES, chats__in=Chat.objects.visible_to(reader.user)).distinct()
    plans = Plan.objects.current().order_by("vendor", "-rank")
    return {
        "states": [(key, name) for key, (name, _narrow) in STATES.items()],
        "kinds": [(key, name) for key, (name, _narrow) in KINDS.items()],
        "ratings": [(key, name) for key, (name, _narrow) in RATINGS.items()],
        "agents": [(str(one.pk), name_of(one)) for one in by_name(staff)],
        "plans": [(plan.code, named(plan)) for plan in plans],
    }


@require_safe
@agents_only
def transcript_page(request: HttpRequest, reader: Reader, code: str) -> HttpResponse:
    """Show the record of a conversation as its customer reads it, to be printed; as text to be kept."""
    chat = find_chat(code, reader)
    if request.GET.get("as") == "text":
        return _text(chat)
    said = chat.messages.for_customer().select_related("author").prefetch_related("files").order_by("number")
    context = {**told(chat, said, reader), "slip": Slip(chat, reader), "now": reader.at}
    return shown(request, "console/chat/transcript.html", {**rail(reader, None), "in_chats": True, **context})


def _text(chat: Chat) -> HttpResponse:
    response = HttpResponse(
        f"{record(chat, zone=get_current_timezone_name())}\n", content_type="text/plain; charset=utf-8"
    )
    response["Content-Disposition"] = content_disposition_header(True, f"{chat.code}.txt") or "attachment"
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
