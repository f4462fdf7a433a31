"""Bars that lie: one a name, the longest in full, with what was before as a thin one below."""

from collections.abc import Sequence
from dataclasses import dataclass

from tickets.printing.charts.canvas import GAP, LINE, Frame, Tone, cut, label, length, line, picture, rect

THICK, THIN = 10.0, 4.0
# No name takes more than this share of the width.
NAMES = 0.4


@dataclass(frozen=True, slots=True)
class Bar:
    """One name with its figure, the one of the period before where there is one, and both in words."""

    name: str
    value: float
    words: str
    previous: float | None = None
    tone: Tone = Tone.INK


def bars(rows: Sequence[Bar], frame: Frame) -> str:
    """Return the bars, in the order given."""
    most = max((max(row.value, row.previous or 0) for row in rows), default=0) or 1
    words = max((length(row.words) for row in rows), default=0) + GAP
    left = 0.0 if frame.is_narrow else min(max((length(row.name) for row in rows), default=0), frame.width * NAMES) + 10
    longest = max(frame.width - left - words, 40.0)
    marks, y = [], 0.0
    for row in rows:
        drawn, y = _row(frame, row, (left, y), longest / most)
        marks += drawn
    return picture(frame, max(y, LINE), marks)


def _row(frame: Frame, row: Bar, corner: tuple[float, float], unit: float) -> tuple[list[str], float]:
    """Return one name's bar and where the next may begin; on a narrow picture the name stands above it."""
    left, y = corner
    name, top = (cut(row.name, frame.width), y + LINE) if left == 0 else (cut(row.name, left - 10), y + 3)
    thick = row.value * unit
    before = (row.previous or 0) * unit
    marks = [
        label(frame, name, (0, y + 13)),
        line(frame, Tone.SOFT, (left, top), (left, top + THICK + THIN + 1)),
        rect(frame, row.tone, (left, top), (thick, THICK)),
        rect(frame, Tone.BEFORE, (left, top + THICK + 1), (before, THIN)),
        label(frame, row.words, (left + max(thick, before) + GAP, top + 10)),
    ]
    return marks, top + THICK + THIN + 11
