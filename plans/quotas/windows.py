"""The windows over which an amount may be used: a contract's years, or its term. Pure."""

from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

YEAR, TERM = "year", "term"

Window = tuple[date, date]


def windows(period: str, first: date, last: date) -> list[Window]:
    """Return the windows of a term, both end dates included: its years, or the whole of it."""
    return years_of(first, last) if period == YEAR else [(first, last)]


def years_of(start: date, end: date) -> list[Window]:
    """Return a term's years from anniversary to anniversary, the last one as short as the term leaves it."""
    years: list[Window] = []
    first = start
    while first <= end:
        following = anniversary(start, len(years) + 1)
        years.append((first, min(following - timedelta(days=1), end)))
        first = following
    return years


def anniversary(start: date, years: int) -> date:
    """Return the date so many years on; 29 February falls on 1 March where there is none."""
    falls = start + relativedelta(years=years)
    return falls + timedelta(days=start.day - falls.day)
