"""Whether a contract covers what is asked, by which clause, under which policy; a plan's no is an answer."""

from plans.coverage.asking import answer_for, cover
from plans.coverage.customisation import Inquiry, inquiry_of
from plans.coverage.decisions import BY_TICKET, ENTRANCES, OPERATIONS, Decision, Told
from plans.coverage.hours import hours_of
from plans.coverage.rules import RULES, rule_name

__all__ = [
    "BY_TICKET",
    "ENTRANCES",
    "OPERATIONS",
    "RULES",
    "Decision",
    "Inquiry",
    "Told",
    "answer_for",
    "cover",
    "hours_of",
    "inquiry_of",
    "rule_name",
]
