"""A mail becomes a ticket under what its writer's contract says, or is refused by its clause."""

from dataclasses import dataclass
from datetime import datetime

from plans.coverage import Decision, cover
from plans.models import Contact, Contract, Product, Team
from plans.terms import local_date
from sla.actors import SYSTEM
from tickets.actions.deciding import Facts, remember_refusal
from tickets.actions.mail.writing import body_of, enclose, subject_of
from tickets.actions.opening import Opening, Standing, stand_up
from tickets.ledger import Entry, record
from tickets.mailing import Letter
from tickets.models import Category, Channel, Delivery, InboundEvent, Mail, Mailbox, Priority, Ticket, TicketEvent
from tickets.telling.notifications import is_stormed

STORM = "too many automatic letters to this address"


@dataclass(frozen=True, slots=True)
class About:
    """What a mail is about as far as mailbox and contracts tell, and what kind of question it is."""

    contract: Contract | None
    product: Product | None
    category: str = Category.HOW_TO
    priority: str = Priority.NORMAL


def about(mailbox: Mailbox | None, contact: Contact, at: datetime) -> About:
    """Return the mailbox's product, or the only one that the contact's contracts with its vendor hold."""
    held = contact.customer.contracts.select_related("plan").prefetch_related("owned_products__product")
    ours = [row for row in held if mailbox is None or row.plan.vendor == mailbox.vendor]
    running = [row for row in ours if _is_running(row, at)]
    only = running[0] if len(running) == 1 else None
    if mailbox and mailbox.product:
        return About(only, mailbox.product)
    products = {owned.product_id: owned.product for row in running or ours for owned in row.owned_products.all()}
    return About(only or (ours[0] if len(ours) == 1 else None), *products.values() if len(products) == 1 else (None,))


def _is_running(contract: Contract, at: datetime) -> bool:
    on = local_date(contract, at)
    return contract.starts_on <= on <= min(contract.ends_on, contract.ended_on or contract.ends_on)


def decided(contact: Contact, matter: About, at: datetime) -> Decision:
    """Return what the plan answers to a question that comes by mail."""
    return cover(
        contact, matter.contract, None, matter.product, "", matter.category, Channel.EMAIL, at,
        priority=matter.priority,
    )  # fmt: skip


def refuse(mail: Mail, event: InboundEvent, contact: Contact, matter: About, decision: Decision) -> None:
    """Keep with a mail what the plan refused."""
    facts = Facts(contact, matter.product, matter.category, Channel.EMAIL, matter.priority)
    remember_refusal(intake=event, decision=decision, facts=facts, at=mail.received_at)
    mail.state, mail.reason = Mail.State.REFUSED, Mail.Reason.NOT_COVERED


def open_ticket(
    *, mail: Mail, letter: Letter, contact: Contact, matter: About, decision: Decision, at: datetime
) -> Ticket:
    """Open the ticket of a mail as of when it arrived, with its files, and return it."""
    opening = Opening(
        contact=contact,
        decision=decision,
        channel=Channel.EMAIL,
        category=matter.category,
        subject=subject_of(mail, contact),
        body=body_of(mail, contact, has_files=bool(letter.files)),
        product=matter.product,
        priority=matter.priority,
        team=_team(mail.mailbox, decision.contract),
    )
    is_enough = is_stormed(contact.email, at=at) or not letter.takes_answers
    standing = stand_up(opening=opening, at=mail.received_at, told_at=at)
    enclose(standing.message, letter)
    mail.ticket, mail.said, mail.state = standing.ticket, standing.message, Mail.State.OPENED
    if is_enough:
        _spare(standing)
    return standing.ticket


def _team(mailbox: Mailbox | None, contract: Contract | None) -> Team | None:
    """Return whose a mailbox's tickets are, if it says so and they are of its vendor."""
    is_its_own = mailbox and contract and contract.plan.vendor == mailbox.vendor
    return mailbox.team if mailbox and is_its_own else None


def _spare(standing: Standing) -> None:
    """Keep the receipt back: two robots that thank each other do so for ever. Source: RFC 3834"""
    receipts = Delivery.objects.filter(ticket=standing.ticket, kind=Delivery.Kind.RECEIPT)
    receipts.filter(state=Delivery.State.QUEUED).update(state=Delivery.State.WITHHELD, error=STORM)


def remark(ticket: Ticket, at: datetime, **told: str) -> None:
    """Write into a ticket what agents should know of a mail; no clock hears it."""
    record(ticket, Entry(TicketEvent.Kind.NOTE, SYSTEM, at, fields=told, is_public=False))
