"""Warnings while there is time, and the lapse: each once, at the local day of the contract."""

from datetime import date
from decimal import Decimal

import pytest

from plans.actions import quotas
from plans.actions.quotas import Posting
from plans.models import AccountNotice, Quota, QuotaEntry
from plans.quotas import balance_of
from tests.clocks import clock_at
from tests.hours import beijing
from tests.plans.conftest import contract_of

ON = date(2026, 3, 2)


@pytest.fixture
def check(db):
    """Return the health checks of 2026, the only amount that anybody is told of."""
    with clock_at("2026-01-01 09:00"):
        found = contract_of("lapse", "yonsuite-premier", []).entitlements.get(item__promise="Y14")
    Quota.objects.exclude(entitlement=found).update(next_step_at=None)
    return found


def told() -> list[tuple[object, ...]]:
    rows = AccountNotice.objects.filter(kind="quota_lapsing").order_by("pk")
    return [(row.about["days"], *row.about["left"].values(), tuple(row.to)) for row in rows]


def test_unused_rights_are_told_sixty_and_fourteen_days_before_they_lapse_once_each(check):
    to = ("success_manager", "customer_admins")
    for wall, expected in [
        ("2026-11-01 08:59", []),
        ("2026-11-01 09:00", [(60, "4", to)]),
        ("2026-11-01 09:01", [(60, "4", to)]),
        ("2026-12-17 08:59", [(60, "4", to)]),
        ("2026-12-17 09:00", [(60, "4", to), (14, "4", to)]),
        ("2026-12-31 23:59", [(60, "4", to), (14, "4", to)]),
    ]:
        quotas.due(at=beijing(wall))
        quotas.due(at=beijing(wall))
        assert told() == expected, wall


def test_nobody_is_told_of_what_is_used_up(check):
    quotas.consume(entitlement=check, amount=Decimal(4), on=ON, posting=Posting(beijing("2026-03-02"), "a", "交付"))
    quotas.due(at=beijing("2026-11-01 09:00"))
    assert told() == []


def test_what_is_left_lapses_once_at_the_end_of_the_last_day(check):
    quotas.due(at=beijing("2026-12-31 23:59"))
    assert balance_of(check, ON).left == 4
    for _again in range(3):
        quotas.due(at=beijing("2027-01-01 00:00"))
    balance = balance_of(check, ON)
    assert (balance.expired, balance.left) == (4, 0)
    assert QuotaEntry.objects.filter(quota__entitlement=check, kind="expire").count() == 1
    assert not Quota.objects.filter(next_step_at__isnull=False).exists()


def test_a_day_ends_by_the_clock_of_the_contract(cast):
    contract = contract_of("abroad", "yonsuite-premier", [])
    contract.timezone = "America/New_York"
    contract.save()
    quota = Quota.objects.get(contract=contract, item__promise="Y14")
    Quota.objects.filter(pk=quota.pk).update(next_step_at=beijing("2026-12-31 12:00"))
    quotas.due(at=beijing("2027-01-01 12:59"))
    assert balance_of(quota.entitlement, ON).left == 4
    quotas.due(at=beijing("2027-01-01 13:00"))
    assert balance_of(quota.entitlement, ON).left == 0


def test_a_window_shorter_than_the_warning_is_not_warned_of_before_it_begins(cast):
    contract = contract_of("short", "kingdee-advanced", [], term=(date(2026, 11, 20), date(2026, 12, 31)))
    Quota.objects.exclude(contract=contract, item__promise="K13").update(next_step_at=None)
    quotas.due(at=beijing("2026-12-16 09:00"))
    assert told() == []
    quotas.due(at=beijing("2026-12-17 09:00"))
    assert [days for days, *_more in told()] == [14]


def test_amounts_of_one_contract_that_lapse_together_are_told_together(db):
    with clock_at("2026-01-01 09:00"):
        contract_of("many", "yonsuite-premier", [])
    quotas.due(at=beijing("2026-11-01 09:00"))
    assert [days_and_amounts[:-1] for days_and_amounts in told()] == [(60, "2", "4", "4")]
