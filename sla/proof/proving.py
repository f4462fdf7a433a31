"""Derive a deadline again from what was heard, and tell whether a printed digest was ever true."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db.models import Q

from sla.compiled import CompiledCalendar, calendar_of
from sla.engine import values_of
from sla.folding import facts_of, fold
from sla.models import CalendarVersion, Milestone, Observation
from sla.proof.proofs import Proof, proved


def derived(milestone: Milestone) -> Proof | None:
    """Return the proof of a milestone as its facts give it, by the calendar version that it keeps.

    None where the facts no longer tell of it. Nothing that is stored of the deadline itself is used.
    """
    heard = list(milestone.clock.observations.filter(withdrawn_at=None))
    return _derived(milestone, heard, calendar_of(milestone.calendar_version_id))


def true_as_of(milestone: Milestone, digest: str) -> datetime | None:
    """Return the last instant as of which the proof had this digest; None if it never had.

    What was heard later, or taken back later, is left out step by step, under each version that the calendar had.
    """
    everything = list(milestone.clock.observations.all())
    for at in _instants(everything):
        heard = [row for row in everything if _stood(row, at)]
        for compiled in _versions(milestone):
            proof = _derived(milestone, heard, compiled)
            if proof and proof.digest == digest:
                return at
    return None


def _derived(milestone: Milestone, heard: list[Observation], compiled: CompiledCalendar) -> Proof | None:
    run = (milestone.metric, milestone.number)
    stored = milestone.clock.milestones.all()
    chosen = {(row.metric, row.number): calendar_of(row.calendar_version_id) for row in stored} | {run: compiled}
    for cycle, calendar in fold(facts_of(heard), [], chosen):
        if (cycle.metric.value, cycle.number) == run and calendar.pk == compiled.pk:
            values = values_of(cycle, calendar, is_held=milestone.is_held)
            return proved(Milestone(clock=milestone.clock, metric=run[0], number=run[1], **values), heard)
    return None


def _instants(observations: Iterable[Observation]) -> list[datetime]:
    """Return when what was known changed, the last in front."""
    heard = {row.at for row in observations}
    return sorted(heard | {row.withdrawn_at for row in observations if row.withdrawn_at}, reverse=True)


def _stood(row: Observation, at: datetime) -> bool:
    """Tell whether a fact had happened by an instant and had not been taken back."""
    return row.at <= at and (row.withdrawn_at is None or row.withdrawn_at > at)


def _versions(milestone: Milestone) -> Iterator[CompiledCalendar]:
    """Yield the calendar versions that a milestone may have had: its own, then those it was moved from."""
    yield calendar_of(milestone.calendar_version_id)
    code = milestone.calendar_version.code
    others = CalendarVersion.objects.filter(~Q(pk=milestone.calendar_version_id), code=code).order_by("-version")
    for pk in others.values_list("pk", flat=True):
        yield calendar_of(pk)
