"""What charts are drawn with: tones, letters of known width, and the SVG around them. Pixels, y downwards."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from html import escape
from unicodedata import east_asian_width

# Size of letters, and the height of a line of them.
LETTER, LINE = 12.0, 18.0
# A key's square, and the room between it and its words.
SQUARE, GAP = 9.0, 6.0


class Tone(StrEnum):
    """What a colour means. Nothing is coloured that means nothing."""

    INK = "ink"
    SOFT = "soft"
    BEFORE = "before"
    KEPT = "kept"
    MISSED = "missed"
    RUNNING = "running"
    APART = "apart"
    LINE = "line"


# On paper there is no style sheet, and a grey printer must still tell kept from missed.
PRINTED = {
    Tone.INK: "#1f1d19",
    Tone.SOFT: "#5b564c",
    Tone.BEFORE: "#b9b1a1",
    Tone.KEPT: "#2f8766",
    Tone.MISSED: "#c4351f",
    Tone.RUNNING: "#4d5966",
    Tone.APART: "#d8d2c4",
    Tone.LINE: "#e3ddd0",
}
PRINT_FAMILY = "Shouyue Sans SC"


@dataclass(frozen=True, slots=True)
class Paint:
    """How a tone is written: as a class that the page's style sheet colours, or as the colour itself."""

    colours: Mapping[Tone, str]

    def fill(self, tone: Tone) -> str:
        """Return what fills a shape."""
        return f'fill="{self.colours[tone]}"' if self.colours else f'class="fill-{tone}"'

    def stroke(self, tone: Tone) -> str:
        """Return what draws a line."""
        return f'fill="none" stroke="{self.colours[tone]}"' if self.colours else f'class="stroke-{tone}"'


PAGE, PRINT = Paint({}), Paint(PRINTED)


def plain(value: float) -> str:
    """Return a figure with its thousands apart."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


@dataclass(frozen=True, slots=True)
class Frame:
    """What a chart is called, what it shows in words, how wide it is and how it is painted."""

    title: str
    words: str = ""
    width: float = 640.0
    paint: Paint = PAGE
    # How its figures are said, on its scale too.
    say: Callable[[float], str] = plain

    @property
    def is_narrow(self) -> bool:
        """Tell whether names must stand above what they name."""
        return self.width < 480


def number(value: float) -> str:
    """Return a coordinate, to a tenth of a pixel."""
    return f"{round(value, 1):g}"


def rect(frame: Frame, tone: Tone, place: tuple[float, float], size: tuple[float, float]) -> str:
    """Return a box; one without width or height is none."""
    (x, y), (width, height) = place, size
    if width <= 0 or height <= 0:
        return ""
    where = f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
    return f"<rect {where} {frame.paint.fill(tone)}/>"


def line(frame: Frame, tone: Tone, start: tuple[float, float], end: tuple[float, float], dashes: str = "") -> str:
    """Return a thin line from one point to another."""
    (x1, y1), (x2, y2) = start, end
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    where = f'x1="{number(x1)}" y1="{number(y1)}" x2="{number(x2)}" y2="{number(y2)}"'
    return f'<line {where} {frame.paint.stroke(tone)} stroke-width="1"{dashed}/>'


def path(frame: Frame, tone: Tone, points: Iterable[tuple[float, float]]) -> str:
    """Return a line through points; fewer than two are none."""
    said = [f"{number(x)},{number(y)}" for x, y in points]
    if len(said) < 2:
        return ""
    joined = " ".join(said)
    return f'<polyline points="{joined}" {frame.paint.stroke(tone)} stroke-width="2" stroke-linejoin="round"/>'


def dot(frame: Frame, tone: Tone, place: tuple[float, float]) -> str:
    """Return a point of a line."""
    return f'<circle cx="{number(place[0])}" cy="{number(place[1])}" r="3" {frame.paint.fill(tone)}/>'


def label(frame: Frame, words: str, place: tuple[float, float], anchor: str = "start", tone: Tone = Tone.INK) -> str:
    """Return words whose base line begins, ends or has its middle at a point."""
    at = f'x="{number(place[0])}" y="{number(place[1])}" text-anchor="{anchor}" font-size="{LETTER:g}"'
    # The type for print gives a middle dot its own room.
    said = words if frame.paint is PAGE else words.replace(" · ", "·")
    return f"<text {at} {frame.paint.fill(tone)}>{escape(said)}</text>"


def length(words: str) -> float:
    """Return about how wide words are, rather too much than too little: fonts differ."""
    return LETTER * sum(_width(one) for one in words)


def _width(character: str) -> float:
    """Return a character's width as a share of its height: Chinese ones are square."""
    if east_asian_width(character) in "WF":
        return 1.0
    return 0.95 if character in "%@MWmw—…" else 0.62


def cut(words: str, room: float) -> str:
    """Return words as far as they fit, with an ellipsis where they do not."""
    if length(words) <= room:
        return words
    kept = words
    while kept and length(kept) + LETTER > room:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"


def key(frame: Frame, entries: Iterable[tuple[Tone, str]], top: float) -> tuple[list[str], float]:
    """Return squares with their words, in as many lines as they need, and where what follows may begin."""
    marks, x, y = [], 0.0, top
    for tone, said in entries:
        words = cut(said, frame.width - SQUARE - GAP)
        wide = SQUARE + GAP + length(words)
        if x and x + wide > frame.width:
            x, y = 0.0, y + LINE
        marks.append(rect(frame, tone, (x, y + 4), (SQUARE, SQUARE)))
        marks.append(label(frame, words, (x + SQUARE + GAP, y + 13)))
        x += wide + 16
    return marks, y + LINE + 4


def picture(frame: Frame, height: float, marks: Iterable[str]) -> str:
    """Return the whole picture, with its name and what it shows for those who cannot see it."""
    box = f'viewBox="0 0 {number(frame.width)} {number(height)}"'
    if frame.paint is PAGE:
        head = f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" {box}>'
    else:
        size = f'width="{number(frame.width)}" height="{number(height)}"'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box} font-family="{PRINT_FAMILY}">'
    named = f"<title>{escape(frame.title)}</title>" + (f"<desc>{escape(frame.words)}</desc>" if frame.words else "")
    return head + named + "".join(marks) + "</svg>"
