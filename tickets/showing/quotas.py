"""What a contract gives and what became of it, as the console, the portal and files show it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from plans.engagements.offered import is_bookable, is_gathered
from plans.models import Contract, Quota, QuotaEntry
from plans.quotas import Balance
from plans.quotas.rights import Right, rights_of
from plans.quotas.statements import PAGE, Account, Line, Statement, statement_of, usual_span
from plans.quotas.words import amount_words, left_words, number_words, promised_words, unit_name, window_words
from plans.terms import local_date
from plans.wording import name_of, text_of
from tickets.showing.spreadsheet import csv_lines

# A bar is drawn over this many units, so that a part of it needs no more than a whole number.
WIDE = 1000
# A gap between the parts of what is counted one by one, as long as there are no more of them than this.
GAP, PIPS = 8, 24
Kind = QuotaEntry.Kind


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a bar: where it begins and how wide it is, and what it stands for."""

    state: str
    x: int
    width: int


@dataclass(frozen=True, slots=True)
class Counted:
    """One amount as a page shows it; figures are plain numbers in words."""

    right: Right
    name: str
    promise: str
    section: str
    clause: str
    promised: str
    unit: str
    granted: str
    used: str
    reserved: str
    expired: str
    left: str
    left_words: str
    window: str
    ends_on: date
    days_left: int
    is_lapsing: bool
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True)
class Uncounted:
    """One right that nothing bounds, or whose number is still to be published."""

    right: Right
    name: str
    promise: str
    section: str
    clause: str
    words: str
    # What people deliver may be given an amount by the contract alone. Source: K06
    may_be_granted: bool


def shown_rights(contract: Contract, at: datetime) -> tuple[list[Counted], list[Uncounted]]:
    """Return what a contract gives as of an instant: what is counted, and everything else."""
    today = local_date(contract, at)
    counted: list[Counted] = []
    others: list[Uncounted] = []
    for right in rights_of(contract, today):
        if right.balance:
            counted.append(_counted(right, right.balance, today))
        else:
            others.append(_uncounted(right))
    return counted, others


def _counted(right: Right, balance: Balance, today: date) -> Counted:
    item, quota = right.entitlement.item, balance.quota
    days_left = (balance.ends_on - today).days
    figures = {
        name: number_words(getattr(balance, name)) for name in ("granted", "used", "reserved", "expired", "left")
    }
    return Counted(
        right=right,
        name=name_of(item),
        promise=item.promise,
        section=item.section,
        clause=text_of(item, "clause"),
        promised=promised_words(quota.amount, quota.unit, quota.period) if quota.amount else "",
        unit=unit_name(balance.unit),
        left_words=amount_words(balance.left, balance.unit),
        window=window_words(quota.period, quota.number),
        ends_on=balance.ends_on,
        days_left=days_left,
        is_lapsing=balance.left > 0 and 0 <= days_left <= max(settings.QUOTA_WARN_DAYS),
        parts=parts_of(balance),
        **figures,
    )


def _uncounted(right: Right) -> Uncounted:
    item = right.entitlement.item
    may_be_granted = is_bookable(item) or is_gathered(item)
    words = left_words(right)
    return Uncounted(right, name_of(item), item.promise, item.section, text_of(item, "clause"), words, may_be_granted)


def parts_of(balance: Balance) -> list[Part]:
    """Return the bar of an amount: used, held, lapsed and left, in this order; one box each of what is counted."""
    if not balance.granted:
        return []
    shares = [(name, getattr(balance, name)) for name in ("used", "reserved", "expired", "left")]
    if balance.granted <= PIPS and all(amount == int(amount) for _name, amount in shares):
        return _boxes([name for name, amount in shares for _each in range(int(amount))])
    edges = [Decimal(0)]
    for _name, amount in shares:
        edges.append(edges[-1] + amount)
    places = [int(edge * WIDE / balance.granted) for edge in edges]
    spans = zip(shares, pairwise(places), strict=True)
    return [Part(name, start, end - start) for (name, _amount), (start, end) in spans if end > start]


