"""Look after chats that nobody looks after: agents who are gone, and talks in which nobody says anything any more."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, Greatest, Lower

from plans.models import Contract
from tickets.actions.chat import back_at, end, foretell_end, lose, say_closed
from tickets.bot.small_talk import AROUND, THANKS
from tickets.models import Chat, ChatMessage, Presence
from tickets.routing import GONE_AFTER

# Without a word of either side: with a person, and with the bot. Who waits in the line is never sent away, and who
# waits for our next word only after a day.
SILENT_AFTER = timedelta(minutes=30)
SILENT_WITH_BOT = timedelta(hours=24)
# So long before it ends a conversation says so.
FORETOLD = timedelta(minutes=5)
State = Chat.State


def look_after_chats(*, at: datetime, limit: int = 25) -> int:
    """Put back what gone colleagues lead, end what has fallen silent, tell who waits that people have gone home.

    Return how many there were of each.
    """
    return _lost(at, limit) + _silent(at, limit) + _nearly(at, limit) + _closed(at)


def _lost(at: datetime, limit: int) -> int:
    """Take off who is gone. Two rounds at a time do no harm: what one has done the other finds done."""
    gone = Q(seen_at__lt=at - GONE_AFTER) | Q(seen_at=None)
    busy = Q(is_available=True) | Q(user__in=Chat.objects.filter(state=State.ACTIVE).values("assignee"))
    found = list(Presence.objects.filter(gone, busy).order_by("pk")[:limit])
    for presence in found:
        lose(presence=presence, at=at)
    return len(found)


def _silent(at: datetime, limit: int) -> int:
    """End what has been silent for too long."""
    all_said = Q(state=State.ACTIVE, last_at__lt=at - SILENT_AFTER) & _owes_nothing()
    for_long = Q(last_at__lt=at - SILENT_WITH_BOT)
    found = list(_open_since(at - SILENT_AFTER).filter(all_said | for_long).order_by("pk")[:limit])
    for chat in found:
        end(chat=chat, actor=None, at=at)
    return len(found)


def _nearly(at: datetime, limit: int) -> int:
    """Tell once, before a conversation with a person ends by silence, when that is and how it goes on."""
    before = at - SILENT_AFTER + FORETOLD
    told = ChatMessage.objects.filter(
        chat=OuterRef("pk"), kind="event", fields__event="ending", at__gt=OuterRef("last_at")
    )  # fmt: skip
    nearly = _open_since(before).filter(_owes_nothing(), state=State.ACTIVE, last_at__lt=before).exclude(Exists(told))
    found = list(nearly.order_by("pk")[:limit])
    for chat in found:
        foretell_end(chat=chat, ends_at=max(chat.last_at + SILENT_AFTER, at), at=at)
    return len(found)


def _open_since(before: datetime) -> Any:
    """Return what is open since before an instant, each with when somebody last said something, and who."""
    last = Greatest(
        F("opened_at"), Coalesce("customer_at", "opened_at"), Coalesce("agent_at", "opened_at"),
        Coalesce("accepted_at", "opened_at"),
    )  # fmt: skip
    # By what an index knows first: nearly all that is open has just been said something in.
    open_long = Chat.objects.filter(state__in=[State.ACTIVE, State.BOT], opened_at__lt=before)
    return open_long.annotate(last_at=last, last_words=_last_words())


def _last_words() -> Func:
    """Return what a customer typed last, as small talk is compared."""
    theirs = ChatMessage.objects.filter(chat=OuterRef("pk"), author_kind="customer").order_by("-number")
    words = Lower(Coalesce(Subquery(theirs.values("body")[:1]), Value("")))
    return Func(words, Value(AROUND + "！？"), function="btrim", output_field=models.TextField())


def _owes_nothing() -> Q:
    """Narrow to those in which the last word was ours, or the customer's thanks: nobody waits for an answer."""
    ours = Q(agent_at__isnull=False) & (Q(customer_at=None) | Q(agent_at__gte=F("customer_at")))
    return ours | Q(last_words__in=THANKS)


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
