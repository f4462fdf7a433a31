"""The working days that the customer has, one by one: which counted, and why the others did not."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from plans.models import SignOffRound
from plans.wording import is_english
from sla.compiled import CompiledCalendar, calendar_of
from sla.models import Milestone
from sla.proof.proofs import proof_of

ONE_DAY = timedelta(days=1)
# A period that long is shown by its counted days alone.
MOST = 120


@dataclass(frozen=True, slots=True)
class Day:
    """One date from handing over to the end of the time to sign; `number` says which working day it is, 0 if none."""

    on: date
    number: int
    # first: the day of handing over, which does not count; open; shut.
    kind: str
    # What the date is called, and the notice that says so.
    why: str = ""
    why_en: str = ""

    @property
    def words(self) -> str:
        """Return why a date does or does not count, in the language in use."""
        return (self.why_en if is_english() else "") or self.why


def days_of(milestone: Milestone) -> list[Day]:
    """Return the dates of a time to sign, in the zone of its calendar; none while it has no end. Source: K06, K12"""
    if milestone.due_at is None:
        return []
    compiled = calendar_of(milestone.calendar_version_id)
    first, last = (at.astimezone(compiled.zone).date() for at in (milestone.started_at, milestone.due_at))
    found = list(_days(first, last, compiled))
    return found if len(found) <= MOST else [day for day in found if day.number]


def _days(first: date, last: date, compiled: CompiledCalendar) -> Iterator[Day]:
    said = compiled.reasons.get(first.isoformat(), {})
    yield Day(first, 0, "first", *_why(said))
    number, day = 0, first + ONE_DAY
    while day <= last:
        opens, why = _opens(day, compiled), _why(compiled.reasons.get(day.isoformat(), {}))
        number += opens
        yield Day(day, number if opens else 0, "open" if opens else "shut", *why)
        day += ONE_DAY


def _opens(day: date, compiled: CompiledCalendar) -> bool:
    midnight, next_one = (datetime.combine(one, time(), compiled.zone) for one in (day, day + ONE_DAY))
    return bool(compiled.calendar.openings(midnight, next_one))


def _why(said: dict[str, str]) -> tuple[str, str]:
    chinese = " · ".join(text for text in (said.get("name", ""), said.get("source", "")) if text)
    english = (said.get("name_en") or said.get("name", ""), said.get("source_en") or said.get("source", ""))
    return chinese, " · ".join(text for text in english if text)


def proof_in(row: SignOffRound) -> dict[str, Any]:
    """Return the working-day proof of a round as it is kept with it, under the digest of the deadline's proof."""
    milestone = row.milestone
    if milestone is None or milestone.due_at is None:
        return {}
    compiled = calendar_of(milestone.calendar_version_id)
    return {
        "digest": proof_of(milestone).digest,
        "calendar": [compiled.code, compiled.version, compiled.digest],
        "started_at": milestone.started_at.isoformat(),
        "due_at": milestone.due_at.isoformat(),
        "days": [asdict(day) | {"on": day.on.isoformat()} for day in days_of(milestone)],
    }


def kept_days(row: SignOffRound) -> list[Day]:
    """Return the working days of a round: those kept when it was decided, else as they stand now."""
    if row.proof:
        return [Day(**(said | {"on": date.fromisoformat(said["on"])})) for said in row.proof["days"]]
    return days_of(row.milestone) if row.milestone else []
