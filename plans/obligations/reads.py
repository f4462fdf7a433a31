"""How what a contract owes stands: for pages, the API and reports."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, QuerySet

from plans.models import Contract, Obligation
from plans.terms import local_date
from sla.models import Milestone

State = Obligation.State
OVERDUE = "overdue"


@dataclass(frozen=True)
class Owed:
    """One thing that is owed, as it stands at an instant; `due_at` once a clock follows it."""

    row: Obligation
    state: str
    due_at: datetime | None
    milestone: Milestone | None

    @property
    def is_open(self) -> bool:
        """Tell whether it is still to be delivered, in time or not."""
        return self.row.is_open

    @property
    def is_overdue(self) -> bool:
        """Tell whether it should have been delivered by now."""
        return self.state == OVERDUE


def owed_by(contracts: Iterable[Contract], at: datetime) -> list[Owed]:
    """Return all that contracts owe or owed, by date, in two queries; what was cancelled is left out."""
    rows = Obligation.objects.filter(contract__in=contracts).exclude(state=State.CANCELLED)
    return standing(rows, at)


def standing(rows: QuerySet[Obligation], at: datetime) -> list[Owed]:
    """Return how rows stand at an instant, with their contracts and deadlines."""
    milestones = Milestone.objects.select_related("target", "calendar_version").order_by("pk")
    related = rows.select_related("contract__customer", "contract__plan", "item", "actor")
    found = related.prefetch_related(Prefetch("clock__milestones", milestones))
    return [_standing(row, at) for row in found]


def _standing(row: Obligation, at: datetime) -> Owed:
    milestone = row.milestone
    state = OVERDUE if row.is_overdue(at, local_date(row.contract, at)) else str(row.state)
    return Owed(row, state, milestone.due_at if milestone else None, milestone)


def owed_of(contract: Contract, at: datetime) -> list[Owed]:
    """Return all that one contract owes or owed, by date."""
    return owed_by([contract], at)
