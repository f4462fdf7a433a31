"""Texts of a report in both languages at once: whoever reads it later chooses."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from plans.quotas.words import in_both
from tickets.reports.shape import Words

NONE = "—"
EMPTY = Words("", "")


def both(say: Callable[[], object]) -> Words:
    """Return what is said in each language."""
    return Words(*in_both(lambda: str(say())))


def paired(row: Any, field: str) -> Words:
    """Return a text of a row and the English one beside it, which is the Chinese one where there is none."""
    chinese = str(getattr(row, field))
    return Words(chinese, str(getattr(row, f"{field}_en", "")) or chinese)


def clause_words(row: Any) -> Words:
    """Return an item's clause with its section."""
    clause = paired(row, "clause")
    return Words(f"{row.section} {clause.zh}", f"{row.section} {clause.en}")


def share_words(share: float | None) -> str:
    """Return a share as people read it: 95.2%, 100%; a dash where there was nothing to share."""
    if share is None:
        return NONE
    percent = Decimal(str(share)) * 100
    # What is not all is never rounded up to it, nor what is something down to nothing.
    rounded = min(max(round(percent, 1), Decimal("0.1")), Decimal("99.9")) if 0 < percent < 100 else percent
    return f"{rounded.normalize():f}%"


def count_words(number: float | None) -> str:
    """Return a count with its thousands apart: 1,204; a dash where there is none."""
    return NONE if number is None else f"{number:,.0f}" if number == int(number) else f"{number:,.1f}"
