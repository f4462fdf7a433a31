"""Columns that stand: side by side, or kept and missed on top of each other."""

from collections.abc import Sequence

from tickets.printing.charts.canvas import LINE, Frame, Tone, key, label, length, picture, rect
from tickets.printing.charts.plot import Field, Series, below, field, grid, highest, steps

WIDEST = 26.0


def columns(names: Sequence[str], series: Sequence[Series], frame: Frame, *, stacked: bool = False) -> str:
    """Return columns over their names. A stack's missed part is thin, so that a grey printer tells it apart."""
    marks, top = key(frame, [(one.tone, one.name) for one in series], 0)
    sums = [sum(one.values[place] or 0 for one in series) for place in range(len(names))]
    there = field(frame, steps(max(sums, default=0) if stacked else highest(series)), top)
    marks += grid(frame, there)
    for place in range(len(names)):
        values = [(one.tone, one.values[place] or 0.0) for one in series]
        marks += (_stack if stacked else _side_by_side)(frame, there, there.slot(place, len(names)), values)
    return picture(frame, there.bottom + LINE + 8, marks + below(frame, there, names))


def _stack(frame: Frame, there: Field, slot: tuple[float, float], values: list[tuple[Tone, float]]) -> list[str]:
    middle, width = slot[0] + slot[1] / 2, min(slot[1] * 0.7, WIDEST)
    marks, under = [], 0.0
    for tone, value in values:
        wide = width * 0.45 if tone == Tone.MISSED else width
        top, bottom = there.y(under + value), there.y(under)
        marks.append(rect(frame, tone, (middle - wide / 2, top), (wide, bottom - top)))
        under += value
    return [*marks, *_said(frame, under, (middle, there.y(under)), slot[1])]


def _side_by_side(frame: Frame, there: Field, slot: tuple[float, float], values: list[tuple[Tone, float]]) -> list[str]:
    width = min(slot[1] * 0.8 / max(len(values), 1), WIDEST)
    start = slot[0] + (slot[1] - width * len(values)) / 2
    marks = []
    for place, (tone, value) in enumerate(values):
        top = there.y(value)
        marks.append(rect(frame, tone, (start + place * width + 0.5, top), (max(width - 1, 0.5), there.bottom - top)))
        marks += _said(frame, value, (start + (place + 0.5) * width, top), width)
    return marks


def _said(frame: Frame, value: float, top: tuple[float, float], room: float) -> list[str]:
    """Return the figure above a column, where it has the room."""
    words = frame.say(value)
    return [label(frame, words, (top[0], top[1] - 4), "middle", Tone.SOFT)] if value and length(words) <= room else []
