"""A contract's term: where it stands on a day, and the contract's own days of the year."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from plans.models import Contract

# From so many days before its last one, a term is said to be ending.
ENDING = 90


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a term stands on a day: `state` is ahead, in_force, ending or over; both end dates belong to it."""

    state: str
    today: date
    first: date
    last: date

    @property
    def days_left(self) -> int:
        """Return how many days come after today until the last one; 0 on the last, negative once it is over."""
        return (self.last - self.today).days

    @property
    def days_ahead(self) -> int:
        """Return how many days it is until the first one."""
        return (self.first - self.today).days

    @property
    def share(self) -> float:
        """Return how much of the term has passed by the end of today, from 0 to 100."""
        whole = (self.last - self.first).days + 1
        passed = (self.today - self.first).days + 1
        return round(100 * min(max(passed, 0), whole) / whole, 2)


def local_date(contract: Contract, at: datetime) -> date:
    """Return the date on which an instant falls for a contract."""
    return at.astimezone(ZoneInfo(contract.timezone)).date()


def last_day(contract: Contract) -> date:
    """Return the last day of a contract's term, its early end if it has one."""
    return min(contract.ends_on, contract.ended_on or contract.ends_on)


def standing_of(contract: Contract, at: datetime) -> Standing:
    """Return where a contract's term stands at an instant, by the local date of its zone."""
    return standing_on(contract, local_date(contract, at))


def standing_on(contract: Contract, today: date) -> Standing:
    """Return where a contract's term stands on a local date."""
    return standing_between(contract.starts_on, last_day(contract), today)


def standing_between(first: date, last: date, today: date) -> Standing:
    """Return where a term from one day to another stands on a day."""
    if today < first:
        state = "ahead"
    elif today > last:
        state = "over"
    else:
        state = "ending" if last - today <= timedelta(days=ENDING) else "in_force"
    return Standing(state, today, first, last)
