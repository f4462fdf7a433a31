"""The working days that the customer has, one by one: which counted, and why the others did not."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from plans.models import SignOffRound
from plans.wording import is_english
from sla.compiled import CompiledCalendar, calendar_of
from sla.models import HolidayDate, Milestone
from sla.proof.proofs import proof_of

ONE_DAY = timedelta(days=1)
# A period that long is shown by its counted days alone.
MOST = 120
# Why a weekend day that others work in exchange for a holiday does not count, in both languages.
MAKE_UP = ("调休上班日，这份日历不开放", "Make-up working day, on which this calendar is shut")


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


def explained(milestone: Milestone) -> list[Day]:
    """Return the dates of a time to sign, saying of days worked in exchange that this calendar is shut all the same.

    Whoever works on that Saturday would count it. Source: K18
    """
    days = days_of(milestone)
    unsaid = [day.on for day in days if day.kind == "shut" and not day.why]
    holidays = milestone.calendar_version.rules.get("holidays") if unsaid else None
    if not holidays:
        return days
    worked = HolidayDate.objects.filter(
        set__country=holidays["country"], set__subdivision=holidays.get("subdivision", ""),
        kind=HolidayDate.Kind.MAKE_UP, date__in=unsaid,
    )  # fmt: skip
    said = set(worked.values_list("date", flat=True))
    return [replace(day, why=MAKE_UP[0], why_en=MAKE_UP[1]) if day.on in said else day for day in days]


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
        "days": [asdict(day) | {"on": day.on.isoformat()} for day in explained(milestone)],
    }


def kept_days(row: SignOffRound) -> list[Day]:
    """Return the working days of a round: those kept when it was decided, else as they stand now."""
    if row.proof:
        return [Day(**(said | {"on": date.fromisoformat(said["on"])})) for said in row.proof["days"]]
    return explained(row.milestone) if row.milestone else []
