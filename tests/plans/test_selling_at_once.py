"""Many who sign for one customer, or change one contract, at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from django.db import close_old_connections, connection

from plans.actions import Agreed, Owned, sign, take_seat
from plans.history.states import folded, state_of
from plans.models import Contract, Customer, Plan, Product, User
from plans.refusals import RefusedError
from tests.world import plans

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]
SELLERS = 8


def at_once(work: Callable[[int], str]) -> list[str]:
    """Let as many sellers begin together, each on a connection of their own; return what came of it."""
    start = Barrier(SELLERS)

    def one(number: int) -> str:
        close_old_connections()
        start.wait(20)
        try:
            return work(number)
        except RefusedError as refused:
            return refused.code
        finally:
            connection.close()

    with ThreadPoolExecutor(SELLERS) as pool:
        return sorted(pool.map(one, range(SELLERS)))


@pytest.fixture
def customer(transactional_db: None) -> Customer:
    """Return a customer whom everybody wants to sell to."""
    plans()
    return Customer.objects.create(code="wanted", name="抢手的公司")


def signed(customer: Customer, number: int) -> str:
    sign(
        customer=customer, plan=Plan.objects.current().get(code="yonsuite-premier"), number=f"C-{number}",
        starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31),
        agreed=Agreed(products=(Owned(Product.objects.get(code="yonsuite-finance")),)),
    )  # fmt: skip
    return "signed"


def test_of_many_who_sign_the_same_at_once_one_does(customer: Customer) -> None:
    assert at_once(lambda number: signed(customer, number)) == ["contract_overlaps"] * (SELLERS - 1) + ["signed"]
    assert Contract.objects.count() == 1


def test_changes_made_at_once_are_all_written_each_with_its_number(customer: Customer) -> None:
    signed(customer, 0)
    contract = Contract.objects.get()
    for number in range(SELLERS):
        User.objects.create(username=f"seller{number}", role="expert")

    def join(number: int) -> str:
        user = User.objects.get(username=f"seller{number}")
        take_seat(contract=Contract.objects.get(), seat="member", user=user, actor=user)
        return "joined"

    assert at_once(join) == ["joined"] * SELLERS
    rows = list(contract.changes.order_by("number"))
    assert [row.number for row in rows] == list(range(1, SELLERS + 2))
    assert all(len(row.changed) == 1 for row in rows[1:])
    assert folded(row.changed for row in rows) == state_of(contract)
