"""Lines over time, each named at its end, and the line that they are held to."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from tickets.printing.charts.canvas import LINE, Frame, Tone, cut, dot, label, length, line, path, picture
from tickets.printing.charts.plot import Field, Series, below, field, grid, highest, steps

# Names at the lines' ends take no more than this share of the width.
NAMES = 0.34


def lines(names: Sequence[str], series: Sequence[Series], frame: Frame, *, target: float | None = None) -> str:
    """Return lines through the values, broken where there is none. Values up to 1 are taken for shares."""
    top = max(highest(series), target or 0.0)
    scale = [0.0, 0.25, 0.5, 0.75, 1.0] if top <= 1 else steps(top, whole=False)
    ends = [f"{one.name} {frame.say(_last(one))}" for one in series]
    right = min(max((length(said) for said in ends), default=0.0) + 12, frame.width * NAMES)
    there = field(frame, scale, 0, right)
    marks = grid(frame, there)
    if target is not None:
        y = there.y(target)
        marks.append(line(frame, Tone.INK, (there.left, y), (there.right, y), "4 3"))
    for one in series:
        marks += _drawn(frame, there, one, len(names))
    marks += _ends(frame, there, list(zip(series, ends, strict=True)), right)
    return picture(frame, there.bottom + LINE + 8, marks + below(frame, there, names))


def _drawn(frame: Frame, there: Field, one: Series, count: int) -> list[str]:
    marks = []
    for run in _runs(there, one, count):
        marks.append(path(frame, one.tone, run))
        marks += [dot(frame, one.tone, place) for place in run]
    return marks


def _runs(there: Field, one: Series, count: int) -> Iterator[list[tuple[float, float]]]:
    """Yield the points of a line, from gap to gap."""
    points = [(there.slot(place, count), value) for place, value in enumerate(one.values)]
    for is_there, run in groupby(points, lambda point: point[1] is not None):
        if is_there:
            yield [(start + width / 2, there.y(value or 0.0)) for (start, width), value in run]


def _ends(frame: Frame, there: Field, ends: list[tuple[Series, str]], right: float) -> list[str]:
    """Return the lines' names at their ends, from the top down; none over another."""
    marks, free = [], there.top
    for one, said in sorted(ends, key=lambda end: -_last(end[0])):
        y = max(there.y(_last(one)) + 4, free)
        free = y + 15
        marks.append(label(frame, cut(said, right - 10), (there.right + 6, y), "start", Tone.INK))
    return marks


def _last(one: Series) -> float:
    return next((value for value in reversed(one.values) if value is not None), 0.0)
