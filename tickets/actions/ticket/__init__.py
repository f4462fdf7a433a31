"""What people do with a ticket. Each function locks it, checks, changes and records in one transaction."""

from tickets.actions.ticket.acknowledging import acknowledge
from tickets.actions.ticket.life import (
    close,
    customer_message,
    merge,
    reopen,
    resolve,
    resume,
    resume_due,
    wait,
)
from tickets.actions.ticket.overriding import override
from tickets.actions.ticket.ownership import accept, assign, hand_over, reassign
from tickets.actions.ticket.standing import locked
from tickets.actions.ticket.taking_back import publish, retract, unpublish
from tickets.actions.ticket.terms import Foreseen, follow, foresee, raise_priority, reclassify
from tickets.actions.ticket.weighing import Classification
from tickets.actions.ticket.words import bot_reply, log_call, note, progress, reply

__all__ = [
    "Classification",
    "Foreseen",
    "accept",
    "acknowledge",
    "assign",
    "bot_reply",
    "close",
    "customer_message",
    "follow",
    "foresee",
    "hand_over",
    "locked",
    "log_call",
    "merge",
    "note",
    "override",
    "progress",
    "publish",
    "raise_priority",
    "reassign",
    "reclassify",
    "reopen",
    "reply",
    "resolve",
    "resume",
    "resume_due",
    "retract",
    "unpublish",
    "wait",
]
