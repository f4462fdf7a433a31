"""What happens around an open round: people are reminded of it, and a changed calendar moves its end."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from plans.actions.deliverables.journal import Kind, inform, note, ours, theirs
from plans.models import SignOffRound


@transaction.atomic
def remind(*, row: SignOffRound, also: Iterable[str], key: str, at: datetime) -> None:
    """Remind the customer, and whoever else is to hear, that the time to sign a round runs out; once for each key."""
    due_at = row.due_at.isoformat() if row.due_at else None
    if inform(row, "reminder", [*theirs(row.deliverable), *also], at, key=key, due_at=due_at):
        note(row, Kind.REMINDED, None, at, due_at=due_at)


@transaction.atomic
def note_moved(
    *, row: SignOffRound, old: datetime | None, new: datetime | None, cause: tuple[str, str], key: str, at: datetime
) -> None:
    """Note that the end of an open round moved, and tell both sides; `cause` says why in Chinese and English."""
    said = {"old": old.isoformat() if old else None, "new": new.isoformat() if new else None}
    said |= {"cause": cause[0], "cause_en": cause[1]}
    if inform(row, "due_moved", [*theirs(row.deliverable), *ours(row)], at, key=key, **said):
        note(row, Kind.DUE_MOVED, None, at, **said)
