"""What the plan answered: as the ticket keeps it, and as a row of its own each time that it was asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from plans.coverage import Decision
from plans.models import Contact, Contract, Plan, Product, User
from plans.models.people import Language
from tickets.models import CoverageDecision, InboundEvent, Ticket

CLAUSE, REASON, REASON_EN = 400, 600, 900
Cause = CoverageDecision.Cause


@dataclass(frozen=True, slots=True)
class Facts:
    """What a plan was asked."""

    contact: Contact
    product: Product | None
    category: str
    channel: str
    priority: str
    deployment: str = ""
    answers: Mapping[str, bool] = field(default_factory=dict)

    @classmethod
    def of(cls, ticket: Ticket) -> "Facts":
        """Return what a ticket says of itself."""
        return cls(
            ticket.contact, ticket.product, ticket.category, ticket.channel, ticket.priority,
            deployment=ticket.deployment, answers=ticket.customisation,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Overruling:
    """Who decided in the plan's place, why, and what stood before."""

    actor: User | None
    why: str
    was_outcome: str = ""


def keep(ticket: Ticket, decision: Decision, contract: Contract) -> None:
    """Write a decision on a ticket, not saved: in both languages, whoever asked."""
    chinese, english = decision.told[Language.CHINESE], decision.told[Language.ENGLISH]
    ticket.outcome, ticket.promise, ticket.plan_rank = decision.outcome, decision.promise, contract.plan.rank
    ticket.clause, ticket.clause_en = chinese.clause[:CLAUSE], english.clause[:CLAUSE]
    ticket.reason, ticket.reason_en = chinese.reason[:REASON], english.reason[:REASON]
    ticket.ways_on, ticket.ways_on_en = list(chinese.ways_on), list(english.ways_on)


def row_of(decision: Decision, facts: Facts, cause: Cause, at: datetime) -> CoverageDecision:
    """Return a decision as a row that is not saved yet: what was asked, what was answered, and by which rule."""
    chinese, english = decision.told[Language.CHINESE], decision.told[Language.ENGLISH]
    return CoverageDecision(
        cause=cause, contact=facts.contact, contract=decision.contract, plan=_plan(decision), product=facts.product,
        deployment=facts.deployment, category=facts.category, channel=facts.channel, priority=facts.priority,
        is_certified=facts.contact.is_certified, answers=dict(facts.answers), outcome=decision.outcome,
        rule=decision.rule, promise=decision.promise, at=at,
        clause=chinese.clause[:CLAUSE], clause_en=english.clause[:CLAUSE],
        reason=chinese.reason[:REASON], reason_en=english.reason[:REASON_EN],
        ways_on=list(chinese.ways_on), ways_on_en=list(english.ways_on),
    )  # fmt: skip


def _plan(decision: Decision) -> Plan | None:
    return decision.contract.plan if decision.contract else None


def remember(
    *, ticket: Ticket, decision: Decision, cause: Cause, at: datetime, by: Overruling | None = None
) -> CoverageDecision:
    """Add what the plan answers to a ticket now, or one of us in its place, and return the row."""
    row = row_of(decision, Facts.of(ticket), cause, at)
    row.ticket = ticket
    if by:
        row.actor, row.actor_display = by.actor, str(by.actor or "")
        row.why, row.was_outcome = by.why[:400], by.was_outcome
    row.save(force_insert=True)
    return row


def remember_refusal(*, intake: InboundEvent, decision: Decision, facts: Facts, at: datetime) -> CoverageDecision:
    """Keep what the plan refused, with what came in, and return the row."""
    row = row_of(decision, facts, Cause.REFUSED, at)
    row.intake = intake
    row.save(force_insert=True)
    return row
