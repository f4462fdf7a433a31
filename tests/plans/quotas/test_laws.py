"""Whatever is done to an amount in whatever order, it never goes below zero, and the sums are those of its lines."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plans.actions import quotas
from plans.actions.quotas import Posting
from plans.models import Entitlement, QuotaEntry
from plans.quotas import balance_of
from plans.refusals import RefusedError
from tests.hours import beijing
from tests.plans.conftest import contract_of

ON = date(2026, 3, 2)
AMOUNTS = st.sampled_from([Decimal(text) for text in ("0.25", "0.5", "1", "1.5", "2", "3")])
ACTS = st.lists(
    st.tuples(
        st.sampled_from(["grant", "reserve", "use", "use_held", "release", "give_back", "take", "lapse"]), AMOUNTS
    ),
    max_size=14,
)


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_left_is_never_negative_and_the_sums_are_those_of_the_replay(acts):
    with transaction.atomic():
        walk(acts)
        transaction.set_rollback(True)


@dataclass
class Life:
    """One amount and what was done with it so far."""

    work: Entitlement
    held: list[QuotaEntry] = field(default_factory=list)
    used: list[QuotaEntry] = field(default_factory=list)

    def reserve(self, **usual: Any) -> None:
        self.held.append(quotas.reserve(**usual))

    def use(self, **usual: Any) -> None:
        self.used.append(quotas.consume(**usual))

    def use_held(self, **usual: Any) -> None:
        if self.held:
            self.used.append(quotas.consume(**usual, reserved=self.held.pop()))

    def release(self, posting: Posting, **_rest: Any) -> None:
        if self.held:
            quotas.release(reserved=self.held.pop(), posting=posting)

    def give_back(self, amount: Decimal, posting: Posting, **_rest: Any) -> None:
        if self.used:
            quotas.correct(quota=self.used[-1].quota, amount=amount, posting=posting, of=self.used[-1])

    def take(self, amount: Decimal, posting: Posting, **_rest: Any) -> None:
        quotas.correct(quota=self.work.quotas.get(), amount=-amount, posting=posting)

    def lapse(self, posting: Posting, **_rest: Any) -> None:
        quotas.expire(quota=self.work.quotas.get(), posting=posting)

    def grant(self, **usual: Any) -> None:
        quotas.grant(**usual)


def walk(acts):
    contract = contract_of("law", "kingdee-advanced", [])
    life = Life(contract.entitlements.get(item__service="private_operations"))
    for number, (act, amount) in enumerate(acts):
        posting = Posting(beijing("2026-03-02 10:00"), f"act:{number}", "做", "Done")
        left = balance_of(life.work, ON).left
        with suppress(RefusedError), transaction.atomic():
            getattr(life, act)(entitlement=life.work, amount=amount, on=ON, posting=posting)
            left = None
        assert left is None or balance_of(life.work, ON).left == left, "a refusal books nothing"
        replayed(life.work, life.work.quotas.get())


def replayed(work, quota):
    """Check the sums against a replay of the lines from the first on."""
    left = Decimal(0)
    for position, entry in enumerate(quota.entries.order_by("position"), 1):
        left += entry.granted - entry.reserved - entry.used - entry.expired
        assert (entry.position, entry.left) == (position, left)
        assert left >= 0
    balance = balance_of(work, ON)
    assert balance.left == left
    assert min(balance.granted, balance.reserved, balance.used, balance.expired) >= 0
