"""What a wait would do to the promises of a ticket, told before it begins: which pause is the policy's word."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy

from sla.timeline import FactKind, Hold
from tickets.models import Ticket
from tickets.showing.promises import Promise
from tickets.showing.term_words import holding_words

WAITS: dict[Hold, LazyText] = {
    Hold.CUSTOMER: gettext_lazy("等客户"),
    Hold.THIRD_PARTY: gettext_lazy("等第三方"),
    Hold.SCHEDULED: gettext_lazy("约定了时间"),
}


@dataclass(frozen=True, slots=True)
class Wait:
    """One way to wait, and what it does to the promises that run."""

    code: str
    name: str
    words: str


def waits_of(ticket: Ticket, promises: Iterable[Promise]) -> list[Wait]:
    """Return what each way to wait would do; nothing where nothing is timed.

    Waiting is an act: on a ticket that nobody owns it is an acceptance first, so what that meets is not told of.
    """
    met = set() if ticket.assignee_id else {FactKind.ACCEPT.value}
    running = [one for one in promises if one.is_open and met.isdisjoint(one.target.met_on)]
    return [Wait(hold, str(name), _effect(running, hold)) for hold, name in WAITS.items()] if running else []


def _effect(running: Sequence[Promise], hold: Hold) -> str:
    # What is late already stays late, however long the wait.
    held = [one for one in running if hold in one.target.pauses_on and one.tone != "breached"]
    return holding_words([one.name for one in held], [one.name for one in running if one not in held])
