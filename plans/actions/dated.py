"""What was agreed for certain days begins and lapses when they come, each once."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Q

from plans.actions.history import Decided, Kind, changing
from plans.actions.overrides import cease, take_force
from plans.models import Override
from plans.refusals import RefusedError
from plans.terms import local_date
from sla.batching import in_batches

State = Override.State
# The date is already tomorrow where the sun rises first.
EARLIEST = timedelta(hours=14)
RELATED = ("entitlement__item", "entitlement__contract__plan", "actor")


def due(*, limit: int = 50, later_than: timedelta = timedelta()) -> int:
    """Let up to `limit` agreements begin or lapse whose day has come where their contract is; return how many did.

    Rows that another process holds are passed over. One that cannot be kept any more is marked so, with why.
    """
    return in_batches(lambda now: _claim(now - later_than, limit), _turn_all, _give_up)


def _claim(at: datetime, limit: int) -> list[Override]:
    latest = (at + EARLIEST).date()
    near = Q(state=State.AHEAD, starts_on__lte=latest) | Q(state=State.IN_FORCE, ends_on__lt=latest)
    rows = Override.objects.filter(near).select_related(*RELATED).order_by("pk")
    # Where the day has not come yet the row is passed over: rows so near are few.
    found = [row.pk for row in rows if _has_come(row, at)][:limit]
    return list(rows.filter(pk__in=found).select_for_update(skip_locked=True, of=("self",)))


def _has_come(row: Override, at: datetime) -> bool:
    today = local_date(row.entitlement.contract, at)
    if row.state == State.AHEAD:
        return bool(row.starts_on and row.starts_on <= today)
    return bool(row.ends_on and row.ends_on < today)


def _turn_all(rows: Sequence[Override], at: datetime) -> None:
    for row in rows:
        if row.state == State.IN_FORCE:
            _lapse(row, at)
        elif row.ends_on and row.ends_on < local_date(row.entitlement.contract, at):
            # Its days went by unnoticed: nothing is promised for them after the fact.
            with changing(row.entitlement.contract, Kind.LAPSED, Decided(row.actor, at, row.reason)):
                _keep(row, State.LAPSED)
        else:
            _begin(row, at)


def _begin(row: Override, at: datetime) -> None:
    decided = Decided(row.actor, at, row.reason)
    with changing(row.entitlement.contract, Kind.BEGUN, decided):
        _keep(row, State.IN_FORCE)
        take_force(row, decided)


def _lapse(row: Override, at: datetime) -> None:
    decided = Decided(row.actor, at, row.reason)
    with changing(row.entitlement.contract, Kind.LAPSED, decided):
        _keep(row, State.LAPSED)
        cease(row, decided)


def _keep(row: Override, state: State) -> None:
    row.state = state
    row.save(update_fields=["state", "error"])


def _give_up(row: Override, at: datetime, error: str) -> None:
    row.error = error.removeprefix(f"{RefusedError.__name__}: ")
    with changing(row.entitlement.contract, Kind.LAPSED, Decided(None, at, row.error)):
        _keep(row, State.FAILED)
