"""The three questions of the first page: what waits for me, who helps me and until when, what am I owed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from plans.models import Contact, User
from tickets.models import Status, Ticket
from tickets.portal import rights
from tickets.portal.saying import helper_of, said_of
from tickets.portal.waiting import matters_of
from tickets.showing.promises import Promise, current_of, promises_of
from tickets.showing.strip import Strip
from tickets.templatetags.shouyue import near

MINE = (Status.WAITING_CUSTOMER, Status.RESOLVED)
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Waiting:
    """A ticket in which the customer has the next word."""

    ticket: Ticket
    at: datetime

    @property
    def subject(self) -> str:
        return self.ticket.subject

    @property
    def number(self) -> str:
        return self.ticket.number

    @property
    def url(self) -> str:
        return url_of(self.ticket)

    @property
    def answer_url(self) -> str:
        return f"{self.url}#answer"

    @property
    def ask(self) -> str:
        return _("确认解决") if self.ticket.status == Status.RESOLVED else _("补充材料")

    @property
    def because(self) -> str:
        """Return who waits, and for what."""
        if self.ticket.status == Status.RESOLVED:
            return _("%(when)s 解决了，对不对由您说") % {"when": near(self.ticket.resolved_at, self.at)}
        who = helper_of(self.ticket) or _("我们")
        return _("%(who)s在等您的回复，这段时间不计时") % {"who": who}


@dataclass(frozen=True, slots=True)
class Helped:
    """A ticket that we work on."""

    ticket: Ticket
    promises: Sequence[Promise]
    at: datetime

    @property
    def url(self) -> str:
        return url_of(self.ticket)

    @property
    def current(self) -> Promise | None:
        return current_of(self.promises)

    @property
    def say(self) -> str:
        return said_of(self.ticket, self.promises, self.at)

    @property
    def strip(self) -> Strip | None:
        return self.current.row if self.current else None


def url_of(ticket: Ticket) -> str:
    """Return where a customer reads a ticket."""
    return reverse("portal:ticket", args=[ticket.number])


def questions_of(user: User, contact: Contact, at: datetime) -> dict[str, Any]:
    """Return the answers; the number of queries does not grow with the tickets."""
    visible = Ticket.objects.visible_to(user).select_related("assignee", "contract__plan")
    waiting = visible.filter(status__in=MINE).order_by("-updated_at")
    helped = visible.unfinished().exclude(status=Status.WAITING_CUSTOMER).queue()
    shown = list(helped[:SHOWN])
    promises = promises_of(shown, at, user)
    held = rights.held_by(contact, at)
    matters = matters_of(user, contact, at)
    waiting_count = waiting.count()
    return {
        "matters": matters[:SHOWN],
        "matters_more": max(len(matters) - SHOWN, 0),
        "waiting": [Waiting(ticket, at) for ticket in waiting[:SHOWN]],
        "waiting_count": waiting_count + len(matters),
        "waiting_more": max(waiting_count - SHOWN, 0),
        "helped": [Helped(ticket, promises[ticket.pk], at) for ticket in shown],
        "helped_more": max(helped.count() - SHOWN, 0),
        "owed": rights.next_owed(held),
        "rights": rights.counted(held),
        "contracts": held,
        "now": at,
    }
