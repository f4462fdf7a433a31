"""Rows as a file for spreadsheets, in which nothing is taken for a formula."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

# A cell that begins with one of these is worked out by spreadsheets instead of shown; by some in their wide form too.
STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
# Without it, Excel reads Chinese as something else.
MARK = "\ufeff"


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def csv_lines(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield rows as lines of CSV, the first with the mark that says UTF-8."""
    writer = csv.writer(_Echo())
    for number, row in enumerate(rows):
        line = writer.writerow([harmless(cell) for cell in row])
        yield str(line) if number else MARK + str(line)


def harmless(cell: object) -> str:
    """Return a cell as text that no spreadsheet works out: a quote before it makes it plain."""
    text = "" if cell is None else str(cell)
    if isinstance(cell, int | float | Decimal):
        return text
    return f"'{text}" if text.startswith(STARTS) else text
