"""How a report says its figures, dates and lengths of time."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import dateformat
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from tickets.reports.shape import Report, Words
from tickets.reports.wording import NONE, count_words, share_words
from tickets.showing.wording import in_english, zone_words
from tickets.templatetags.shouyue import length_words

__all__ = ["NONE", "count_words", "share_words"]


def said(words: Words) -> str:
    """Return a text in the reader's language."""
    return words.said(get_language() or "")


def said_of(texts: Mapping[str, Any], field: str) -> str:
    """Return a text of plan data in the reader's language."""
    return str((texts.get(f"{field}_en") if in_english() else "") or texts[field])


def sentences(found: list[str]) -> str:
    """Return sentences one after the other: Chinese ones stand without a space between them."""
    return (" " if in_english() else "").join(found)


def day(on: date | None) -> str:
    """Return a date, or a dash."""
    return on.isoformat() if on else NONE


def span(first: date | None, last: date | None) -> str:
    """Return two dates, both included."""
    return f"{day(first)} – {day(last)}" if first or last else NONE


def period(report: Report) -> str:
    """Return the dates that a report is about, and how far its figures reach while they are not over."""
    whole = span(report.period.starts_on, report.period.ends_on)
    if not report.period.is_to_date:
        return whole
    return _("%(period)s（数据截至 %(day)s）") % {"period": whole, "day": day(report.period.through_on)}


def instant(at: datetime, zone: str) -> str:
    """Return an instant by the contract's wall clock, named."""
    there = ZoneInfo(zone)
    return f"{at.astimezone(there):%Y-%m-%d %H:%M} {zone_words(there)}"


def length(seconds: float | None) -> str:
    """Return a length of open time in words, or a dash."""
    return NONE if seconds is None else length_words(timedelta(seconds=seconds))


def trend(now: float, before: float | None) -> str:
    """Return how much more or less it is than before, in percent; nothing where there was nothing before."""
    if not before:
        return pgettext("report", "新增") if before == 0 and now else ""
    change = round(100 * (now - before) / before)
    return pgettext("report", "持平") if change == 0 else f"{change:+d}%".replace("-", "−")


def amount(value: float | None, unit: str = "") -> str:
    """Return an amount of a right with its unit, or a dash."""
    return NONE if value is None else f"{value:g} {unit}".strip()


def month_names(months: list[str]) -> list[str]:
    """Return how months are named under a chart: by themselves where all lie in one year."""
    days = [date.fromisoformat(f"{month}-01") for month in months]
    if len({one.year for one in days}) > 1:
        return months
    return [dateformat.format(one, pgettext("month under a chart", "n月")) for one in days]
