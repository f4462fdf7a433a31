"""提交问题: a conversation becomes a ticket, with what was said so far; the rest of it follows there. Source: Y07"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from plans.coverage import Decision, cover
from plans.models import Contact, Product
from sla.actors import Actor
from sla.engine import Heard, plan
from sla.models import Milestone
from sla.refusals import ActionRefusedError
from sla.timeline import ActorKind, FactKind
from tickets.actions.chat.hearing import copy_files
from tickets.actions.chat.lines import Speaker, check_own, check_part, contact_of, event, locked
from tickets.actions.opening import Opening, stand_up
from tickets.models import Category, Chat, Priority, Search, Ticket, Visitor
from tickets.showing.chat import record

SUBJECT, BODY = 200, 100_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What a ticket is to be about; `answers` are those to the plan's questions about customisation, by code."""

    subject: str
    category: str = Category.HOW_TO
    priority: str = Priority.NORMAL
    product: Product | None = None
    body: str = ""
    answers: Mapping[str, bool] = field(default_factory=dict)


def foretold(*, chat: Chat, asked: Asked, at: datetime) -> Decision:
    """Return what the plan answers to a question that is only being written. Raises ActionRefusedError."""
    return _decided(chat, contact_of(chat), asked, at)


def due_of(*, decision: Decision, priority: str, at: datetime) -> Milestone | None:
    """Return the first promise that would run if a ticket were opened now, not saved; None where nothing is timed."""
    if decision.policy is None or not decision.is_open:
        return None
    planned = plan(policy=decision.policy, priority=priority, heard=Heard(FactKind.OPEN, at, Actor(ActorKind.CUSTOMER)))
    return next((row for row in planned.milestones if row.due_at), None)


@transaction.atomic
def open_ticket_from(*, chat: Chat, asked: Asked, actor: Speaker, at: datetime) -> Ticket:
    """Open a ticket from a conversation, which goes on, and return it; the same question twice is the same ticket.

    Whispers are not part of it. One of us may do it for the customer, and anybody at any hour. Raises
    ActionRefusedError when the plan says no, with its clause.
    """
    chat = locked(chat)
    if isinstance(actor, Visitor):
        check_own(chat, actor)
    else:
        check_part(chat, actor)
    contact = contact_of(chat)
    subject = _subject(asked)
    if (there := chat.ticket) and not there.is_ended and there.subject == subject:
        return there
    return _stood(chat, _opening(chat, contact, asked, at), actor, at)


def _subject(asked: Asked) -> str:
    subject = " ".join(asked.subject.replace("\x00", "").split())[:SUBJECT]
    if not subject:
        raise ActionRefusedError("empty_subject", _("请写下主题。"))
    return subject


def _decided(chat: Chat, contact: Contact, asked: Asked, at: datetime) -> Decision:
    return cover(
        contact, None, None, asked.product or chat.product, "", asked.category, chat.channel, at,
        priority=asked.priority, answers=asked.answers, vendor=chat.vendor,
    )  # fmt: skip


def _opening(chat: Chat, contact: Contact, asked: Asked, at: datetime) -> Opening:
    return Opening(
        contact=contact,
        decision=_decided(chat, contact, asked, at),
        channel=chat.channel,
        category=asked.category,
        subject=_subject(asked),
        body=_body(chat, contact, asked),
        product=asked.product or chat.product,
        priority=asked.priority,
        module=chat.module,
        tenant=chat.tenant,
        customisation=asked.answers,
    )


def _body(chat: Chat, contact: Contact, asked: Asked) -> str:
    """Return what the ticket says first: what was typed, then the record of the conversation."""
    with override(contact.reads):
        said = record(chat, zone=contact.zone)
    typed = asked.body.replace("\x00", "").strip()
    whole = "\n\n".join(part for part in (typed, said) if part)
    return whole[:BODY] or asked.subject


def _stood(chat: Chat, opening: Opening, actor: Speaker, at: datetime) -> Ticket:
    standing = stand_up(opening=opening, at=at)
    ticket = standing.ticket
    copy_files(chat, standing.message, at)
    chat.ticket, chat.contract, chat.customer_id = ticket, ticket.contract, ticket.customer_id
    due = next((row.due_at.isoformat() for row in standing.milestones if row.due_at), "")
    by = {} if isinstance(actor, Visitor) else {"who": str(actor), "who_en": actor.name_en or str(actor)}
    event(chat, "ticket", at, "ticket", "contract", "customer", ticket=ticket.number, due_at=due, **by)
    asked_bot = Search.objects.filter(pk__in=_searches(chat), ticket=None, solved_at=None)
    asked_bot.update(ticket=ticket)
    return ticket


def _searches(chat: Chat) -> list[int]:
    """Return what the customer asked the bot in it."""
    found = chat.messages.filter(fields__has_key="search").values_list("fields__search", flat=True)
    return [int(pk) for pk in found]
