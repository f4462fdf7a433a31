"""What time does to what is owed: a clock follows it from its first day, and the end of the term ends it."""

from datetime import datetime, timedelta

from django.db import transaction

from plans.actions.obligations.timing import put_on_hours, start, stop
from plans.models import Obligation
from plans.terms import last_day, local_date
from sla.batching import each_alone
from sla.models import Policy

# The date that has begun somewhere on earth by now.
FARTHEST_EAST = timedelta(hours=14)
AGAIN = timedelta(hours=1)
RELATED = ("contract", "item")


def due(*, at: datetime, limit: int = 100) -> int:
    """Have clocks follow up to `limit` things whose time has begun, end what terms have left; return how many.

    May run twice at once. One that raises is left alone for an hour.
    """
    return _follow(at, limit) + _end(at, limit)


def _follow(at: datetime, limit: int) -> int:
    done: list[Obligation] = []
    with transaction.atomic():
        begun = Obligation.objects.to_be_followed((at + FARTHEST_EAST).date()).exclude(retry_at__gt=at)
        rows = list(begun.select_for_update(skip_locked=True, of=("self",)).select_related(*RELATED)[:limit])
        if not rows:
            return 0
        policies = {row.code: row for row in Policy.objects.current().filter(code__in={row.policy for row in rows})}

        def follow(row: Obligation) -> None:
            policy = policies.get(row.policy) or put_on_hours(row.policy)
            start(row, policy)
            row.save(update_fields=["clock"])
            done.append(row)

        def put_off(row: Obligation, error: str) -> None:
            Obligation.objects.filter(pk=row.pk).update(retry_at=at + AGAIN, error=error[:400])

        each_alone([row for row in rows if row.opens_on <= local_date(row.contract, at)], follow, put_off)
    return len(done)


@transaction.atomic
def _end(at: datetime, limit: int) -> int:
    """Note as not delivered what is owed by contracts whose term is over."""
    over = Obligation.objects.past_term((at + FARTHEST_EAST).date())
    rows = list(over.select_for_update(skip_locked=True, of=("self",)).select_related(*RELATED, "clock")[:limit])
    ended = [row for row in rows if last_day(row.contract) < local_date(row.contract, at)]
    for row in ended:
        stop(row, at)
        row.state, row.settled_at = Obligation.State.MISSED, at
        row.save(update_fields=["state", "settled_at"])
    return len(ended)
