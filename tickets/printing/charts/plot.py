"""The field on which columns and lines are drawn: a scale with round steps, and the names below."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from tickets.printing.charts.canvas import LETTER, LINE, Frame, Tone, label, length, line

# How high the field itself is.
HEIGHT = 150.0


@dataclass(frozen=True, slots=True)
class Series:
    """Figures in the order of the names below them; None where there is nothing to say."""

    name: str
    tone: Tone
    values: tuple[float | None, ...]


def steps(highest: float, *, whole: bool = True, count: int = 4) -> list[float]:
    """Return round steps from nought to at least `highest`: 1, 2 or 5 of a power of ten apart, whole for counts."""
    if not highest > 0:
        return [0.0, 1.0]
    rough = max(highest / count, 1.0) if whole else highest / count
    power = 10.0 ** floor(log10(rough))
    step = next(size * power for size in (1, 2, 5, 10) if size * power >= rough * 0.999999)
    # What arithmetic leaves over makes no further step, but the first is always there: nothing is divided by nought.
    turns = max(ceil(highest / step - 1e-9), 1)
    return [step * turn for turn in range(turns + 1)]


@dataclass(frozen=True, slots=True)
class Field:
    """Where things stand: `left` and `right`, `top` and `bottom`, and the highest value of the scale."""

    left: float
    right: float
    top: float
    bottom: float
    scale: tuple[float, ...]

    def y(self, value: float) -> float:
        """Return how far down a value lies; beyond the scale it lies on its edge."""
        share = min(max(value / self.scale[-1], 0.0), 1.0)
        return self.bottom - share * (self.bottom - self.top)

    def slot(self, place: int, count: int) -> tuple[float, float]:
        """Return where one of `count` names begins, and how wide it is."""
        width = (self.right - self.left) / max(count, 1)
        return self.left + place * width, width


def field(frame: Frame, scale: Sequence[float], top: float, right: float = 0.0) -> Field:
    """Return the field beside a scale; `right` is left free for words."""
    left = max(length(frame.say(value)) for value in scale) + 8
    return Field(left, max(frame.width - right, left + 40), top + 8, top + 8 + HEIGHT, tuple(scale))


def grid(frame: Frame, there: Field) -> list[str]:
    """Return the lines of the scale and what they say."""
    marks = []
    for value in there.scale:
        y = there.y(value)
        marks.append(line(frame, Tone.SOFT if value == 0 else Tone.LINE, (there.left, y), (there.right, y)))
        marks.append(label(frame, frame.say(value), (there.left - 6, y + 4), "end", Tone.SOFT))
    return marks


def below(frame: Frame, there: Field, names: Sequence[str]) -> list[str]:
    """Return the names under the field; of many only every second, third … that leaves each its room."""
    _, width = there.slot(0, len(names))
    widest = max(map(length, names), default=0.0) + LETTER / 2
    every = max(1, ceil(widest / width))
    return [
        label(frame, name, (_middle(there, place, len(names)), there.bottom + LINE), "middle", Tone.SOFT)
        for place, name in enumerate(names)
        if place % every == 0
    ]


def _middle(there: Field, place: int, count: int) -> float:
    start, width = there.slot(place, count)
    return start + width / 2


def highest(series: Iterable[Series]) -> float:
    """Return the highest value of all series; nought where there is none."""
    return max((value for one in series for value in one.values if value is not None), default=0.0)
