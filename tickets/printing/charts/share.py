"""One bar that is the whole, cut into its parts."""

from collections.abc import Sequence
from dataclasses import dataclass

from tickets.printing.charts.canvas import Frame, Tone, key, picture, rect

HEIGHT = 14.0
# What is there at all is seen, however little it is.
LEAST = 2.0


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the whole, and its figure in words."""

    name: str
    value: float
    words: str
    tone: Tone


def share(parts: Sequence[Part], frame: Frame) -> str:
    """Return the bar with its parts named below it; an empty whole is an empty bar."""
    there = [part for part in parts if part.value > 0]
    widths = _widths([part.value for part in there], frame.width - max(len(there) - 1, 0))
    marks, x = [rect(frame, Tone.LINE, (0, 0), (frame.width, HEIGHT))] if not there else [], 0.0
    for part, width in zip(there, widths, strict=True):
        # A missed part is lower as well as red.
        inset = HEIGHT / 4 if part.tone == Tone.MISSED else 0
        marks.append(rect(frame, part.tone, (x, inset), (width, HEIGHT - 2 * inset)))
        x += width + 1
    named, bottom = key(frame, [(part.tone, f"{part.name} {part.words}") for part in there], HEIGHT + 4)
    return picture(frame, bottom if there else HEIGHT, marks + named)


def _widths(values: Sequence[float], room: float) -> list[float]:
    """Return how wide each part is: in proportion, but none too thin to be seen, and all together the room."""
    whole = sum(values) or 1
    raised = [max(room * value / whole, LEAST) for value in values]
    return [width * room / sum(raised) for width in raised]
