"""What servers say became of our letters."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q

from tickets.mailing import Report
from tickets.models import Delivery

LONGEST = 400


def note_reports(*, reports: Iterable[Report], at: datetime) -> list[Delivery]:
    """Note on each letter that came back that it did and why, and return those rows; who is only slow is not marked.

    A report counts for the id that it returns, which is random: nobody can mark a letter that they have not had.
    """
    found = []
    for report in reports:
        row = Delivery.objects.filter(message_id=f"<{report.message_id}>").select_related("ticket").first()
        if row is None:
            continue
        found.append(row)
        if report.is_permanent and row.state != Delivery.State.QUEUED:
            _mark(row, f"{report.status} {report.reason}", at)
    return found


def _mark(row: Delivery, why: str, at: datetime) -> None:
    together = Delivery.objects.filter(Q(pk=row.pk) | Q(carried_by=row.pk))
    together.update(state=Delivery.State.FAILED, bounced_at=at, error=why[:LONGEST])
