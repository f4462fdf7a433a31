"""Who is there to take chats, and how many at a time."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from plans.models import User
from tickets.actions.chat.lines import State, check_staff
from tickets.actions.chat.serving import give_back
from tickets.live.telling import tell
from tickets.models import Chat, Presence
from tickets.routing import GONE_AFTER

# An open console says so more often than is written down.
NOTED_EVERY = timedelta(seconds=20)
MOST_AT_A_TIME = 20


@transaction.atomic
def set_presence(
    *, user: User, is_available: bool, at_most: int, at: datetime, keeps: bool = False
) -> Presence:  # fmt: skip
    """Note whether somebody takes chats now, and how many; who stops gives back what they lead, unless they keep it."""
    check_staff(user)
    Presence.objects.get_or_create(user=user, defaults={"since": at})
    row = Presence.objects.select_for_update().get(user=user)
    stops = row.is_available and not is_available
    row.since = row.since if row.is_available == is_available else at
    row.is_available, row.at_most, row.seen_at = is_available, min(max(at_most, 1), MOST_AT_A_TIME), at
    row.save(update_fields=["is_available", "at_most", "seen_at", "since"])
    if stops and not keeps:
        give_back(chats=_led_by(user), user=user, at=at)
    _tell(user)
    return row


def _led_by(user: User) -> list[Chat]:
    return list(Chat.objects.filter(assignee=user, state=State.ACTIVE))


def _speaks(user: User, at: datetime) -> bool:
    """Tell whether somebody has spoken just now, whatever their console says of itself."""
    theirs = Chat.objects.filter(assignee=user, state=State.ACTIVE)
    return theirs.filter(messages__author=user, messages__at__gte=at - GONE_AFTER).exists()


def _tell(user: User) -> None:
    if user.team:
        tell(f"desk:{user.team.vendor}", {"kind": "line", "chat": ""})


def still_here(*, user: User, at: datetime) -> None:
    """Note that somebody's console is open."""
    stale = Q(seen_at=None) | Q(seen_at__lt=at - NOTED_EVERY)
    Presence.objects.filter(stale, user=user).update(seen_at=at)


@transaction.atomic
def lose(*, presence: Presence, at: datetime) -> int:
    """Take off somebody whose console is gone, and put back what they lead; return how many conversations."""
    row = Presence.objects.select_for_update(of=("self",)).select_related("user__team").get(pk=presence.pk)
    if (row.seen_at and row.seen_at >= at - GONE_AFTER) or _speaks(row.user, at):
        return 0
    if row.is_available:
        row.is_available, row.since = False, at
        row.save(update_fields=["is_available", "since"])
        _tell(row.user)
    return give_back(chats=_led_by(row.user), user=row.user, at=at)
