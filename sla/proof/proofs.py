"""The proof of a deadline: everything that it was worked out from, under one digest that anybody can check."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from sla.compiled import CompiledCalendar, calendar_of
from sla.engine import pauses_of
from sla.models import DueMove, Milestone, Observation, Policy, Target
from sla.proof.explained import PauseSource, ProofPiece, pieces_of
from sla.timeline import ENDINGS, FactKind, Pause

# What starts, pauses, ends or changes a promise; what met it is told apart.
TURNING = (FactKind.OPEN, FactKind.HAND_OVER, FactKind.WAIT, FactKind.RESUME, FactKind.REOPEN, *ENDINGS)


@dataclass(frozen=True, slots=True)
class ProofFact:
    """Something that happened and that the deadline, or its verdict, rests on; `ledger` says where it is told."""

    kind: str
    at: datetime
    ledger: str
    actor_kind: str
    actor_ref: str
    actor: str
    met: bool
    cause: str


@dataclass(frozen=True, slots=True)
class ProofMove:
    """A deadline that a changed calendar or policy moved, or would have moved unfairly and left where it was."""

    at: datetime
    old_due_at: datetime | None
    new_due_at: datetime | None
    verdict: str
    cause: str
    notice: str
    cause_en: str = ""
    notice_en: str = ""


@dataclass(frozen=True)
class Proof:
    """Why a milestone is due when it is; `due_at` is None while it is paused or if it is never reached."""

    thing: str
    milestone: Milestone
    pieces: Sequence[ProofPiece]
    facts: Sequence[ProofFact]
    moves: Sequence[ProofMove]
    target: Target
    policy: Policy
    calendar: CompiledCalendar
    digest: str
    # What paused it, by the first instant of each pause; one that is still open has no piece of its own.
    sources: Mapping[datetime, PauseSource]

    @property
    def due_at(self) -> datetime | None:
        return self.milestone.due_at

    @property
    def counted(self) -> timedelta:
        """Return the sum of what counted: the promised time, once the deadline is known."""
        return sum((piece.end - piece.start for piece in self.pieces if piece.counted), timedelta())

    @property
    def held(self) -> ProofMove | None:
        """Return the move that was not made because it would have been unfair, where one was not."""
        found = (move for move in reversed(self.moves) if move.verdict == DueMove.Verdict.HELD)
        return next(found, None) if self.milestone.is_held else None


def proof_of(milestone: Milestone) -> Proof:
    """Return the proof of a stored milestone."""
    observations = Observation.objects.filter(clock=milestone.clock_id, withdrawn_at=None)
    return proved(milestone, observations, _moves(milestone))


def proved(milestone: Milestone, heard: Iterable[Observation], moves: Sequence[ProofMove] = ()) -> Proof:
    """Return the proof of a milestone by what its clock heard."""
    observations = sorted(heard, key=lambda row: (row.at, row.pk))
    sources = sources_of(pauses_of(milestone), observations)
    pieces = pieces_of(milestone, sources)
    facts = list(_facts(milestone, observations, sources))
    thing = observations[0].source.partition("#")[0] if observations else ""
    calendar, target = calendar_of(milestone.calendar_version_id), milestone.target
    written = document(thing, milestone, pieces, facts)
    return Proof(thing, milestone, pieces, facts, moves, target, target.policy, calendar, digest(written), sources)


def document(
    thing: str, milestone: Milestone, pieces: Iterable[ProofPiece], facts: Iterable[ProofFact]
) -> dict[str, Any]:
    """Return what the digest is over: the same in every language and for every reader, names of people left out.

    The pieces have no gap, so each is written by its end: + for counted or -, the instant, and the reason.
    """
    target, compiled = milestone.target, calendar_of(milestone.calendar_version_id)
    return {
        "form": 1,
        "thing": thing,
        "metric": milestone.metric,
        "run": milestone.number,
        "started_at": milestone.started_at.isoformat(),
        "due_at": milestone.due_at.isoformat() if milestone.due_at else None,
        "stopped_at": milestone.stopped_at.isoformat() if milestone.stopped_at else None,
        "state": milestone.state,
        "budget": milestone.budget.total_seconds() if milestone.budget is not None else None,
        "remaining": milestone.remaining.total_seconds() if milestone.remaining is not None else None,
        "clause": [target.promise, target.clause],
        "target": [target.unit, f"{target.amount.normalize():f}", target.rule, sorted(target.met_on),
                   sorted(target.pauses_on)],
        "policy": [target.policy.code, target.policy.version, target.policy.digest],
        "calendar": [compiled.code, compiled.version, compiled.digest],
        "pieces": [_line(piece) for piece in pieces],
        "facts": [[fact.kind, fact.at.isoformat(), fact.ledger, fact.actor_kind, fact.met] for fact in facts],
    }  # fmt: skip


def _line(piece: ProofPiece) -> str:
    said = f"{'+' if piece.counted else '-'}{piece.end.isoformat()} {piece.reason}"
    if piece.pause:
        return f"{said} {piece.pause.cause} {piece.pause.ledger}".rstrip()
    if piece.detail or piece.assumed:
        return f"{said} {piece.detail}{f' assumed {piece.assumed}' if piece.assumed else ''}".rstrip()
    return said


def digest(written: dict[str, Any]) -> str:
    """Return the SHA-256 of a document's canonical JSON: keys in order, no blanks, UTF-8."""
    canonical = json.dumps(written, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def sources_of(pauses: Iterable[Pause], observations: Sequence[Observation]) -> dict[datetime, PauseSource]:
    """Return what paused a run, by the first instant of each pause: a wait, or what ended the work for a while."""
    found = {}
    for pause in pauses:
        kinds = ENDINGS if pause.cause == "resolved" else {FactKind.WAIT}
        began = [row for row in observations if row.kind in kinds and row.at <= pause.start]
        if began:
            found[pause.start] = _source(pause, began[-1])
    return found


def _source(pause: Pause, row: Observation) -> PauseSource:
    until = row.fields.get("until")
    return PauseSource(
        cause=pause.cause,
        ledger=row.source,
        actor_kind=row.actor_kind,
        actor_ref=row.actor_ref,
        actor=row.actor_display,
        remark=row.fields.get("remark", ""),
        until=datetime.fromisoformat(until) if until else None,
    )


def _facts(
    milestone: Milestone, observations: Iterable[Observation], sources: Mapping[datetime, PauseSource]
) -> Iterator[ProofFact]:
    """Yield what a run rests on: its start, what paused, resumed, changed or ended it, and what met it."""
    turns = {milestone.started_at, milestone.stopped_at}
    for pause in pauses_of(milestone):
        source = sources.get(pause.start)
        # That an agreed wait is over when it was to be over tells nothing new.
        is_agreed = source is not None and source.until == pause.end
        turns |= {pause.start} if is_agreed else {pause.start, pause.end}
    for row in observations:
        is_met_by = row.pk == milestone.met_by_id
        is_past = milestone.stopped_at is not None and row.at > milestone.stopped_at
        turned = row.kind in TURNING and row.at in turns
        if is_met_by or (not is_past and (turned or row.kind == FactKind.REPLAN or "policy" in row.fields)):
            yield _fact(row, is_met_by)


def _fact(row: Observation, is_met_by: bool) -> ProofFact:
    return ProofFact(
        kind=row.kind, at=row.at, ledger=row.source, actor_kind=row.actor_kind, actor_ref=row.actor_ref,
        actor=row.actor_display, met=is_met_by, cause=row.fields.get("cause") or row.fields.get("remark", ""),
    )  # fmt: skip


def _moves(milestone: Milestone) -> list[ProofMove]:
    rows: QuerySet[DueMove] = milestone.moves.select_related("recompute__notice").order_by("pk")
    return [
        ProofMove(
            at=row.found_at, old_due_at=row.old_due_at, new_due_at=row.new_due_at, verdict=row.verdict,
            cause=row.recompute.cause, cause_en=row.recompute.cause_en,
            notice=row.recompute.notice.title if row.recompute.notice else "",
            notice_en=row.recompute.notice.title_en if row.recompute.notice else "",
        )
        for row in rows
    ]  # fmt: skip
