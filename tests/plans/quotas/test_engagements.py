"""What an installation uses: an environment of two, and some of the person-days of all private operations. K05"""

from datetime import date
from decimal import Decimal
from types import SimpleNamespace

from plans.actions.engagements.delivering import Took, deliver
from plans.quotas import balance_of
from tests.hours import beijing
from tests.plans.engagements.desk import agreed, asked, customer, slot


def left(contract, service: str) -> Decimal:
    return balance_of(contract.entitlements.get(item__service=service), date(2026, 3, 20)).left


def test_an_installation_uses_an_environment_and_person_days__K05(cast: SimpleNamespace):
    engagement = asked(cast.kingdee, "private_installation", cast.kd, amount=Decimal(1))
    agreed(engagement, cast.success, customer(cast.kd), slot("2026-03-20 09:00"))
    assert (left(cast.kingdee, "private_installation"), left(cast.kingdee, "private_operations")) == (1, 3)
    took = Took(person_days=Decimal("1.5"), amount=Decimal(1))
    deliver(engagement=engagement, actor=cast.technical, at=beijing("2026-03-20 18:00"), took=took)
    assert (left(cast.kingdee, "private_installation"), left(cast.kingdee, "private_operations")) == (1, Decimal("1.5"))
