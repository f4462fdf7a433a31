"""What would be in force if holidays or calendars were saved, and what that would move. Nothing is saved here."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sla.changing.reckoning import Outcome, Touch, outcomes, touched
from sla.comparing import DayChange, days_between, spans_between
from sla.composing import Composed, Hours, Year, composed, years_known
from sla.models import CalendarVersion, DueMove, Milestone, Observation
from sla.timeline import FactKind

# Open milestones that a preview looks at for each calendar; beyond, its counts say that they are not complete.
LOOKED_AT = 100_000
CHUNK = 2_000

Verdict = DueMove.Verdict


@dataclass(frozen=True, slots=True)
class Proposal:
    """Calendars that would be saved anew, by code; those that would stay as they are are left out."""

    calendars: dict[str, Composed]

    def days(self, *, at: datetime) -> list[DayChange]:
        """Return the dates whose hours would differ, by calendar and date.

        Where weekly hours change these are the dates of three years from `at` on. A new calendar changes no date.
        """
        return [
            change
            for code in sorted(self.calendars)
            for change in _days(self.calendars[code], at)
        ]  # fmt: skip


def _days(calendar: Composed, at: datetime) -> list[DayChange]:
    if calendar.before is None:
        return []
    return days_between(calendar.before, calendar.after, at.astimezone(calendar.after.zone).date())


@dataclass(frozen=True, slots=True)
class Move:
    """An open milestone whose deadline would move, or would be held; `thing` is such as "T-2026-000012"."""

    milestone: Milestone
    thing: str
    calendar: str
    old_due_at: datetime | None
    new_due_at: datetime | None
    verdict: Verdict
    undoes_breach: bool
    # The new deadline lies in, or its time runs through, a year that is only assumed.
    is_provisional: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """How many open milestones touch a changed date, and what becomes of them; those not moved keep their deadline."""

    touched: int
    later: int
    earlier: int
    much_earlier: int
    held: int
    undone: int
    # False: there are more than a preview looks at.
    is_complete: bool

    @property
    def moved(self) -> int:
        """Return how many would have another deadline."""
        return self.later + self.earlier + self.much_earlier


@dataclass(frozen=True, slots=True)
class Moves:
    """One page of what would move, in the order of the milestones' keys, with the counts of all."""

    page: list[Move]
    counts: Counts


def propose(*, years: Iterable[Year] = (), calendars: Iterable[Hours] = ()) -> Proposal:
    """Return what would be in force with these holidays and calendars.

    Raises LookupError when a calendar follows a country whose holidays are not known, CalendarError when hours
    cannot be understood.
    """
    known = {(year.country, year.subdivision, year.year): year for year in [*years_known(), *years]}
    changed = [one for one in composed(calendars, list(known.values())) if one.is_changed]
    for one in changed:
        # Compiled now, so that hours that make no sense are refused here.
        _ = one.after
    return Proposal({one.code: one for one in changed})


def moves(proposal: Proposal, *, at: datetime, limit: int, after: int = 0) -> Moves:
    """Return up to `limit` open milestones with a key beyond `after` whose deadline would move, as seen at `at`."""
    counted: Counter[str] = Counter()
    page: list[tuple[Outcome, str]] = []
    is_complete = True
    for code, calendar in proposal.calendars.items():
        seen, found = 0, 0
        for outcome in _outcomes(calendar, at):
            seen += 1
            _count(outcome, counted)
            if outcome.verdict and outcome.row.pk > after and found < limit:
                found += 1
                page.append((outcome, code))
        is_complete = is_complete and seen < LOOKED_AT
    page.sort(key=lambda one: one[0].row.pk)
    verdicts = {verdict.value: counted[verdict.value] for verdict in Verdict}
    counts = Counts(touched=counted["touched"], undone=counted["undone"], is_complete=is_complete, **verdicts)
    return Moves(_named(page[:limit], proposal), counts)


def _count(outcome: Outcome, counted: Counter[str]) -> None:
    counted["touched"] += 1
    counted["undone"] += outcome.undoes_breach
    if outcome.verdict:
        counted[outcome.verdict.value] += 1


def _outcomes(calendar: Composed, at: datetime) -> Iterator[Outcome]:
    """Yield what becomes of the open milestones that a proposed calendar touches, in the order of their keys."""
    if calendar.before is None:
        return
    versions = CalendarVersion.objects.filter(code=calendar.code).values_list("pk", flat=True)
    touch = Touch(list(versions), spans_between(calendar.before, calendar.after))
    after, left = 0, LOOKED_AT
    while touch.spans and left > 0:
        rows = touched(touch, after=after, limit=min(CHUNK, left))
        if not rows:
            return
        yield from outcomes(rows, calendar.after, at)
        after, left = rows[-1].pk, left - len(rows)


def _named(found: Sequence[tuple[Outcome, str]], proposal: Proposal) -> list[Move]:
    milestones = Milestone.objects.select_related("target", "clock").in_bulk(
        [outcome.row.pk for outcome, _code in found]
    )
    things = things_of({outcome.row.clock for outcome, _code in found})
    return [
        Move(
            milestone=milestones[outcome.row.pk],
            thing=things.get(outcome.row.clock, ""),
            calendar=code,
            old_due_at=outcome.row.due_at,
            new_due_at=outcome.reckoned.due_at,
            verdict=outcome.verdict,
            undoes_breach=outcome.undoes_breach,
            is_provisional=_is_provisional(outcome, proposal.calendars[code]),
        )
        for outcome, code in found
        if outcome.verdict and outcome.row.pk in milestones
    ]


def _is_provisional(outcome: Outcome, calendar: Composed) -> bool:
    new = outcome.reckoned
    return new.due_at is not None and calendar.after.is_provisional(new.started_at, new.due_at)


def things_of(clocks: Iterable[int]) -> dict[int, str]:
    """Return what each clock times, by the place of its first fact: such as "T-2026-000012"."""
    opened = Observation.objects.filter(clock__in=clocks, kind__in=[FactKind.OPEN, FactKind.HAND_OVER, FactKind.OWE])
    return {clock: source.partition("#")[0] for clock, source in opened.order_by("-pk").values_list("clock", "source")}
