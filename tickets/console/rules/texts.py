"""Two texts beside each other, line by line."""

import difflib
from dataclasses import dataclass

# Unchanged lines that are shown around a changed one.
AROUND = 3


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a comparison; `sign` is "+", "-", " ", or "…" where unchanged lines are left out."""

    sign: str
    text: str


def lines_between(before: str, after: str) -> list[Line]:
    """Return what was taken away and added, with a few lines around; nothing where both are alike."""
    found = list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=AROUND, lineterm=""))[2:]
    return [Line("…", "") if line.startswith("@@") else Line(line[:1], line[1:]) for line in found]
