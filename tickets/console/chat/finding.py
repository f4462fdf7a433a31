"""Which conversations somebody at the desk has before them. Source: Y06, K03"""

from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import Http404

from plans.models.people import Role
from tickets.actions.chat.lines import LEADING, is_in
from tickets.console.guard import Reader
from tickets.console.live import EVERYWHERE, vendors
from tickets.models import Chat, ChatMessage

RELATED = (
    "contact__customer", "customer", "contract__plan", "product", "assignee__team", "team", "visitor__site", "ticket",
)  # fmt: skip
# So many of each kind stand on a desk.
MOST = 60
STATE, AUTHOR = Chat.State, ChatMessage.Author


def find_chat(code: str, reader: Reader) -> Chat:
    """Return a conversation. Raises Http404 for one that the reader may not see as for one that never was."""
    found = Chat.objects.visible_to(reader.user).select_related(*RELATED, "clock").filter(code=code).first()
    if found is None:
        raise Http404
    return found


def vendors_of(reader: Reader) -> list[str]:
    """Return whose lines a reader looks after: their team's vendor, else every one; a partner none."""
    user = reader.user
    if user.role == Role.PARTNER:
        return []
    return [user.team.vendor] if user.team and user.role not in EVERYWHERE else vendors()


def leads(reader: Reader) -> bool:
    """Tell whether a reader sees everybody's conversations, and may step in."""
    return reader.user.role in LEADING


def takes_part(chat: Chat, reader: Reader) -> bool:
    """Tell whether a reader may speak to the customer: who is in it, or leads those who are."""
    return leads(reader) or is_in(chat, reader.user)


def waiting(reader: Reader) -> QuerySet[Chat]:
    """Return the lines that a reader looks after, each in its order."""
    rows = _told(reader).filter(state=STATE.WAITING, vendor__in=vendors_of(reader))
    return rows.order_by("vendor", "-plan_rank", "waiting_since", "pk")[:MOST]


def waiting_now(reader: Reader) -> list[Chat]:
    """Return whose turn it is first, over all the lines that a reader looks after."""
    rows = Chat.objects.filter(state=STATE.WAITING, vendor__in=vendors_of(reader))
    return list(rows.order_by("-plan_rank", "waiting_since", "pk")[:MOST])


def mine(reader: Reader) -> QuerySet[Chat]:
    """Return the conversations that a reader leads or sits in, the oldest first so that none moves about."""
    seated = Q(seats__user=reader.user, seats__left_at=None)
    rows = _told(reader).filter(Q(assignee=reader.user) | seated, state=STATE.ACTIVE)
    return rows.order_by("accepted_at", "pk").distinct()[:MOST]


def has_some(reader: Reader) -> bool:
    """Tell whether a reader leads a conversation now, also one that they took without being there for all."""
    return Chat.objects.filter(assignee=reader.user, state=STATE.ACTIVE).exists()


def others(reader: Reader) -> QuerySet[Chat]:
    """Return what colleagues have, for who leads them."""
    if not leads(reader):
        return Chat.objects.none()
    rows = _told(reader).filter(state=STATE.ACTIVE, vendor__in=vendors_of(reader)).exclude(assignee=reader.user)
    return rows.exclude(seats__user=reader.user, seats__left_at=None).order_by("accepted_at", "pk")[:MOST]


def with_bot(reader: Reader) -> int:
    """Return how many customers talk to the bot now."""
    return Chat.objects.visible_to(reader.user).filter(state=STATE.BOT, vendor__in=vendors_of(reader)).count()


def _told(reader: Reader) -> Any:
    """Return conversations with what a desk says of each: how much of it is unread, and what is asked."""
    return Chat.objects.visible_to(reader.user).select_related(*RELATED).annotate(unread=_unread(), asked=_asked())


def _unread() -> Any:
    theirs = ChatMessage.objects.filter(chat=OuterRef("pk"), author_kind=AUTHOR.CUSTOMER)
    above = theirs.filter(number__gt=OuterRef("agent_read")).order_by().values("chat")
    return Subquery(above.annotate(count=Count("pk")).values("count"))


def _asked() -> Any:
    """Return the last words of a customer that say more than that a person is wanted."""
    theirs = ChatMessage.objects.filter(chat=OuterRef("pk")).questions()
    return Subquery(theirs.order_by("-number").values("body")[:1])


def question_of(chat: Chat) -> str:
    """Return what a customer asked first, on one line: what a ticket would be called."""
    first = chat.messages.questions().order_by("number").values_list("body", flat=True).first()
    return " ".join((first or "").split())
