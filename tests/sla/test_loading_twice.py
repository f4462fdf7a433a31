"""Two who write the catalogue at once: the second finds what the first wrote, and adds nothing."""

import threading
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection, transaction

from plans.actions.catalogue import Offer, put_plans
from sla.actions import Change, Hours, Promise, Terms, put_calendars, put_policy

pytestmark = pytest.mark.django_db(transaction=True)

TARGET = Promise(
    metric="first_response", amount=Decimal(7200), unit="seconds", rule="duration", calendar="a5", met_on=("reply",),
    promise="Y18", clause="§3.1.1",
)  # fmt: skip
RULES = {
    "timezone": "Asia/Shanghai", "working_day_seconds": 28800, "holidays": None, "special": [],
    "weekly": {"mon": [["08:30", "17:30"]]},
}  # fmt: skip
WRITES: dict[str, Callable[[], list[Change]]] = {
    "policy": lambda: [put_policy(terms=Terms("twice", "两次", "Twice", (TARGET,)))],
    "calendar": lambda: put_calendars(calendars=[Hours("twice", "两次", "Twice", RULES)]),
    "plan": lambda: put_plans(offers=[Offer("twice", "kingdee", "两次", "Twice", "两", 5, "?", ())]),
}


def is_waited_for() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


@pytest.mark.parametrize("what", WRITES)
def test_who_writes_the_catalogue_at_the_same_time_adds_no_second_version(what: str) -> None:
    outcomes: list[str] = []

    def second() -> None:
        try:
            outcomes.extend(change.outcome.value for change in WRITES[what]() if change.code == "twice")
        finally:
            connection.close()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        WRITES[what]()
        thread.start()
        while thread.is_alive() and not is_waited_for():
            thread.join(0.01)
    thread.join(20)
    assert outcomes == ["unchanged"]
