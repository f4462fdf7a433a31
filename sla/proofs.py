"""The proof of a deadline: every interval from start to due, counted or not, each with its reason."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sla.calendar import Interval, Piece
from sla.compiled import CompiledCalendar, calendar_of
from sla.engine import pauses_of
from sla.models import Milestone, Observation
from sla.timeline import ENDINGS, FactKind, Pause


@dataclass(frozen=True, slots=True)
class ProofPiece:
    """One interval of a proof; `detail` names the notice behind a date or the cause of a pause, in both languages."""

    start: datetime
    end: datetime
    counted: bool
    reason: str
    detail: str = ""
    detail_en: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """Why a milestone is due when it is; `due_at` is None while it is paused or if it is never reached."""

    due_at: datetime | None
    pieces: list[ProofPiece]
    policy_version: int
    calendar_version: int
    digest: str


def proof_of(milestone: Milestone) -> Proof:
    """Return the proof of a stored milestone; while it is paused, what was counted up to the pause."""
    compiled = calendar_of(milestone.calendar_version_id)
    pauses = pauses_of(milestone)
    pieces = _pieces(milestone, compiled, pauses)
    return Proof(
        due_at=milestone.due_at,
        pieces=[_detailed(piece, compiled, pauses) for piece in pieces],
        policy_version=milestone.target.policy.version,
        calendar_version=milestone.calendar_version.version,
        digest=milestone.calendar_version.digest,
    )


def events_behind(milestone: Milestone) -> dict[datetime, str]:
    """Return where the ledger tells of each pause, by its first instant: a wait, or what ended the work."""
    kinds = [FactKind.WAIT, *ENDINGS]
    starts = [pause.start for pause in pauses_of(milestone)]
    heard = Observation.objects.filter(clock=milestone.clock_id, at__in=starts, kind__in=kinds, withdrawn_at=None)
    return dict(heard.order_by("pk").values_list("at", "source")) if starts else {}


def pieces_between(compiled: CompiledCalendar, start: datetime, due_at: datetime | None) -> list[ProofPiece]:
    """Return the explained pieces of a deadline that nobody has yet; none where it is never reached."""
    if due_at is None:
        return []
    budget = compiled.calendar.elapsed(start, due_at)
    return [_detailed(piece, compiled, []) for piece in compiled.calendar.proof(start, budget)]


def _pieces(milestone: Milestone, compiled: CompiledCalendar, pauses: list[Pause]) -> list[Piece]:
    """Return the pieces from start to due, or to the pause that holds the milestone."""
    end = milestone.due_at or next((pause.start for pause in pauses if pause.end is None), None)
    if end is None:
        return []
    gaps = [Interval(pause.start, min(pause.end or end, end)) for pause in pauses if pause.start < end]
    paused = sum((compiled.calendar.elapsed(gap.start, gap.end) for gap in gaps), timedelta())
    budget = compiled.calendar.elapsed(milestone.started_at, end) - paused
    return compiled.calendar.proof(milestone.started_at, budget, pauses=gaps)


def _detailed(piece: Piece, compiled: CompiledCalendar, pauses: list[Pause]) -> ProofPiece:
    if piece.reason == "pause":
        cause = next((pause.cause for pause in reversed(pauses) if pause.start <= piece.start), "")
        return ProofPiece(piece.start, piece.end, piece.counted, piece.reason, cause, cause)
    reason = compiled.reasons.get(piece.start.astimezone(compiled.zone).date().isoformat(), {})
    if piece.reason not in ("holiday", "special", "make_up") or not reason:
        return ProofPiece(piece.start, piece.end, piece.counted, piece.reason)
    detail = "·".join(part for part in (reason.get("name"), reason.get("source")) if part)
    detail_en = " · ".join(part for part in (reason.get("name_en"), reason.get("source")) if part)
    return ProofPiece(piece.start, piece.end, piece.counted, piece.reason, detail, detail_en)
