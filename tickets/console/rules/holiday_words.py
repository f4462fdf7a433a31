"""Changed dates of a year in the reader's words."""

from typing import Any

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
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
    return f"{kind_words(day)} · {name_of(day)}"


def kind_words(day: Day | HolidayDate) -> str:
    """Return what a date is, and which weekday it pays for."""
    kind = str(HolidayDate.Kind(day.kind).label)
    if not day.stands_for:
        return kind
    return _("%(kind)s（补%(weekday)s）") % {"kind": kind, "weekday": DAYS[day.stands_for]}
