"""In what an engagement is counted: what its plan counts, and what its contract grants beside it. Source: K05, K06"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from plans.models import Entitlement
from plans.quotas.balances import Balance, balance_of
from plans.quotas.rules import drawn_on, rules_of
from plans.quotas.words import amount_words

# Counted by the person who enrols, or by the ticket, never by the engagement.
NOT_BY_ENGAGEMENT = ("people", "tickets")
# Units of which an engagement is one.
ONCE = ("times", "reports")


@dataclass(frozen=True, slots=True)
class Amount:
    """What there is of a service in one unit, in words too; what is drawn on may be another service's. Source: K05"""

    unit: str
    left: Decimal
    granted: Decimal
    until: date

    @property
    def left_words(self) -> str:
        """Return what is left with its unit."""
        return amount_words(self.left, self.unit)

    @property
    def granted_words(self) -> str:
        """Return what was granted with its unit."""
        return amount_words(self.granted, self.unit)


def units_of(right: Entitlement, on: date) -> list[str]:
    """Return the units in which a service is counted on a local date; none where nothing is."""
    return _units(right, balance_of(right, on))


def _units(right: Entitlement, granted: Balance | None) -> list[str]:
    planned = [rule.unit for rule in rules_of(right.item) if rule.is_counted or rule.draws_on]
    units = dict.fromkeys([*planned, *([granted.unit] if granted else [])])
    return [unit for unit in units if unit not in NOT_BY_ENGAGEMENT]


def amounts_of(right: Entitlement, on: date) -> list[Amount]:
    """Return what there is of a service on a local date, in each unit of which an engagement uses some."""
    own = balance_of(right, on)
    found = [own if own and own.unit == unit else _drawn(right, on, unit) for unit in _units(right, own)]
    return [Amount(one.unit, one.left, one.granted, one.ends_on) for one in found if one]


def _drawn(right: Entitlement, on: date, unit: str) -> Balance | None:
    source, _rule = drawn_on(right, unit)
    return balance_of(source, on, unit)


def figures_of(right: Entitlement, on: date) -> list[str]:
    """Return the units of which whoever arranges a service has to say how many it takes."""
    return [unit for unit in units_of(right, on) if unit not in ONCE]
