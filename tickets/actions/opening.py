"""Open a ticket under the contract that a coverage decision names, and start its clock."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from plans.coverage import Decision

from plans.models import Contact, Contract, Product, Team
from sla.refusals import ActionRefusedError
from tickets import notifications
from tickets.ledger import Entry, actor_of, open_with
from tickets.models import Delivery, Message, Priority, Status, Ticket, TicketEvent


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
    external_id: str = ""
    external_scope: str = ""


@transaction.atomic
def open_ticket(*, opening: Opening, at: datetime, told_at: datetime | None = None) -> Ticket:
    """Open a ticket as of `at` and return it; the customer's receipt is queued for `told_at`, or at once.

    Raises ActionRefusedError when the decision says that the plan does not cover it. Source: Y07, K02
    """
    decision = opening.decision
    if not decision.is_open or decision.contract is None:
        raise ActionRefusedError(
            "not_covered", decision.reason, promise=decision.promise, clause=decision.clause, ways_on=decision.ways_on
        )
    ticket = _ticket(opening, decision.contract, at)
    message = Message(
        author_kind="customer",
        contact=opening.contact,
        author_id=opening.contact.user_id,
        author_display=opening.contact.name,
        body=opening.body,
        at=at,
    )
    entry = Entry(TicketEvent.Kind.OPENED, actor_of(opening.contact), at, message, {"channel": opening.channel})
    event = open_with(ticket, entry, decision.policy)
    notifications.queue(
        kind=Delivery.Kind.RECEIPT, parent=event, ticket=ticket, recipient=opening.contact, at=told_at or at
    )
    return ticket


def _ticket(opening: Opening, contract: Contract, at: datetime) -> Ticket:
    # Long because a ticket keeps everything that was asked and decided.
    decision = opening.decision
    return Ticket(
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
        external_id=opening.external_id,
        external_scope=opening.external_scope,
        language=opening.contact.reads,
        team=team_of(contract),
        outcome=decision.outcome,
        promise=decision.promise,
        clause=decision.clause,
        reason=decision.reason,
        ways_on=list(decision.ways_on),
        plan_rank=contract.plan.rank,
        opened_at=at,
    )


def team_of(contract: Contract) -> Team | None:
    """Return the team that serves a contract: its own, else its branch's."""
    if contract.team_id:
        return contract.team
    return contract.branch.team if contract.branch else None


def _next_number(at: datetime) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('ticket_number')")
        return f"T-{at.year}-{cursor.fetchone()[0]:06d}"
