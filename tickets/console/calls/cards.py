"""Who is on the phone: what an agent sees the moment it rings, and beside the call form. Source: Y08"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from plans.agreements import Agreement
from plans.coverage import Decision, cover, hours_of
from plans.models import Contact, Entitlement
from plans.wording import clause_of, name_of
from sla.compiled import calendar_named
from tickets.actions.calls.placing import agreement_of, candidates, number_of
from tickets.console.guard import Reader
from tickets.console.live import EVERYWHERE
from tickets.console.rows import Seal
from tickets.models import Call, Category, Channel, Priority, Ticket
from tickets.models.calls import LIVE

RELATED = ("contact__customer", "customer", "contract__plan", "product", "agent__team", "ticket", "call_back")
# A phone that rang longer ago does so no more, whatever the switchboard left out; a talk goes on longer.
RINGS, TALKS = timedelta(minutes=3), timedelta(hours=2)
MOST_CARDS, MOST_TICKETS = 3, 3


@dataclass(frozen=True)
class Card:
    """One call with who is on the other end, for one reader."""

    call: Call
    reader: Reader
    # Whom somebody is about to choose in the form; else whom the number stands for.
    chosen: Contact | None = None

    @property
    def url(self) -> str:
        return reverse("console:call", args=[self.call.code])

    @property
    def contact(self) -> Contact | None:
        return self.chosen or self.call.contact

    @property
    def number(self) -> str:
        return number_of(self.call)

    @cached_property
    def who(self) -> str:
        """Return who it is, or how many it may be."""
        if self.contact:
            return name_of(self.contact)
        found = len(self.candidates)
        if found > 1:
            return _("%(count)d 位联系人用这个号码") % {"count": found}
        return _("未登记的号码") if self.number else _("号码未显示")

    @cached_property
    def candidates(self) -> list[Contact]:
        return [] if self.contact else candidates(self.number, self.call.vendor)

    @property
    def customer(self) -> str:
        row = self.contact.customer if self.contact else self.call.customer
        return name_of(row) if row else ""

    @cached_property
    def right(self) -> Entitlement | None:
        """Return the entitlement to the hotline under the agreement that holds, if there is one."""
        agreement = self._agreement
        return agreement.find("hotline") if agreement else None

    @cached_property
    def _agreement(self) -> Agreement | None:
        customer = self.contact.customer if self.contact else self.call.customer
        return agreement_of(customer, self.call.vendor, self.reader.at)

    @property
    def plan(self) -> Seal | None:
        return Seal.of(self._agreement.contract.plan) if self._agreement else None

    @property
    def contract(self) -> str:
        return self._agreement.contract.number if self._agreement else ""

    @cached_property
    def decision(self) -> Decision | None:
        """Return what the plan says to a plain question on the phone; None while nobody is known."""
        if self.contact is None:
            return None
        return cover(
            self.contact, None, None, self.call.product, "", Category.HOW_TO, Channel.HOTLINE, self.reader.at,
            priority=Priority.URGENT, language=self.reader.user.language, vendor=self.call.vendor,
        )  # fmt: skip

    @property
    def clause(self) -> str:
        """Return what the contract says of the hotline."""
        return clause_of(self.right.item) if self.right else ""

    @property
    def warning(self) -> str:
        """Return what an agent has to know before they answer: not certified, no hotline, outside its hours."""
        if self.decision and self.decision.outcome in ("not_covered", "redirected"):
            return self.decision.reason
        return self._shut

    @property
    def _shut(self) -> str:
        is_over = self.call.state not in LIVE
        code = hours_of(self._agreement, self.right) if self._agreement and self.right and not is_over else ""
        if not code or calendar_named(code).calendar.is_open(self.reader.at):
            return ""
        return _("现在不在本合同的热线服务时间内：%(hours)s。") % {"hours": name_of(calendar_named(code))}

    @cached_property
    def open_tickets(self) -> list[Ticket]:
        """Return the customer's unfinished tickets that the reader may see, what is due first in front."""
        return list(self._tickets()[:MOST_TICKETS])

    @cached_property
    def open_count(self) -> int:
        return self._tickets().count()

    def _tickets(self) -> QuerySet[Ticket]:
        customer = self.contact.customer_id if self.contact else self.call.customer_id
        if not customer:
            return Ticket.objects.none()
        seen = Ticket.objects.visible_to(self.reader.user).unfinished().filter(customer=customer)
        return seen.queue()

    @cached_property
    def last_call(self) -> Call | None:
        """Return the call before this one from the same customer."""
        customer = self.contact.customer_id if self.contact else self.call.customer_id
        if not customer:
            return None
        before = Call.objects.visible_to(self.reader.user).filter(customer=customer, rang_at__lt=self.call.rang_at)
        return before.exclude(pk=self.call.pk).order_by("-rang_at", "-pk").first()


def ringing_for(reader: Reader) -> list[Card]:
    """Return the calls that a reader is to see now: theirs, and those that ring for anybody at their desk."""
    user, at = reader.user, reader.at
    rings = Q(state__in=(Call.State.RINGING, Call.State.VOICE_BOT), rang_at__gte=at - RINGS)
    talks = Q(state=Call.State.ANSWERED, answered_at__gte=at - TALKS, agent=user)
    free = Q(agent=None) & ~Q(state=Call.State.VOICE_BOT) & at_desk_of(reader)
    mine = rings & (Q(agent=user) | free)
    calls = Call.objects.visible_to(user).live().filter(mine | talks, noted_at=None).select_related(*RELATED)
    return [Card(call, reader) for call in calls.order_by("-rang_at", "-pk")[:MOST_CARDS]]


def at_desk_of(reader: Reader) -> Q:
    """Return what narrows calls to the desks at which a reader sits."""
    team = reader.user.team
    return Q(vendor__in=(team.vendor, "")) if team and reader.user.role not in EVERYWHERE else Q()


def since(call: Call, at: datetime) -> int:
    """Return for how many seconds a call goes on, or went on."""
    begun = call.answered_at or call.rang_at
    return max(int(((call.ended_at or at) - begun).total_seconds()), 0)
