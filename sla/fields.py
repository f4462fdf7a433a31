"""Instants and proofs, as every API of ours reads and writes them."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from rest_framework import serializers

from sla.proofs import Proof, ProofPiece
from sla.wording import HOLDS

CAUSES = {**HOLDS, "resolved": pgettext_lazy("hold", "已解决")}
NO_EVENTS: Mapping[datetime, str] = {}


class InstantField(serializers.DateTimeField):
    """An instant: read only with an offset, always written in UTC."""

    default_error_messages = {"offset": _("时间必须是带时区偏移的 ISO 8601,例如 2026-09-28T09:30:00+08:00。")}

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


def proof_fields(proof: Proof, language: str, events: Mapping[datetime, str]) -> dict[str, Any]:
    """Return a proof as programs read it; `events` are those behind its pauses, by their first instant."""
    return {
        "due_at": proof.due_at,
        "pieces": pieces_fields(proof.pieces, language, events),
        "policy_version": proof.policy_version,
        "calendar_version": proof.calendar_version,
    }


def pieces_fields(
    pieces: Iterable[ProofPiece], language: str, events: Mapping[datetime, str] = NO_EVENTS
) -> list[dict[str, Any]]:
    """Return the pieces of a proof, explained in a language."""
    return [
        {
            "start": piece.start,
            "end": piece.end,
            "counted": piece.counted,
            "reason": piece.reason,
            "detail": _detail(piece, language, events),
        }
        for piece in pieces
    ]


def _detail(piece: ProofPiece, language: str, events: Mapping[datetime, str]) -> str:
    """Return what explains a piece; of a pause its cause and the event behind it. One may begin in shut hours."""
    if piece.reason != "pause":
        return piece.detail_en if language.startswith("en") else piece.detail
    began = max((at for at in events if at <= piece.start), default=None)
    parts = (str(CAUSES.get(piece.detail, piece.detail)), events[began] if began else "")
    return " · ".join(part for part in parts if part)
