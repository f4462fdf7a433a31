"""What a report's sheets are made of: tables, pictures, words. Pages and print draw each in their own way."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.utils.safestring import SafeString, mark_safe

from tickets.printing.charts import PAGE, PRINT, Frame
from tickets.printing.charts.canvas import Paint, plain
from tickets.reports.wording import NONE

WIDE, NARROW, PAPER = 720.0, 340.0, 640.0


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its head, how much of the room left over it takes (nought: as much as it needs), figures or words."""

    head: str
    room: int = 0
    is_figure: bool = False
    # Left out where no row says anything in it.
    is_optional: bool = False


def figures(*heads: str, room: int = 0) -> tuple[Column, ...]:
    """Return columns of figures."""
    return tuple(Column(head, room, is_figure=True) for head in heads)


def sparse(*heads: str) -> tuple[Column, ...]:
    """Return columns of figures that are left out where no row has one, such as those of a period that was not."""
    return tuple(Column(head, is_figure=True, is_optional=True) for head in heads)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under heads; `title` names it for whoever hears it, and for all where `is_named`.

    `is_behind`: it holds the figures of the picture above it.
    """

    kind: ClassVar[str] = "table"
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    is_behind: bool = False
    is_named: bool = False

    @property
    def shown(self) -> tuple[Column, ...]:
        """Return the columns that say something."""
        return tuple(column for column, is_shown in zip(self.columns, self._shown, strict=True) if is_shown)

    @property
    def said(self) -> list[tuple[str, ...]]:
        """Return the rows without the columns that say nothing."""
        return [tuple(cell for cell, is_shown in zip(row, self._shown, strict=True) if is_shown) for row in self.rows]

    @property
    def _shown(self) -> list[bool]:
        cells = list(zip(*self.rows, strict=True)) or [()] * len(self.columns)
        return [
            not column.is_optional or any(cell not in ("", NONE) for cell in said)
            for column, said in zip(self.columns, cells, strict=True)
        ]

    @property
    def lines(self) -> list[list[tuple[Column, str]]]:
        """Return each row's cells with the columns that they stand in."""
        return [list(zip(self.shown, row, strict=True)) for row in self.said]


@dataclass(frozen=True, slots=True)
class Picture:
    """One chart: `draw` gives it for a frame, so that it fits wherever it is shown."""

    kind: ClassVar[str] = "picture"
    title: str
    words: str
    draw: Callable[[Frame], str]
    say: Callable[[float], str] = plain

    @property
    def wide(self) -> SafeString:
        """Return it for a desk."""
        return self._shown(WIDE)

    @property
    def narrow(self) -> SafeString:
        """Return it for a telephone."""
        return self._shown(NARROW)

    @property
    def printed(self) -> str:
        """Return it for paper."""
        return self._drawn(PAPER, PRINT)

    def _shown(self, width: float) -> SafeString:
        # Every word in it was escaped where it was drawn.
        return mark_safe(self._drawn(width, PAGE))

    def _drawn(self, width: float, paint: Paint) -> str:
        return self.draw(Frame(self.title, self.words, width, paint, self.say))


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph, quiet where it only explains."""

    kind: ClassVar[str] = "prose"
    text: str
    is_quiet: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """The name of a part within a sheet, with what stands beside it and the clause under it."""

    kind: ClassVar[str] = "heading"
    text: str
    beside: str = ""
    below: str = ""


@dataclass(frozen=True, slots=True)
class Counsel:
    """One piece of advice, what it rests on, and what would help."""

    kind: ClassVar[str] = "counsel"
    text: str
    because: tuple[str, ...]
    offers: tuple[str, ...]


Block = Table | Picture | Prose | Heading | Counsel


@dataclass(frozen=True, slots=True)
class Sheet:
    """One section: its title, and what stands in it."""

    code: str
    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the few figures at the top, in words, and the one before."""

    label: str
    value: str
    before: str
