"""News about contracts becomes letters to those whom it means, each once."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from plans.models import AccountNotice
from sla.batching import BACKOFF, in_batches
from tickets.models import Delivery
from tickets.telling.account_roles import guests_of, readers_of
from tickets.telling.notifications import Notice, queue_many

NOBODY = "nobody to tell"
KEPT = ("finished_at", "attempts", "not_before", "error")


def tell_accounts(*, limit: int = 50, later_than: timedelta = timedelta()) -> int:
    """Queue the letters of up to `limit` pieces of news and return how many were claimed.

    One that raises is put off, then given up with its error kept. Rows that another process holds are passed over.
    """
    return in_batches(lambda now: _claim(now - later_than, limit), _tell, _put_off)


def _claim(before: datetime, limit: int) -> list[AccountNotice]:
    pending = AccountNotice.objects.pending(before).select_related("contract__customer", "contract__team__lead")
    return list(pending.select_for_update(skip_locked=True, of=("self",))[:limit])


def _tell(rows: Sequence[AccountNotice], now: datetime) -> None:
    for row in rows:
        readers = [*readers_of(row.contract, row.to), *guests_of(row)]
        queue_many((Notice(Delivery.Kind.ACCOUNT, row, None, reader) for reader in readers), at=now)
        row.finished_at, row.error = now, "" if readers else NOBODY
        row.save(update_fields=KEPT)


def _put_off(row: AccountNotice, now: datetime, error: str) -> None:
    row.attempts, row.error = row.attempts + 1, error
    if row.attempts > len(BACKOFF):
        row.finished_at = now
    else:
        row.not_before = now + BACKOFF[row.attempts - 1]
    row.save(update_fields=KEPT)
