"""`/chat/v1/ticket/`: 提交问题. The same questions as the portal's form, and the same answer. Source: Y07, K02"""

from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from plans.coverage import Inquiry
from plans.models import Contact
from sla.compiled import calendar_of
from sla.models import Milestone
from tickets.actions import chat as acts
from tickets.actions.chat import Asked
from tickets.actions.chat.lines import contact_of
from tickets.answers import decision_of, instant, milestones_of
from tickets.channels.base import Reader
from tickets.channels.form import BODY, SUBJECT, read_answers
from tickets.chat.base import ChatView
from tickets.chat.standing import chat_fields, portal_url
from tickets.choices import Choice, Held, categories_of, held_by, inquiry_for, priorities
from tickets.customisation_form import fault_of
from tickets.models import Category, Chat, Priority, Ticket


class Ticketed(ChatView):
    """The ticket that a conversation becomes."""

    def get(self, request: Request) -> Response:
        """Return what is asked before one is opened."""
        chat = self.chat
        # Who may not ask us anything is told so before they write it down.
        held = _held(chat, contact_of(chat), self.guest.at)
        inquiry = _inquiry(chat, held)
        return Response({
            "products": [{"code": code, "name": name} for code, name in _products(held).items()],
            "product": chat.product.code if chat.product else "",
            "categories": _choices(categories_of(held)),
            "priorities": _choices(priorities()),
            "questions": inquiry.questions if inquiry else {},
            "subject": _subject(chat),
        })  # fmt: skip

    def post(self, request: Request) -> Response:
        """Open it, and return its number, what was decided and by which clause, and when we answer."""
        chat, said, at = self.chat, self.said, self.guest.at
        held = _held(chat, contact_of(chat), at)
        asked = _asked(chat, said, held, said.text("subject", SUBJECT, required=True))
        said.finish()
        ticket = acts.open_ticket_from(chat=chat, asked=asked, actor=self.guest.visitor, at=at)
        return Response(_fields(ticket, at), status=HTTPStatus.CREATED)


class Foretold(ChatView):
    """What comes of a question that is still being written."""

    def post(self, request: Request) -> Response:
        """Return what the plan answers, and by when we would: nothing is kept."""
        chat, said, at = self.chat, self.said, self.guest.at
        held = _held(chat, contact_of(chat), at)
        asked = _asked(chat, said, held, said.text("subject", SUBJECT))
        said.finish()
        decision = acts.foretold(chat=chat, asked=asked, at=at)
        due = acts.due_of(decision=decision, priority=asked.priority, at=at)
        told = {
            "outcome": decision.outcome, "promise": decision.promise, "clause": decision.clause,
            "reason": decision.reason, "ways_on": list(decision.ways_on),
        }  # fmt: skip
        return Response({"decision": told, **_due_fields(due)})


def _held(chat: Chat, contact: Contact, at: datetime) -> list[Held]:
    """Return what the customer holds of the conversation's vendor."""
    return [one for one in held_by(contact, at) if one.about.contract.plan.vendor == chat.vendor]


def _products(held: list[Held]) -> dict[str, str]:
    return {one.about.product.code: one.name for one in reversed(held) if one.about.product}


def _choices(choices: list[Choice]) -> list[dict[str, str]]:
    return [{"code": one.code, "name": one.name, "why": one.explained} for one in choices]


def _inquiry(chat: Chat, held: list[Held]) -> Inquiry | None:
    named = [one for one in held if chat.product is None or one.about.product == chat.product]
    return inquiry_for(named or held)


def _subject(chat: Chat) -> str:
    """Return what the customer asked first, to begin with."""
    first = chat.messages.questions().order_by("number").first()
    return " ".join(first.body.split())[:80] if first else ""


def _asked(chat: Chat, said: Reader, held: list[Held], subject: str) -> Asked:
    category = said.one_of("category", frozenset(Category.values), default=Category.HOW_TO)
    answers = read_answers(said) if category == Category.CUSTOMISATION else {}
    inquiry = _inquiry(chat, held) if category == Category.CUSTOMISATION else None
    if fault := fault_of(inquiry, answers) if inquiry else "":
        said.wrong("customisation", "unanswered", fault)
    code = said.text("product", 40)
    products = {one.about.product.code: one.about.product for one in held if one.about.product}
    if code and code not in products:
        said.wrong("product", "unknown", _("请选一个产品。"))
    return Asked(
        subject=subject,
        category=category,
        priority=said.one_of("priority", frozenset(Priority.values), default=Priority.NORMAL),
        product=products.get(code),
        body=said.text("body", BODY),
        answers=answers,
    )


def _due_fields(row: Milestone | None) -> dict[str, Any]:
    """Return by when we answer, and the zone of the hours that it is counted in."""
    zone = calendar_of(row.calendar_version_id).zone.key if row else ""
    return {"due_at": instant(row.due_at) if row else None, "zone": zone}


def _fields(ticket: Ticket, at: datetime) -> dict[str, Any]:
    first = next((row for row in milestones_of(ticket) if row.due_at), None)
    return {
        "ticket": ticket.number,
        "url": portal_url(ticket.number),
        "decision": decision_of(ticket),
        **_due_fields(first),
        "chat": chat_fields(ticket.chats.select_related("product", "assignee", "ticket").latest("pk"), at),
    }
