"""A change of what a contract promises reaches the tickets that are open under it, each once, batch by batch."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from plans.models import Amendment
from sla.batching import BACKOFF, each_alone
from sla.changing.recomputing import AGAIN, others_write
from sla.clock import database_now
from tickets.actions.ticket import follow
from tickets.locking import lock_free
from tickets.models import Ticket

PROGRESS = ("cursor", "finished_at", "attempts", "retry_at", "error")


def follow_amendments(*, limit: int = 50, later_than: timedelta = timedelta()) -> int:
    """Bring up to `limit` tickets under what their contract promises now; return how many amendments were gone on with.

    A ticket that somebody is editing waits for the next pass, one that raises for a later one.
    """
    with transaction.atomic():
        now = database_now()
        pending = Amendment.objects.pending(now - later_than).select_related("actor")
        amendment = pending.select_for_update(skip_locked=True, of=("self",)).first()
        if amendment is None:
            return 0
        _go_on(amendment, limit, now)
        amendment.save(update_fields=PROGRESS)
        return 1


def _go_on(amendment: Amendment, limit: int, now: datetime) -> None:
    under = Ticket.objects.unfinished().filter(contract=amendment.contract_id).order_by("pk")
    found = list(under.filter(pk__gt=amendment.cursor)[:limit])
    ours = lock_free({ticket.pk for ticket in found})
    failed = _bring(amendment, [ticket for ticket in found if ticket.pk in ours], now)
    if failed or len(ours) < len(found):
        amendment.error = failed or "busy"
    amendment.cursor = found[-1].pk if found else amendment.cursor
    if len(found) < limit:
        _end_pass(amendment, now)


def _bring(amendment: Amendment, tickets: Sequence[Ticket], now: datetime) -> str:
    """Let each ticket follow, and return the last error."""
    errors = [""]

    def bring(ticket: Ticket) -> None:
        follow(ticket=ticket, amendment=amendment, at=now)

    each_alone(tickets, bring, lambda ticket, error: errors.append(f"{ticket.number}: {error}"[:400]))
    return errors[-1]


def _end_pass(amendment: Amendment, now: datetime) -> None:
    """Finish once every ticket has followed and nobody opens one who does not know yet; else begin again, later."""
    if amendment.error in ("", "busy") and (amendment.error or others_write(amendment.at, now)):
        amendment.cursor, amendment.error, amendment.retry_at = 0, "", now + AGAIN
    elif amendment.error and amendment.attempts < len(BACKOFF):
        amendment.cursor, amendment.retry_at = 0, now + BACKOFF[amendment.attempts]
        amendment.attempts, amendment.error = amendment.attempts + 1, ""
    else:
        amendment.finished_at = now
