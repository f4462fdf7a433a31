"""Whether a contract covers what is asked, by which clause, under which policy; a plan's no is an answer."""

from plans.coverage.asking import answer_for, as_included, cover, decide
from plans.coverage.customisation import Inquiry, inquiry_of, inquiry_under
from plans.coverage.decisions import BY_TICKET, ENTRANCES, OPERATIONS, Decision, Question, Told
from plans.coverage.hours import hours_of
from plans.coverage.rules import RULES, rule_name

__all__ = [
    "BY_TICKET",
    "ENTRANCES",
    "OPERATIONS",
    "RULES",
    "Decision",
    "Inquiry",
    "Question",
    "Told",
    "answer_for",
    "as_included",
    "cover",
    "decide",
    "hours_of",
    "inquiry_of",
    "inquiry_under",
    "rule_name",
]
