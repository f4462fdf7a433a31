"""Take in a mail that the hooks' round brings, whatever door it came by."""

from collections.abc import Sequence
from datetime import datetime

from tickets.actions.mail.taking import take_mail
from tickets.channels.hook import Happening, Outcome, Verdict
from tickets.models import InboundEvent, Mail

PASSED = (Mail.State.IGNORED,)


def take(event: InboundEvent, happenings: Sequence[Happening], at: datetime) -> Outcome:
    """Return what became of a mail; its sender learns whether there is a ticket, never whose."""
    mail = take_mail(event=event, at=at)
    told = {"mail": mail.pk, "state": mail.state} | ({"reason": mail.reason} if mail.reason else {})
    if mail.ticket:
        told["ticket"] = mail.ticket.number
    is_repeat = mail.event_id != event.pk
    if is_repeat or mail.state in PASSED:
        return Outcome(Verdict.PASSED, "the same mail came before" if is_repeat else mail.reason, told)
    return Outcome(Verdict.TAKEN, "", told)
