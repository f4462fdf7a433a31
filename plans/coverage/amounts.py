"""What is left of a service that is counted, on the day it is asked for."""

from dataclasses import dataclass
from datetime import date

from plans.agreements import Agreement
from plans.models import Entitlement, Quota
from plans.quotas.balances import Balance, balances_to_come
from plans.quotas.rules import Rule, rules_of

# What a plan says of more than it includes: served and charged, or refused.
CHARGEABLE = "chargeable"


@dataclass(frozen=True, slots=True)
class Standing:
    """How the amount that bounds a service stands, and its next window where there is one."""

    balance: Balance
    following: Quota | None
    is_chargeable: bool

    @property
    def is_used_up(self) -> bool:
        """Tell whether nothing is left in this window."""
        return self.balance.left <= 0

    @property
    def told(self) -> tuple[object, ...]:
        """Return everything of it that a decision's words depend on: while something is left, nothing."""
        if not self.is_used_up:
            return ("left",)
        balance, following = self.balance, self.following
        more = (following.starts_on, following.amount, following.unit) if following else None
        return (self.is_chargeable, balance.granted, balance.unit, balance.ends_on, more)


def standing_of(agreement: Agreement, right: Entitlement, on: date) -> Standing | None:
    """Return how the scarcest amount of a right stands on a local date; None where nothing is counted, or was signed.

    One query for each right that is drawn on, which is one but for few.
    """
    rules = [rule for rule in rules_of(right.item) if rule.is_counted or rule.draws_on]
    if not rules or right._state.adding:
        return None
    sources = {source.pk: source for source in (_source(agreement, right, rule) for rule in rules)}
    counted: dict[tuple[int | None, str], Rule] = {
        (_source(agreement, right, rule).pk, rule.unit): rule for rule in rules
    }
    drawn = sorted(sources.values(), key=lambda source: source.item.promise)
    rows = [one for source in drawn for one in balances_to_come(source, on) if _place(one) in counted]
    now = [one for one in rows if one.starts_on <= on]
    if not now:
        return None
    scarcest = min(now, key=lambda one: (one.left > 0, one.left))
    later = [one.quota for one in rows if one.starts_on > on and _place(one) == _place(scarcest) and one.quota.amount]
    following = min(later, key=lambda quota: quota.starts_on, default=None)
    return Standing(scarcest, following, counted[_place(scarcest)].when_used_up == CHARGEABLE)


def _place(balance: Balance) -> tuple[int | None, str]:
    return balance.quota.entitlement_id, balance.unit


def _source(agreement: Agreement, right: Entitlement, rule: Rule) -> Entitlement:
    """Return whose amount is drawn on: that of the service which the rule names, else its own. Source: K05"""
    return (rule.draws_on and agreement.find(rule.draws_on)) or right
