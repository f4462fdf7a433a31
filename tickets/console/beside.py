"""What waits beside the tickets of the queue: side tasks, chats, calls that are owed, mails and questions."""

from typing import Any

from django.db.models import F, Func, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse

from plans.models import User
from tickets.console.board.lines import seen_by
from tickets.console.calls.cards import at_desk_of
from tickets.console.guard import Reader
from tickets.console.side_tasks import waiting_for
from tickets.models import CallBack, Chat, Mail

# The pages that the rail leads to, as their templates know that one of them is open.
PAGES = ("tasks", "chats", "calls", "mail", "board", "alerts")


def beside(reader: Reader, here: str = "") -> dict[str, Any]:
    """Return what the rail shows beside the queue's views; `here` is the page that is open, for a refresh."""
    url = f"{reverse('console:rail')}?part=beside"
    return {"beside": _counts(reader), "beside_url": url, **({f"in_{here}": True} if here in PAGES else {})}


def _counts(reader: Reader) -> dict[str, int]:
    """Return how much waits for a reader, in one query."""
    user = reader.user
    desk = at_desk_of(reader)
    waiting = {
        "tasks": waiting_for(reader),
        "chats": Chat.objects.visible_to(user).filter(desk, state=Chat.State.WAITING),
        "calls": CallBack.objects.visible_to(user).filter(desk).open(),
        "mail": Mail.objects.visible_to(user).without_ticket(),
        "board": seen_by(reader).unanswered().filter(ticket=None),
    }
    counted = User.objects.filter(pk=user.pk).values_list(*map(_how_many, waiting.values())).get()
    return dict(zip(waiting, counted, strict=True))


def _how_many(rows: QuerySet[Any]) -> Coalesce:
    count = rows.order_by().annotate(how_many=Func(F("pk"), function="COUNT")).values("how_many")
    return Coalesce(Subquery(count), 0)