def _boxes(states: list[str]) -> list[Part]:
    edges = [place * (WIDE + GAP) // len(states) for place in range(len(states) + 1)]
    return [Part(state, start, end - start - GAP) for state, (start, end) in zip(states, pairwise(edges), strict=True)]


@dataclass(frozen=True, slots=True)
class Booked:
    """One line of a statement as a page shows it."""

    key: int
    at: datetime
    kind: str
    kind_name: str
    plus: str
    minus: str
    held: str
    left: str
    cause: str
    on: date | None
    actor: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """One amount on a statement."""

    quota: Quota
    name: str
    promise: str
    section: str
    unit: str
    window: str
    opening: str
    closing: str
    lines: Sequence[Booked]


@dataclass(frozen=True, slots=True)
class Paged:
    """A page of a statement: from which line to which of how many, and where the others are."""

    first: date
    last: date
    sheets: Sequence[Sheet]
    count: int
    number: int
    pages: int


def shown_statement(contract: Contract, span: tuple[date, date], page: int) -> Paged:
    """Return one page of a statement; a page that is none is the last one."""
    statement = statement_of(contract, *span, before=(page - 1) * PAGE, limit=PAGE)
    pages = max(1, -(-statement.count // PAGE))
    if page > pages:
        return shown_statement(contract, span, pages)
    sheets = [sheet_of(account) for account in statement.accounts if account.lines or page == 1]
    return Paged(*span, sheets, statement.count, page, pages)


def sheet_of(account: Account) -> Sheet:
    """Return one amount of a statement in words."""
    quota = account.quota
    return Sheet(
        quota=quota,
        name=name_of(quota.item),
        promise=quota.item.promise,
        section=quota.item.section,
        unit=unit_name(quota.unit),
        window=window_words(quota.period, quota.number),
        opening=number_words(account.opening.left),
        closing=number_words(account.closing.left),
        lines=[booked(line) for line in account.lines],
    )


def booked(line: Line) -> Booked:
    """Return a line in words: what it adds and takes, what it holds, and what was left then."""
    change = line.change
    return Booked(
        key=line.pk,
        at=line.at,
        kind=line.kind,
        kind_name=str(Kind(line.kind).label),
        plus=number_words(change) if change > 0 else "",
        minus=number_words(-change) if change < 0 else "",
        held=number_words(line.reserved) if line.reserved > 0 else "",
        left=number_words(line.left),
        cause=text_of(line, "cause"),
        on=line.on,
        actor=text_of(line, "actor"),
    )


def span_of(contract: Contract, asked: Mapping[str, str], at: datetime) -> tuple[tuple[date, date], str]:
    """Return the span that an address asks for, and what is wrong with it; the contract's year in that case."""
    usual = usual_span(contract, local_date(contract, at))
    try:
        first = date.fromisoformat(asked.get("from") or usual[0].isoformat())
        last = date.fromisoformat(asked.get("to") or usual[1].isoformat())
    except ValueError:
        return usual, _("日期应写作 2026-03-01。")
    return (usual, _("结束日期早于开始日期。")) if last < first else ((first, last), "")


def page_in(asked: Mapping[str, str]) -> int:
    """Return the number of the page that an address asks for; the first where it names none."""
    said = asked.get("page", "")
    return max(1, int(said[:9])) if said.isdecimal() else 1


def file_of(contract: Contract, span: tuple[date, date], *, with_actors: bool = True) -> HttpResponse:
    """Return a statement as a download for spreadsheets, however long it is."""
    lines = csv_lines(table_of(statement_of(contract, *span), with_actors=with_actors))
    name = f"{contract.number}-{span[0]:%Y%m%d}-{span[1]:%Y%m%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse("".join(lines), content_type="text/csv; charset=utf-8", headers=headers)


def table_of(statement: Statement, *, with_actors: bool) -> Iterator[Sequence[object]]:
    """Yield a statement as rows of a file, its columns first; instants in the contract's zone."""
    columns = (
        _("条款编号"), _("服务项"), _("单位"), _("可用自"), _("可用至"), _("时间"), _("类别"),
        pgettext("statement", "增加"), pgettext("statement", "减少"), _("剩余"), _("使用日期"), _("缘由"),
    )  # fmt: skip
    yield (*columns, _("操作人")) if with_actors else columns
    zone = ZoneInfo(statement.contract.timezone)
    for account in statement.accounts:
        quota, sheet = account.quota, sheet_of(account)
        for line in sheet.lines:
            cells = (
                f"{sheet.promise} {sheet.section}", sheet.name, sheet.unit, quota.starts_on, quota.ends_on,
                f"{line.at.astimezone(zone):%Y-%m-%d %H:%M}", line.kind_name, line.plus, line.minus, line.left,
                line.on or "", line.cause,
            )  # fmt: skip
            yield (*cells, line.actor) if with_actors else cells
