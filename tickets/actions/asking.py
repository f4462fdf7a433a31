"""What a customer does in the portal: ask, answer, confirm. What they sent is kept before it is understood."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from http import HTTPStatus

from django.db import transaction
from django.utils.translation import gettext as _

from plans.coverage import Decision, cover
from plans.models import Contact, Contract, OwnedProduct, Product
from sla.refusals import ActionRefusedError
from tickets.actions.attachments import attach
from tickets.actions.deciding import Facts, remember_refusal
from tickets.actions.idempotency import Answer, Asked, once
from tickets.actions.opening import Opening, open_ticket
from tickets.actions.ticket import customer_message
from tickets.channels.base import File
from tickets.models import Channel, InboundEvent, Ticket

ROUTE = "portal:new"


@dataclass(frozen=True, slots=True)
class About:
    """What a question is about: a product as one contract holds it."""

    contract: Contract
    product: Product
    deployment: str


@dataclass(frozen=True, slots=True)
class Words:
    """What was typed into the form, and what was answered to the plan's questions about customisation, by code."""

    category: str
    subject: str
    body: str
    priority: str = "normal"
    answers: Mapping[str, bool] = field(default_factory=dict)
    module: str = ""
    tenant: str = ""
    version: str = ""
    environment: str = ""
    error_code: str = ""


def ask(*, contact: Contact, about: About, words: Words, files: Sequence[File], token: str, at: datetime) -> Ticket:
    """Open a ticket from the portal and return it; the same form sent twice gives the same ticket.

    Raises ActionRefusedError when the plan says no, with its clause; what was typed is kept then too.
    """
    kept = _keep(contact, about, words, files, at)
    decision = foretold(contact=contact, about=about, words=words, at=at)
    asked = _named(contact, ROUTE, token, [_told(about, words), *_sums(files)], at)
    try:
        ticket = _open_once(_opening(contact, decision, about, words), files, asked)
    except ActionRefusedError as refusal:
        _settle(kept, InboundEvent.State.REFUSED, at, error=f"{refusal.code}: {refusal.message}")
        if not decision.is_open:
            remember_refusal(intake=kept, decision=decision, facts=_facts(contact, about, words), at=at)
        raise
    _settle(kept, InboundEvent.State.ACCEPTED, at, ticket=ticket)
    return ticket


def foretold(*, contact: Contact, about: About, words: Words, at: datetime) -> Decision:
    """Return what the plan answers to a question, asked or only being written."""
    return cover(
        contact, about.contract, None, about.product, about.deployment, words.category, Channel.PORTAL, at,
        priority=words.priority, answers=words.answers,
    )  # fmt: skip


def _facts(contact: Contact, about: About, words: Words) -> Facts:
    return Facts(
        contact, about.product, words.category, Channel.PORTAL, words.priority,
        deployment=about.deployment, answers=words.answers,
    )  # fmt: skip


def answer(*, ticket: Ticket, contact: Contact, body: str, files: Sequence[File], token: str, at: datetime) -> Ticket:
    """Add a customer's words and files to a ticket, once, and return the ticket that they are in now.

    Raises ActionRefusedError for a closed ticket, or when there is nothing to add.
    """
    said = body.strip() or (_("见附件。") if files else "")
    asked = _named(contact, f"portal:{ticket.number}", token, [said, *_sums(files)], at)

    def add() -> Answer:
        there = customer_message(ticket=ticket, contact=contact, body=said, at=at)
        if files:
            attach(message=there.messages.filter(contact=contact).latest("pk"), files=files)
        return Answer(HTTPStatus.OK, {"ticket": there.number})

    with transaction.atomic():
        return Ticket.objects.get(number=once(asked, add).body["ticket"])


@transaction.atomic
def _open_once(opening: Opening, files: Sequence[File], asked: Asked) -> Ticket:
    def stand() -> Answer:
        ticket = open_ticket(opening=opening, at=asked.at)
        if files:
            attach(message=ticket.messages.get(), files=files)
        return Answer(HTTPStatus.CREATED, {"ticket": ticket.number})

    return Ticket.objects.get(number=once(asked, stand).body["ticket"])


def _named(contact: Contact, route: str, token: str, said: Sequence[str], at: datetime) -> Asked:
    """Return a request by its form's token and its content: an edited form is another request, not a repeat."""
    digest = hashlib.sha256("\x1f".join(said).encode()).hexdigest()
    return Asked(scope=f"contact:{contact.pk}", route=route, key=f"{token[:64]}:{digest}", fingerprint=digest, at=at)


def _sums(files: Sequence[File]) -> list[str]:
    return [f"{file.name} {hashlib.sha256(file.content).hexdigest()}" for file in files]


def _told(about: About, words: Words) -> str:
    where = {"contract": about.contract.number, "product": about.product.code, "deployment": about.deployment}
    return json.dumps(where | asdict(words), ensure_ascii=False)


def _keep(contact: Contact, about: About, words: Words, files: Sequence[File], at: datetime) -> InboundEvent:
    """Keep what was sent, committed by itself, so that nothing that follows can lose it; files by name and sum."""
    said = json.loads(_told(about, words)) | {"contact": {"id": contact.pk}, "attachments": _sums(files)}
    event = InboundEvent(
        channel=Channel.PORTAL,
        raw=json.dumps(said, ensure_ascii=False).encode(),
        content_type="application/json",
        received_at=at,
    )
    event.save(force_insert=True)
    return event


def _settle(
    event: InboundEvent, state: InboundEvent.State, at: datetime, *, ticket: Ticket | None = None, error: str = ""
) -> None:
    InboundEvent.objects.filter(pk=event.pk).update(state=state, taken_at=at, ticket=ticket, error=error[:400])


def _opening(contact: Contact, decision: Decision, about: About, words: Words) -> Opening:
    """Return the opening with what was typed; tenant and version as the contract knows them where nobody said."""
    owned = OwnedProduct.objects.filter(
        contract=about.contract, product=about.product, deployment=about.deployment
    ).first()
    return Opening(
        contact=contact,
        decision=decision,
        channel=Channel.PORTAL,
        category=words.category,
        subject=words.subject,
        body=words.body,
        product=about.product,
        priority=words.priority,
        deployment=about.deployment,
        customisation=words.answers,
        module=words.module,
        tenant=words.tenant or (owned.tenant if owned else ""),
        version=words.version or (owned.version if owned else ""),
        environment=words.environment,
        error_code=words.error_code,
    )
