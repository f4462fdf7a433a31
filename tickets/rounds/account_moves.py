"""A deadline that changed hours moved reaches whoever answers for what a contract owes, in one letter. Source: Y17"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from plans.actions.news import tell
from plans.models import Obligation, User
from sla.batching import BACKOFF, in_batches
from sla.models import DueMove, Recompute
from tickets.answers import NOTICEABLE, instant
from tickets.telling.account_roles import readers_of

Verdict = DueMove.Verdict
# Which letter tells it.
MOVED = "owed_moved"
# The customer was promised the date, which stands: only the last close before it is another.
WORSE = (Verdict.LATER, Verdict.MUCH_EARLIER)
KEPT = ("attempts", "retry_at", "acted_at", "error")


def tell_account_moves(*, limit: int = 500, later_than: timedelta = timedelta()) -> int:
    """Tell of up to `limit` moved deadlines of what contracts owe, and return how many were claimed.

    One that raises is put off, and given up after the last try.
    """
    return in_batches(lambda now: _claim(now - later_than, limit), _tell, _put_off)


def _claim(before: datetime, limit: int) -> list[DueMove]:
    pending = DueMove.objects.pending(before).filter(milestone__clock__obligation__isnull=False)
    related = ("milestone__clock__obligation__contract__team__lead", "recompute__notice")
    return list(pending.select_for_update(skip_locked=True, of=("self",)).select_related(*related)[:limit])


def _tell(rows: Sequence[DueMove], now: datetime) -> None:
    together: dict[tuple[Recompute, User], list[DueMove]] = defaultdict(list)
    for row in filter(_is_news, rows):
        for reader in readers_of(_owed(row).contract, ["success_manager"]):
            if isinstance(reader, User):
                together[row.recompute, reader].append(row)
    for (change, reader), moves in together.items():
        tell(
            kind=MOVED, contract=_owed(moves[0]).contract, about=_about(change, moves), to=[f"user:{reader.pk}"],
            at=now, key=f"{MOVED}:{moves[0].pk}:{reader.pk}",
        )  # fmt: skip
    DueMove.objects.filter(pk__in=[row.pk for row in rows]).update(acted_at=now, error="")


def _owed(row: DueMove) -> Obligation:
    owed: Obligation = row.milestone.clock.obligation
    return owed


def _is_news(row: DueMove) -> bool:
    """Tell whether something is still to be delivered, and its deadline reads otherwise than before, for the worse."""
    old, new = row.old_due_at, row.new_due_at
    if row.verdict not in WORSE or not _owed(row).is_open or row.milestone.stopped_at:
        return False
    return old is None or new is None or abs(new - old) >= NOTICEABLE


def _about(change: Recompute, moves: Iterable[DueMove]) -> dict[str, Any]:
    said: dict[str, Any] = {"cause": change.cause, "cause_en": change.cause_en}
    if change.notice:
        said |= {"source": change.notice.source, "source_en": change.notice.source_en}
    return said | {"moves": [_move(row) for row in moves]}


def _move(row: DueMove) -> dict[str, Any]:
    return {"obligation": _owed(row).pk, "old": instant(row.old_due_at), "new": instant(row.new_due_at)}


def _put_off(row: DueMove, now: datetime, error: str) -> None:
    row.attempts += 1
    is_hopeless = row.attempts > len(BACKOFF)
    row.acted_at = now if is_hopeless else None
    row.retry_at = now if is_hopeless else now + BACKOFF[row.attempts - 1]
    row.error = error
    row.save(update_fields=KEPT)
