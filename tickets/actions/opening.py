"""Open a ticket under the contract that a coverage decision names, and start its clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction
from django.utils.translation import gettext as _

from plans.actions.quotas import Posting, consume
from plans.coverage import Decision
from plans.models import Contact, Contract, Product, Team
from plans.quotas.words import in_both
from plans.terms import local_date
from sla.models import Milestone
from sla.refusals import ActionRefusedError
from tickets.actions.deciding import Cause, Facts, keep, row_of
from tickets.ledger import Entry, actor_of, open_with
from tickets.models import Delivery, Message, Priority, Status, Ticket, TicketEvent
from tickets.telling import notifications


@dataclass(frozen=True, slots=True)
class Opening:
    """What a new ticket says, whatever way it came in."""

    contact: Contact
    decision: Decision
    channel: str
    category: str
    subject: str
    body: str
    product: Product | None = None
    priority: str = Priority.NORMAL
    module: str = ""
    tenant: str = ""
    version: str = ""
    environment: str = ""
    error_code: str = ""
    deployment: str = ""
    customisation: Mapping[str, bool] = field(default_factory=dict)
    external_id: str = ""
    external_scope: str = ""
    # Whose it becomes where that is not for the contract to say.
    team: Team | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A ticket that has just been opened: what was said, and what is promised."""

    ticket: Ticket
    message: Message
    milestones: list[Milestone]


def open_ticket(*, opening: Opening, at: datetime, told_at: datetime | None = None) -> Ticket:
    """Open a ticket as of `at` and return it; the customer's receipt is queued for `told_at`, or at once.

    Raises ActionRefusedError when the decision says that the plan does not cover it. Source: Y07, K02
    """
    return stand_up(opening=opening, at=at, told_at=told_at).ticket


def stand_up(*, opening: Opening, at: datetime, told_at: datetime | None = None) -> Standing:
    """Open a ticket as `open_ticket` does, and return it with its first message and its milestones."""
    decision = opening.decision
    if not decision.is_open or decision.contract is None:
        raise ActionRefusedError(
            "not_covered", decision.reason, promise=decision.promise, clause=decision.clause, ways_on=decision.ways_on
        )
    # A caller with a transaction of its own gains nothing from a savepoint: what raises from here on ends both.
    with transaction.atomic(savepoint=False):
        return _written(_ticket(opening, decision.contract, at), opening, told_at or at)


def _written(ticket: Ticket, opening: Opening, told_at: datetime) -> Standing:
    contact, at = opening.contact, ticket.opened_at
    message = Message(
        author_kind="customer",
        contact=contact,
        author_id=contact.user_id,
        author_display=contact.name,
        body=opening.body,
        at=at,
    )
    entry = Entry(TicketEvent.Kind.OPENED, actor_of(contact), at, message, {"channel": opening.channel})
    decided = row_of(opening.decision, Facts.of(ticket), Cause.OPENED, at)
    decided.ticket = ticket
    opened = open_with(ticket, entry, opening.decision.policy, [decided])
    _count(opening.decision, ticket)
    notifications.queue(kind=Delivery.Kind.RECEIPT, parent=opened.event, ticket=ticket, recipient=contact, at=told_at)
    return Standing(ticket, message, opened.milestones)


def _count(decision: Decision, ticket: Ticket) -> None:
    """Book a ticket as used where the plan counts tickets; what is charged is not taken from what is included.

    Raises RefusedError where another ticket has just taken the last one.
    """
    counted, right = decision.balance, decision.entitlement
    if counted is None or right is None or counted.unit != "tickets" or decision.outcome == "chargeable":
        return
    cause = in_both(lambda: _("工单 %(number)s") % {"number": ticket.number})
    posting = Posting(ticket.opened_at, f"ticket:{ticket.number}", *cause)
    on = local_date(ticket.contract, ticket.opened_at)
    consume(entitlement=right, amount=Decimal(1), on=on, posting=posting, unit=counted.unit)


def _ticket(opening: Opening, contract: Contract, at: datetime) -> Ticket:
    # Long because a ticket keeps everything that was asked.
    ticket = Ticket(
        number=_next_number(at),
        customer_id=contract.customer_id,
        contact=opening.contact,
        contract=contract,
        product=opening.product,
        channel=opening.channel,
        category=opening.category,
        priority=opening.priority,
        status=Status.NEW,
        subject=opening.subject,
        module=opening.module,
        tenant=opening.tenant,
        version=opening.version,
        environment=opening.environment,
        error_code=opening.error_code,
        deployment=opening.deployment,
        customisation=dict(opening.customisation),
        external_id=opening.external_id,
        external_scope=opening.external_scope,
        language=opening.contact.reads,
        team_id=opening.team.pk if opening.team else team_of(contract),
        opened_at=at,
    )
    keep(ticket, opening.decision, contract)
    return ticket


def team_of(contract: Contract) -> int | None:
    """Return the key of the team that serves a contract: its own, else its branch's."""
    if contract.team_id:
        return contract.team_id
    return contract.branch.team_id if contract.branch else None


def _next_number(at: datetime) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('ticket_number')")
        return f"T-{at.year}-{cursor.fetchone()[0]:06d}"
