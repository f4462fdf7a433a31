"""Reminders before an engagement, each once for each agreed time."""

from datetime import datetime, timedelta

from django.db import transaction

from plans.actions.engagements.journal import Kind, lock, note, tell_everyone
from plans.models import Engagement

AHEAD = timedelta(days=1)


def remind_next_day(*, at: datetime, limit: int = 50) -> int:
    """Remind everybody of up to `limit` engagements that begin within a day, and return how many.

    May run as often as one likes, and twice at once: a row that somebody holds waits for the next pass.
    """
    with transaction.atomic():
        due = Engagement.objects.to_be_recalled(at + AHEAD, at).order_by("starts_at", "pk")
        keys = list(due.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)[:limit])
        for key in keys:
            _remind(Engagement(pk=key), at)
    return len(keys)


def _remind(held: Engagement, at: datetime) -> None:
    engagement = lock(held)
    engagement.reminded_sequence = engagement.sequence
    engagement.save(update_fields=["reminded_sequence"])
    step = note(engagement, Kind.REMINDED, None, at)
    tell_everyone(engagement, "tomorrow", step)
