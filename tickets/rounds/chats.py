"""Look after chats that nobody looks after: agents who are gone, and talks in which nobody says anything any more."""

from collections import defaultdict
from datetime import datetime, timedelta

from django.db.models import F, Q
from django.db.models.functions import Coalesce, Greatest

from plans.models import Contract
from tickets.actions.chat import back_at, end, lose, say_closed
from tickets.models import Chat, Presence
from tickets.routing import GONE_AFTER

# Without a word of either side: with a person, and with the bot. Who waits in the line is never sent away.
SILENT_AFTER = timedelta(minutes=30)
SILENT_WITH_BOT = timedelta(hours=24)
State = Chat.State


def look_after_chats(*, at: datetime, limit: int = 25) -> int:
    """Put back what gone colleagues lead, end what has fallen silent, tell who waits that people have gone home.

    Return how many there were of each.
    """
    return _lost(at, limit) + _silent(at, limit) + _closed(at)


def _lost(at: datetime, limit: int) -> int:
    """Take off who is gone. Two rounds at a time do no harm: what one has done the other finds done."""
    gone = Q(seen_at__lt=at - GONE_AFTER) | Q(seen_at=None)
    busy = Q(is_available=True) | Q(user__in=Chat.objects.filter(state=State.ACTIVE).values("assignee"))
    found = list(Presence.objects.filter(gone, busy).order_by("pk")[:limit])
    for presence in found:
        lose(presence=presence, at=at)
    return len(found)


def _silent(at: datetime, limit: int) -> int:
    last = Greatest(
        F("opened_at"), Coalesce("customer_at", "opened_at"), Coalesce("agent_at", "opened_at"),
        Coalesce("accepted_at", "opened_at"),
    )  # fmt: skip
    with_a_person = Q(state=State.ACTIVE, last_at__lt=at - SILENT_AFTER)
    with_the_bot = Q(state=State.BOT, last_at__lt=at - SILENT_WITH_BOT)
    # By what an index knows first: nearly all that is open has just been said something in.
    open_long = Chat.objects.filter(state__in=[State.ACTIVE, State.BOT], opened_at__lt=at - SILENT_AFTER)
    found = list(open_long.annotate(last_at=last).filter(with_a_person | with_the_bot).order_by("pk")[:limit])
    for chat in found:
        end(chat=chat, actor=None, at=at)
    return len(found)


def _closed(at: datetime) -> int:
    """Tell those in a line whose people have gone home when they return. Asked once a contract, not once a chat."""
    waiting: dict[tuple[str, Contract | None], list[Chat]] = defaultdict(list)
    for chat in Chat.objects.filter(state=State.WAITING).select_related("contract").order_by("pk"):
        waiting[chat.vendor, chat.contract].append(chat)
    told = 0
    for (vendor, contract), chats in waiting.items():
        if back := back_at(vendor=vendor, contract=contract, at=at):
            told += sum(say_closed(chat=chat, back=back, at=at) for chat in chats)
    return told
