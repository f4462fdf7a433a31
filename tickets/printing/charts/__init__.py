"""Charts as SVG by pure functions: the same picture on the page, on paper and in a letter.

Each takes its figures and a `Frame` (what it is called, how wide, in whose colours) and returns the picture as text.
A table with the same figures stands beside it, which is the caller's to place.
"""

from tickets.printing.charts.bars import Bar, bars
from tickets.printing.charts.canvas import PAGE, PRINT, Frame, Tone
from tickets.printing.charts.columns import columns
from tickets.printing.charts.lines import lines
from tickets.printing.charts.plot import Series
from tickets.printing.charts.share import Part, share

__all__ = ["PAGE", "PRINT", "Bar", "Frame", "Part", "Series", "Tone", "bars", "columns", "lines", "share"]
