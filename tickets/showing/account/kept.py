"""How a customer's promised times were kept in the contract's running year, promise by promise and month by month."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from tickets.reports.figures.promises import kept
from tickets.reports.shape import MonthKept, Promise, Words
from tickets.reports.wording import share_words
from tickets.showing.account.reading import Account
from tickets.showing.account.used import began_at
from tickets.showing.wording import in_english

# A month's column is drawn so high at most, and stands so far from the next.
HIGH, STEP = 32, 24
# Up to so many tickets the figures take no longer than the page around them.
QUICK = 20_000


@dataclass(frozen=True, slots=True)
class Column:
    """One month of a promise: where it stands, how high kept and missed are drawn, and the figures."""

    x: int
    kept: int
    missed: int
    month: MonthKept

    @property
    def share(self) -> str:
        """Return the share that was kept; a dash where there was nothing to judge."""
        return share_words(self.month.share)


@dataclass(frozen=True, slots=True)
class Line:
    """One promise over the year, in the reader's language."""

    promise: Promise
    name: str
    clause: str
    target: str
    share: str
    columns: Sequence[Column]

    @property
    def width(self) -> int:
        """Return how wide its columns are together."""
        return STEP * len(self.columns)


@dataclass(frozen=True, slots=True)
class Year:
    """The running year of the contract that is meant first, and how each promise of all contracts was kept in it."""

    first: date
    last: date
    lines: Sequence[Line]


def is_quick(account: Account) -> bool:
    """Tell whether a page may wait for these figures: they go through every ticket of the year."""
    if not account.running:
        return True
    began = began_at(account.running[0])
    return account.tickets.filter(opened_at__gte=began).order_by()[: QUICK + 1].count() <= QUICK


def kept_of(account: Account) -> Year | None:
    """Return how promises were kept this year until now; None while no contract runs."""
    if not account.running:
        return None
    main = account.running[0]
    contracts = [one.contract for one in account.running]
    promises = kept(contracts, began_at(main), account.at, with_times=False)
    return Year(*main.year, [_line(promise) for promise in promises])


def _line(promise: Promise) -> Line:
    return Line(
        promise=promise,
        name=_said(promise.label),
        clause=f"{promise.promise} {_said(promise.clause)}",
        target=_said(promise.target),
        share=share_words(promise.share),
        columns=columns_of(promise.months),
    )


def _said(words: Words) -> str:
    return words.said("en" if in_english() else "zh")


def columns_of(months: Iterable[MonthKept]) -> list[Column]:
    """Return months as columns, the fullest of them as high as can be; what is something is never drawn as nothing."""
    rows = list(months)
    most = max((row.kept + row.missed for row in rows), default=0) or 1
    return [Column(STEP * place, _high(row.kept, most), _high(row.missed, most), row) for place, row in enumerate(rows)]


def _high(count: int, most: int) -> int:
    return max(round(HIGH * count / most), 2) if count else 0
