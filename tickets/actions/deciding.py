"""What the plan answered to a ticket, as the ticket keeps it."""

from plans.coverage import Decision
from plans.models import Contract
from plans.models.people import Language
from tickets.models import Ticket

CLAUSE, REASON = 400, 600


def keep(ticket: Ticket, decision: Decision, contract: Contract) -> None:
    """Write a decision on a ticket, not saved: in both languages, whoever asked."""
    chinese, english = decision.told[Language.CHINESE], decision.told[Language.ENGLISH]
    ticket.outcome, ticket.promise, ticket.plan_rank = decision.outcome, decision.promise, contract.plan.rank
    ticket.clause, ticket.clause_en = chinese.clause[:CLAUSE], english.clause[:CLAUSE]
    ticket.reason, ticket.reason_en = chinese.reason[:REASON], english.reason[:REASON]
    ticket.ways_on, ticket.ways_on_en = list(chinese.ways_on), list(english.ways_on)
