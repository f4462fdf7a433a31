"""Instants and proofs, as every API of ours reads and writes them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from sla.models import DueMove, Milestone
from sla.proof.explained import ProofPiece
from sla.proof.proof_words import Naming, detail_of
from sla.proof.proofs import Proof, ProofMove
from sla.wording import in_language


class InstantField(serializers.DateTimeField):
    """An instant: read only with an offset, always written in UTC."""

    default_error_messages = {"offset": _("时间必须是带时区偏移的 ISO 8601，例如 2026-09-28T09:30:00+08:00。")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default_timezone=UTC, **kwargs)

    def to_internal_value(self, value: Any) -> datetime:
        try:
            at = datetime.fromisoformat(value.strip())
            if at.utcoffset() is not None:
                return at.astimezone(UTC)
        except (AttributeError, ValueError, OverflowError):
            pass
        self.fail("offset")


class ProofPieceSerializer(serializers.Serializer[Any]):
    """One interval of a proof."""

    start = InstantField()
    end = InstantField()
    counted = serializers.BooleanField()
    reason = serializers.ChoiceField(["open", "closed", "break", "holiday", "special", "make_up", "pause"])
    detail = serializers.CharField(allow_blank=True)


class ProofSerializer(serializers.Serializer[Any]):
    """Why a deadline is when it is; the counted pieces add up to the promised time."""

    due_at = InstantField(allow_null=True)
    pieces = ProofPieceSerializer(many=True)
    policy_version = serializers.IntegerField(allow_null=True)
    calendar_version = serializers.IntegerField()


class ProofFactSerializer(serializers.Serializer[Any]):
    """Something that happened and that the deadline, or its verdict, rests on."""

    kind = serializers.CharField()
    at = InstantField()
    ledger = serializers.CharField(allow_blank=True, help_text="where the ledger tells of it")
    met = serializers.BooleanField(help_text="it kept the promise")


class ProofMoveSerializer(serializers.Serializer[Any]):
    """A deadline that changed hours or rules moved; one that is `held` was not, because that would be unfair."""

    at = InstantField()
    old_due_at = InstantField(allow_null=True)
    new_due_at = InstantField(allow_null=True)
    verdict = serializers.ChoiceField(DueMove.Verdict.choices)
    cause = serializers.CharField(allow_blank=True)
    notice = serializers.CharField(allow_blank=True)


class MilestoneProofSerializer(ProofSerializer):
    """The proof of a promise that somebody has, with the digest by which it can be checked later."""

    metric = serializers.CharField()
    number = serializers.IntegerField(help_text="the n-th run of this metric, from 1")
    state = serializers.ChoiceField(Milestone.State.choices)
    started_at = InstantField()
    budget_seconds = serializers.FloatField(allow_null=True)
    counted_seconds = serializers.FloatField(help_text="the counted pieces; the budget, once the deadline is known")
    promise = serializers.CharField()
    clause = serializers.CharField()
    policy = serializers.CharField()
    calendar = serializers.CharField()
    calendar_digest = serializers.CharField()
    facts = ProofFactSerializer(many=True)
    moves = ProofMoveSerializer(many=True)
    held = ProofMoveSerializer(allow_null=True)
    digest = serializers.CharField(help_text="SHA-256; `manage.py prove` derives it again")


def proof_fields(proof: Proof, *, state: str, clause: str, naming: Naming | None = None) -> dict[str, Any]:
    """Return a proof as programs read it, in the language in use; `naming` is for readers of ours."""
    row = proof.milestone
    return {
        "due_at": proof.due_at,
        "pieces": pieces_fields(proof.pieces, naming),
        "policy_version": proof.policy.version,
        "calendar_version": proof.calendar.version,
        "metric": row.metric,
        "number": row.number,
        "state": state,
        "started_at": row.started_at,
        "budget_seconds": row.budget.total_seconds() if row.budget is not None else None,
        "counted_seconds": proof.counted.total_seconds(),
        "promise": proof.target.promise,
        "clause": clause,
        "policy": proof.policy.code,
        "calendar": proof.calendar.code,
        "calendar_digest": proof.calendar.digest,
        "facts": proof.facts,
        "moves": [_move_fields(move) for move in proof.moves],
        "held": _move_fields(proof.held) if proof.held else None,
        "digest": proof.digest,
    }


def _move_fields(move: ProofMove) -> dict[str, Any]:
    told = {"cause": in_language(move.cause, move.cause_en), "notice": in_language(move.notice, move.notice_en)}
    return {name: getattr(move, name) for name in ("at", "old_due_at", "new_due_at", "verdict")} | told


def pieces_fields(pieces: Iterable[ProofPiece], naming: Naming | None = None) -> list[dict[str, Any]]:
    """Return the pieces of a proof, explained in the language in use."""
    return [
        {
            "start": piece.start,
            "end": piece.end,
            "counted": piece.counted,
            "reason": piece.reason,
            "detail": detail_of(piece, naming),
        }
        for piece in pieces
    ]
