"""The card beside a conversation: whose it is, what their plan gives, what was promised, what else is open."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _

from plans.agreements import agreements_of_customer
from plans.models import Contract
from plans.quotas.rights import rights_of
from plans.quotas.words import left_words
from plans.terms import local_date
from plans.wording import list_of, text_of
from plans.wording import name_of as named
from sla.models import Milestone
from tickets.console.accounts.guard import SEE_ALL
from tickets.console.chat.slips import person_of, promise_shown
from tickets.console.guard import Reader
from tickets.console.rows import Seal
from tickets.models import Chat, CoverageDecision, Ticket
from tickets.showing.promises import Promise
from tickets.showing.wording import name_of, zone_words

MOST_TICKETS, MOST_CHATS = 5, 5


@dataclass(frozen=True)
class Card:
    """What stands beside one conversation, for one reader."""

    chat: Chat
    reader: Reader

    def whole(self) -> dict[str, Any]:
        """Return what the card's part needs."""
        return {
            "promises": self.promises,
            "decision": self.decision,
            "customer": self.customer,
            "came_from": self.came_from,
            "rights": self.rights,
            "open_tickets": self.open_tickets,
            "earlier": self.earlier,
            "chat": self.chat,
            "now": self.reader.at,
        }

    @cached_property
    def contract(self) -> Contract | None:
        """Return the contract that it runs under; before a person is asked for, the one that would serve it."""
        if self.chat.contract or self.chat.customer_id is None:
            return self.chat.contract
        found = [
            one
            for one in agreements_of_customer(self.chat.customer_id)
            if one.contract.plan.vendor == self.chat.vendor and one.term_at(self.reader.at) == "in_force"
        ]
        best = max(found, key=lambda one: (one.find("im") is not None, one.contract.plan.rank), default=None)
        return best.contract if best else None

    @property
    def promises(self) -> list[Promise]:
        """Return what the conversation's own clock times: a person's first answer."""
        if self.chat.clock_id is None:
            return []
        rows = Milestone.objects.filter(clock=self.chat.clock_id).select_related("target__policy")
        return [promise_shown(row, self.reader) for row in rows.order_by("number")]

    @property
    def decision(self) -> dict[str, Any] | None:
        """Return what the plan answered when a person was asked for, the last time."""
        row = CoverageDecision.objects.filter(chat=self.chat).order_by("-pk").first()
        if row is None:
            return None
        told = {name: text_of(row, name) for name in ("reason", "clause")}
        return {"outcome": row.outcome, "promise": row.promise, "ways_on": list_of(row, "ways_on"), **told}

    @property
    def customer(self) -> dict[str, Any]:
        """Return who asks, what they hold, and who of ours stands for them."""
        chat, contract, contact = self.chat, self.contract, self.chat.contact
        zone = ZoneInfo(contact.zone) if contact else None
        members = list(contract.account_team.select_related("user")) if contract else []
        may_see = self.reader.user.role in SEE_ALL or self.reader.user in [member.user for member in members]
        code = chat.customer.code if chat.customer and may_see else ""
        return {
            "name": named(chat.customer) if chat.customer else "",
            "url": reverse("console:accounts:customer", args=[code]) if code else "",
            "contact": contact,
            "contact_name": person_of(chat),
            "local_time": f"{self.reader.at.astimezone(zone):%H:%M} {zone_words(zone)}" if zone else "",
            "plan": Seal.of(contract.plan) if contract else None,
            "contract": contract.number if contract else "",
            "ends_on": (contract.ended_on or contract.ends_on) if contract else None,
            "account_team": [{"role": one.get_seat_display(), "name": name_of(one.user)} for one in members],
        }

    @property
    def came_from(self) -> list[tuple[str, str]]:
        """Return where in which product the chat was opened, as far as its page said. Source: K03"""
        chat = self.chat
        site = chat.visitor.site if chat.visitor else None
        said = [
            (_("产品"), named(chat.product) if chat.product else ""),
            (_("从哪个入口"), named(site) if site else str(chat.get_channel_display())),
            (_("模块"), chat.module),
            (_("租户"), chat.tenant),
            (_("页面"), chat.page),
            (_("语言"), str(chat.get_language_display())),
        ]
        return [(name, value) for name, value in said if value]

    @property
    def rights(self) -> list[dict[str, str]]:
        """Return what the contract gives by number, and how much of it is left."""
        contract = self.contract
        if contract is None:
            return []
        return [
            {"name": named(item), "words": left_words(right), "section": item.section}
            for right in rights_of(contract, local_date(contract, self.reader.at))
            if (item := right.entitlement.item) and right.balance
        ]

    @property
    def open_tickets(self) -> list[Ticket]:
        """Return the customer's unfinished tickets that the reader may see, what is due first in front."""
        if self.chat.customer_id is None:
            return []
        seen = Ticket.objects.visible_to(self.reader.user).unfinished().filter(customer=self.chat.customer_id)
        return list(seen.queue()[:MOST_TICKETS])

    @property
    def earlier(self) -> list[Chat]:
        """Return the same person's conversations before this one that the reader may see."""
        chat = self.chat
        seen = Chat.objects.visible_to(self.reader.user).exclude(pk=chat.pk)
        if chat.contact_id:
            theirs = seen.filter(contact=chat.contact_id)
        else:
            theirs = seen.filter(visitor=chat.visitor_id) if chat.visitor_id else seen.none()
        return list(theirs.select_related("assignee").order_by("-opened_at")[:MOST_CHATS])
