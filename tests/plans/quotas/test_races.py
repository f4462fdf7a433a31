"""Twenty people book the same amount at the same moment. Real concurrent sessions."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from plans.actions import quotas
from plans.actions.quotas import Posting
from plans.models import Contract, Customer, Plan, QuotaEntry
from plans.quotas import balance_of
from plans.refusals import RefusedError
from tests.hours import beijing
from tests.plans.conftest import contract_of
from tests.world import plans

pytestmark = pytest.mark.django_db(transaction=True)
AT, ON = beijing("2026-03-02 10:00"), date(2026, 3, 2)
MANY = 20


@pytest.fixture
def contract() -> Contract:
    plans()
    Plan.objects.current().get(code="yonsuite-premier")
    assert not Customer.objects.exists()
    return contract_of("race", "yonsuite-premier", [])


def at_once(work: Callable[[int], str]) -> Counter[str]:
    """Run a work twenty times in sessions of their own, all from the same moment on; count how they ended."""
    ready, ended = threading.Barrier(MANY), Counter[str]()

    def run(number: int) -> None:
        try:
            connection.ensure_connection()
            ready.wait(30)
            how = work(number)
        except RefusedError as refused:
            how = refused.code
        finally:
            connection.close()
        ended[how] += 1

    threads = [threading.Thread(target=run, args=(number,)) for number in range(MANY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    return ended


def test_twenty_bookings_at_once_take_no_more_than_there_is__Y14(contract):
    check = contract.entitlements.get(item__promise="Y14")

    def book(number: int) -> str:
        quotas.reserve(entitlement=check, amount=Decimal(1), on=ON, posting=Posting(AT, f"b{number}", "预约"))
        return "booked"

    assert at_once(book) == {"booked": 4, "quota_used_up": 16}
    balance = balance_of(check, ON)
    assert (balance.reserved, balance.left) == (4, 0)


def test_one_booking_sent_twenty_times_at_once_is_booked_once(contract):
    check = contract.entitlements.get(item__promise="Y14")

    def book(_number: int) -> str:
        entry = quotas.reserve(entitlement=check, amount=Decimal(1), on=ON, posting=Posting(AT, "same", "预约"))
        return str(entry.pk)

    assert list(at_once(book).values()) == [MANY]
    assert balance_of(check, ON).reserved == 1


def test_one_reservation_is_used_or_released_once(contract):
    check = contract.entitlements.get(item__promise="Y14")
    kept = quotas.reserve(entitlement=check, amount=Decimal(1), on=ON, posting=Posting(AT, "kept", "预约"))

    def finish(number: int) -> str:
        posting = Posting(AT, f"f{number}", "交付或取消")
        if number % 2:
            quotas.release(reserved=kept, posting=posting)
        else:
            quotas.consume(entitlement=check, amount=Decimal(1), on=ON, posting=posting, reserved=kept)
        return "done"

    assert at_once(finish) == {"done": 1, "reservation_ended": 19}
    assert balance_of(check, ON).reserved == 0


def test_twenty_workers_let_an_amount_lapse_once(contract):
    at_once(lambda _number: str(quotas.due(at=beijing("2027-01-01 00:00"))) and "looked")
    assert QuotaEntry.objects.filter(kind="expire").count() == contract.quotas.count() == 3


def test_laid_out_by_twenty_at_once_it_is_laid_out_once(contract):
    before = QuotaEntry.objects.count()
    at_once(lambda _number: quotas.lay_out(contract=contract, at=AT) or "laid")
    assert QuotaEntry.objects.count() == before
