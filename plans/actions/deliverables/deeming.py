"""Silence: at the close of the last working day what was handed over counts as confirmed, once. Source: K06, K12"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from plans.actions.deliverables.booking import book
from plans.actions.deliverables.closing import close_engagement
from plans.actions.deliverables.journal import RELATED, Kind, decide, inform, note, ours, standing_round, theirs
from plans.actions.deliverables.timing import stop
from plans.deliverables.days import proof_in
from plans.models import Deliverable, Outcome, SignOffRound
from sla.batching import each_alone
from sla.changing import recomputing, replanning
from sla.models import Milestone

AGAIN = timedelta(hours=1)


def due(*, at: datetime, limit: int = 50) -> int:
    """Have up to `limit` deliverables count as confirmed whose time to sign is over; return how many were worked on.

    May run twice at once: what another process holds is passed over, and a decided round is never decided again. One
    that raises is left alone for an hour. A deadline that a changed calendar is about to move is moved first.
    """
    done: list[Deliverable] = []
    with transaction.atomic():
        late = Deliverable.objects.overdue(at).select_related(*RELATED)
        rows = list(late.select_for_update(skip_locked=True, no_key=True, of=("self",))[:limit])
        if not rows:
            return 0
        _bring_up_to_date(rows, at)

        def put_off(row: Deliverable, error: str) -> None:
            done.append(row)
            Deliverable.objects.filter(pk=row.pk).update(retry_at=at + AGAIN, error=error)

        each_alone(rows, lambda row: done.extend([row] if _deem(row, at) else []), put_off)
    return len(done)


def _bring_up_to_date(rows: Sequence[Deliverable], at: datetime) -> None:
    runs = Milestone.objects.filter(clock__sign_off_round__deliverable__in=rows, stopped_at=None)
    locked = list(runs.select_for_update(of=("self",)).select_related("clock"))
    replanning.bring_up_to_date(recomputing.bring_up_to_date(locked, at), at)


def _deem(deliverable: Deliverable, at: datetime) -> bool:
    """Let the open round of a locked deliverable count as confirmed; tell whether its time was really over."""
    row = standing_round(deliverable)
    if not row.is_open or row.due_at is None or row.due_at >= at:
        return False
    confirm(row, row.due_at, at)
    return True


def confirm(row: SignOffRound, ended_at: datetime, at: datetime) -> None:
    """Deduct the time, keep the working-day proof, and tell both sides. Call inside atomic, locked."""
    proof = proof_in(row)
    stop(row, at)
    booked = book(row, "deemed", None, at)
    decide(row, Outcome.DEEMED, ended_at, booked=booked, proof=proof)
    note(row, Kind.DEEMED, None, at, due_at=ended_at.isoformat(), digest=proof.get("digest", ""))
    close_engagement(row, None, at)
    inform(row, "deemed", [*ours(row), *theirs(row.deliverable)], at)
