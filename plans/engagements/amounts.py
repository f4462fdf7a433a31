"""In what an engagement is counted: what its plan counts, and what its contract grants beside it. Source: K05, K06"""

from datetime import date

from plans.models import Entitlement
from plans.quotas.balances import balance_of
from plans.quotas.rules import rules_of

# Counted by the person who enrols, or by the ticket, never by the engagement.
NOT_BY_ENGAGEMENT = ("people", "tickets")


def units_of(right: Entitlement, on: date) -> list[str]:
    """Return the units in which a service is counted on a local date; none where nothing is."""
    planned = [rule.unit for rule in rules_of(right.item) if rule.is_counted or rule.draws_on]
    granted = balance_of(right, on)
    units = dict.fromkeys([*planned, *([granted.unit] if granted else [])])
    return [unit for unit in units if unit not in NOT_BY_ENGAGEMENT]
