"""A statement: what has a place on it, and that each begins where the one before it ended."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from plans.actions import quotas
from plans.actions.quotas import Posting
from plans.models import Contract, QuotaEntry
from plans.quotas.statements import statement_of, usual_span
from tests.clocks import clock_at
from tests.hours import beijing
from tests.plans.conftest import contract_of

MARCH = (date(2026, 3, 1), date(2026, 3, 31))


@pytest.fixture
def contract(db: None) -> Contract:
    """Return a contract of two years that was signed when it began."""
    with clock_at("2026-01-01 09:00"):
        return contract_of("two", "yonsuite-premier", [], term=(date(2026, 1, 1), date(2027, 12, 31)))


def deeds(contract: Contract) -> None:
    """Use a check in March, hold one for the next year, and release it in May."""
    check = contract.entitlements.get(item__promise="Y14")
    usual = {"entitlement": check, "amount": Decimal(1)}
    quotas.consume(**usual, on=date(2026, 3, 10), posting=Posting(beijing("2026-03-31 23:59"), "a", "三月"))
    held = quotas.reserve(**usual, on=date(2027, 2, 1), posting=Posting(beijing("2026-04-01 00:00"), "b", "明年"))
    quotas.release(reserved=held, posting=Posting(beijing("2026-05-05 10:00"), "c", "改期"))


def lines(contract: Contract, first: date, last: date) -> list[tuple[str, int, str, float]]:
    said = statement_of(contract, first, last)
    return [
        (account.quota.item.promise, account.quota.number, line.kind, float(line.left))
        for account in said.accounts
        for line in account.lines
    ]


def test_a_line_stands_on_the_local_day_on_which_it_was_booked(contract):
    deeds(contract)
    assert lines(contract, *MARCH) == [("Y14", 1, "consume", 3)]
    assert lines(contract, date(2026, 4, 1), date(2026, 4, 30)) == [("Y14", 2, "reserve", 3)]


def test_what_was_only_granted_for_another_year_waits_for_that_year_s_statement(contract):
    year = statement_of(contract, date(2026, 1, 1), date(2026, 12, 31))
    assert {account.quota.number for account in year.accounts} == {1}
    following = statement_of(contract, date(2027, 1, 1), date(2027, 12, 31))
    assert [int(account.opening.left) for account in following.accounts] == [2, 4, 4]
    deeds(contract)
    year = statement_of(contract, date(2026, 1, 1), date(2026, 12, 31))
    again = [account for account in year.accounts if account.quota.number == 2]
    assert [[line.kind for line in account.lines] for account in again] == [["grant", "reserve", "release"]]


def test_each_statement_begins_where_the_one_before_it_ended(contract):
    deeds(contract)
    days = [date(2026, 1, 1), date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 6), date(2027, 1, 1)]
    closing: dict[int, Decimal] = {}
    for first, following in pairwise(days):
        for account in statement_of(contract, first, following - timedelta(days=1)).accounts:
            assert account.opening.left == closing.get(account.quota.pk, account.opening.left)
            assert account.closing.left == account.opening.left + sum(line.change for line in account.lines)
            closing[account.quota.pk] = account.closing.left
    assert sorted(closing.values()) == [2, 3, 4, 4]


def test_pages_hold_all_lines_once(contract):
    deeds(contract)
    whole = (date(2026, 1, 1), date(2027, 12, 31))
    count = statement_of(contract, *whole).count
    seen = [
        line.pk
        for before in range(0, count, 2)
        for account in statement_of(contract, *whole, before=before, limit=2).accounts
        for line in account.lines
    ]
    assert sorted(seen) == sorted(QuotaEntry.objects.filter(quota__contract=contract).values_list("pk", flat=True))
    assert len(seen) == len(set(seen)) == count


@pytest.mark.parametrize(
    ("today", "first", "last"),
    [
        ((2025, 1, 1), 2026, (2026, 12, 31)),
        ((2026, 7, 1), 2026, (2026, 12, 31)),
        ((2027, 12, 31), 2027, (2027, 12, 31)),
        ((2028, 1, 1), 2027, (2028, 1, 1)),
    ],
)
def test_a_statement_is_of_the_contract_s_year_and_after_the_term_shows_what_lapsed(contract, today, first, last):
    assert usual_span(contract, date(*today)) == (date(first, 1, 1), date(*last))
