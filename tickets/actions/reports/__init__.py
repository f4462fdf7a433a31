"""Every write of service reports: asking for one, making, adding words, delivering, taking back, drafting ahead."""

from tickets.actions.reports.asking import Asked, ask_for, remake, retry
from tickets.actions.reports.delivering import deliver, withdraw
from tickets.actions.reports.drafting import draft_due
from tickets.actions.reports.making import fail, make
from tickets.actions.reports.wording import say
from tickets.reports.composing import BEFORE_THE_END

__all__ = [
    "BEFORE_THE_END",
    "Asked",
    "ask_for",
    "deliver",
    "draft_due",
    "fail",
    "make",
    "remake",
    "retry",
    "say",
    "withdraw",
]
