"""A small cast around the plans."""

from datetime import date
from types import SimpleNamespace

import pytest

from plans.actions.contracts import Agreed, Owned, sign
from plans.models import Branch, Contact, Contract, Customer, Plan, Product, Team, User, Vendor
from sla.models import CalendarVersion, HolidaySet, Policy


@pytest.fixture
def cast(db: None) -> SimpleNamespace:
    """Return a YonSuite premier and a Kingdee advanced customer with their people."""
    team = Team.objects.create(code="hq", name="总部专家组", name_en="HQ experts", vendor="yonsuite")
    people = {
        name: User.objects.create(username=name, name=name, email=f"{name}@shouyue.example", role=role)
        for name, role in [("lead", "lead"), ("success", "expert"), ("technical", "expert"), ("manager", "manager")]
    }
    team.lead = people["lead"]
    team.save()
    branch = Branch.objects.create(
        code="my", name="马来西亚分公司", name_en="Malaysia", vendor="yonsuite", kind="branch",
        timezone="Asia/Kuala_Lumpur", calendar="yonsuite-my", language="en",
    )  # fmt: skip
    seats = (("success_manager", people["success"]), ("technical_manager", people["technical"]))
    yonsuite = contract_of("ys", "yonsuite-premier", [("yonsuite-finance", "public_cloud")], team=team, seats=seats)
    kingdee = contract_of("kd", "kingdee-advanced", [("galaxy", "public_cloud"), ("cosmic", "private_cloud")])
    return SimpleNamespace(
        team=team, branch=branch, yonsuite=yonsuite, kingdee=kingdee, **people,
        ys=contact_of(yonsuite.customer), kd=contact_of(kingdee.customer),
    )  # fmt: skip


def contract_of(
    code: str, plan: str, products: list[tuple[str, str]], *, team: Team | None = None,
    seats: tuple[tuple[str, User], ...] = (), picks: tuple[str, ...] = (), branch: Branch | None = None,
    term: tuple[date, date] = (date(2026, 1, 1), date(2026, 12, 31)), customer: Customer | None = None,
) -> Contract:  # fmt: skip
    """Sign a contract for 2026 with a customer of its own, unless said otherwise."""
    owned = tuple(Owned(Product.objects.get(code=product), deployment) for product, deployment in products)
    return sign(
        customer=customer or Customer.objects.create(code=code, name=f"{code}公司", name_en=f"{code} Ltd."),
        plan=Plan.objects.current().get(code=plan),
        number=f"C-{code}",
        starts_on=term[0],
        ends_on=term[1],
        agreed=Agreed(team=team, products=owned, account_team=seats, picks=picks, branch=branch),
    )


def contact_of(customer: Customer, *, certified: bool = True, language: str = "zh-hans") -> Contact:
    """Add a contact to a customer."""
    number = Contact.objects.count()
    return Contact.objects.create(
        customer=customer, name="王会计", email=f"c{number}@customer.example", is_certified=certified, language=language
    )


@pytest.fixture
def bare(db: None) -> None:
    """Empty the catalogue, for this test alone."""
    Plan.objects.exclude(includes=None).delete()
    for model in (Plan, Product, Vendor, Policy, CalendarVersion, HolidaySet):
        model.objects.all().delete()
