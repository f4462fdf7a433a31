"""Reading mail: raw bytes to what a person wrote, to whom, and what else it carries. Pure: no rows, no clock."""

from tickets.mailing.letter import Enclosed, Folded, Kind, Letter, Report
from tickets.mailing.reading import read

__all__ = ["Enclosed", "Folded", "Kind", "Letter", "Report", "read"]
