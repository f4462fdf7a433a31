"""Load the plans, give one customer a contract and a contact, and print a key of both channels. Run as a module."""

from datetime import timedelta

import django

django.setup()

from plans.actions.contracts import Agreed, Owned, sign  # noqa: E402
from plans.actions.keys import issue_key  # noqa: E402
from plans.loading import load  # noqa: E402
from plans.models import Contact, Customer, Plan, Product  # noqa: E402
from sla.clock import database_now  # noqa: E402


def seed() -> str:
    """Write the rows and return the key's secret."""
    load()
    at = database_now()
    customer = Customer.objects.create(code="bench", name="基准公司", name_en="Bench Ltd")
    sign(
        customer=customer,
        plan=Plan.objects.current().get(code="yonsuite-premier"),
        number="C-BENCH",
        starts_on=(at - timedelta(days=300)).date(),
        ends_on=(at + timedelta(days=300)).date(),
        agreed=Agreed(products=(Owned(Product.objects.get(code="yonsuite-finance")),)),
    )
    Contact.objects.create(
        customer=customer, name="王会计", email="bench@bench.example", phone="13800000001", is_certified=True
    )
    return issue_key(name="bench", scopes=["intake:portal", "intake:hotline"], at=at)[1]


print(seed())
