"""Changed dates of a year in the reader's words."""

from typing import Any

from django.utils.functional import Promise as LazyText
from django.utils.translation import pgettext_lazy

from plans.wording import name_of
from sla.composing import Day
from sla.holidays.importing import RowChange, Sign
from sla.models import HolidayDate
from sla.wording import DAYS

SIGNS: dict[str, LazyText] = {
    Sign.ADDED: pgettext_lazy("date", "新增"),
    Sign.REMOVED: pgettext_lazy("date", "去掉"),
    Sign.CHANGED: pgettext_lazy("date", "改动"),
}


def row_words(row: RowChange) -> dict[str, Any]:
    """Return what a row of differences needs."""
    return {
        "date": row.date,
        "sign": row.sign,
        "sign_words": SIGNS[row.sign],
        "before": day_words(row.before) if row.before else "",
        "after": day_words(row.after) if row.after else "",
        "is_by_hand": row.is_by_hand,
    }


def day_words(day: Day) -> str:
    """Return what a date is, its name, and which weekday it pays for."""
    kind = HolidayDate.Kind(day.kind).label
    paid = f" ({DAYS[day.stands_for]})" if day.stands_for else ""
    return f"{kind}{paid} · {name_of(day)}"
