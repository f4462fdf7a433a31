"""The intervals from the start of a promise to its deadline, each with what explains it. Reads no row of its own."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sla.calendar import Interval, Piece
from sla.compiled import CompiledCalendar, calendar_of
from sla.engine import pauses_of
from sla.models import Milestone
from sla.timeline import Pause

# Whose reason is a dated row of the calendar.
DATED = ("holiday", "special", "make_up")
ONE_DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class PauseSource:
    """What paused a promise: where the ledger tells of it, who did it, why, and until when it was agreed."""

    cause: str
    ledger: str = ""
    actor_kind: str = ""
    actor_ref: str = ""
    actor: str = ""
    remark: str = ""
    until: datetime | None = None


class ProofPiece(NamedTuple):
    """One interval of a proof. `detail` names the dates and the notice behind them, in both languages."""

    start: datetime
    end: datetime
    counted: bool
    reason: str
    detail: str = ""
    detail_en: str = ""
    pause: PauseSource | None = None
    # The first year in it whose holidays are assumed; 0 where all are published.
    assumed: int = 0


Sources = Mapping[datetime, PauseSource]


def pieces_of(milestone: Milestone, sources: Sources | None = None) -> list[ProofPiece]:
    """Return the explained pieces of a stored milestone; while it is paused, what there is up to the pause.

    `sources` tells of each pause by its first instant; without it a pause is known by its cause alone.
    """
    compiled = calendar_of(milestone.calendar_version_id)
    pauses = pauses_of(milestone)
    return list(_explained(_pieces(milestone, compiled, pauses), compiled, pauses, sources or {}))


def pieces_between(compiled: CompiledCalendar, start: datetime, due_at: datetime | None) -> list[ProofPiece]:
    """Return the explained pieces of a deadline that nobody has yet; none where it is never reached."""
    if due_at is None:
        return []
    budget = compiled.calendar.elapsed(start, due_at)
    return list(_explained(compiled.calendar.proof(start, budget), compiled, [], {}))


def _pieces(milestone: Milestone, compiled: CompiledCalendar, pauses: Sequence[Pause]) -> list[Piece]:
    """Return the pieces from start to due, or to the pause that holds the milestone."""
    end = milestone.due_at or next((pause.start for pause in pauses if pause.end is None), None)
    if end is None:
        return []
    gaps = [Interval(pause.start, min(pause.end or end, end)) for pause in pauses if pause.start < end]
    paused = sum((compiled.calendar.elapsed(gap.start, gap.end) for gap in gaps), timedelta())
    budget = compiled.calendar.elapsed(milestone.started_at, end) - paused
    return compiled.calendar.proof(milestone.started_at, budget, pauses=gaps)


def _explained(
    pieces: Iterable[Piece], compiled: CompiledCalendar, pauses: Sequence[Pause], sources: Sources
) -> Iterator[ProofPiece]:
    for piece in pieces:
        dated = compiled.reasons and piece.reason in DATED
        if not dated and piece.reason != "pause" and not compiled.assumed_years:
            yield ProofPiece(piece.start, piece.end, piece.counted, piece.reason)
            continue
        detail, detail_en = _named(piece, compiled) if dated else ("", "")
        pause = _source(piece, pauses, sources) if piece.reason == "pause" else None
        yield ProofPiece(
            piece.start, piece.end, piece.counted, piece.reason, detail, detail_en, pause, _assumed(piece, compiled)
        )


def _source(piece: Piece, pauses: Sequence[Pause], sources: Sources) -> PauseSource | None:
    """Return what paused a promise here; a pause may begin in shut hours, before its piece."""
    pause = next((one for one in reversed(pauses) if one.start <= piece.start), None)
    return (sources.get(pause.start) or PauseSource(pause.cause)) if pause else None


def _named(piece: Piece, compiled: CompiledCalendar) -> tuple[str, str]:
    """Return what the dates of a piece are called and the notices that say so, in both languages."""
    reasons = [compiled.reasons.get(day.isoformat(), {}) for day in _dates(piece, compiled)]
    sources = _once(reason.get("source", "") for reason in reasons)
    sources_en = _once(reason.get("source_en") or reason.get("source", "") for reason in reasons)
    chinese = "、".join(_once(_short(reason.get("name", ""), reasons) for reason in reasons))
    english = ", ".join(_once(_short(reason.get("name_en", ""), reasons) for reason in reasons))
    return "·".join(filter(None, (chinese, *sources))), " · ".join(filter(None, (english, *sources_en)))


def _short(name: str, reasons: Sequence[Mapping[str, str]]) -> str:
    """Return a name without its remark in brackets where one piece holds several dates."""
    return name.partition("（")[0].partition(" (")[0] if len(reasons) > 1 else name


def _once(texts: Iterable[str]) -> list[str]:
    return [text for text in dict.fromkeys(texts) if text]


def _dates(piece: Piece, compiled: CompiledCalendar) -> Iterator[date]:
    """Yield the local dates of a piece."""
    day = piece.start.astimezone(compiled.zone).date()
    last = (piece.end - MOMENT).astimezone(compiled.zone).date()
    while day <= last:
        yield day
        day += ONE_DAY


def _assumed(piece: Piece, compiled: CompiledCalendar) -> int:
    """Return the first year of a piece whose holidays are assumed, or 0."""
    if not compiled.assumed_years:
        return 0
    first, last = piece.start.astimezone(compiled.zone).year, (piece.end - MOMENT).astimezone(compiled.zone).year
    return min(compiled.assumed_years.intersection(range(first, last + 1)), default=0)
