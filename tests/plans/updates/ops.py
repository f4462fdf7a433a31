"""How the tests of updates sign contracts, lay windows out and find them."""

from datetime import date
from typing import Any

from plans.actions.contracts import Agreed, Owned, sign
from plans.actions.updates.following import look_ahead
from plans.models import Contact, Contract, Customer, OwnedProduct, Plan, Product, Role, UpdateWindow, User
from tests.hours import beijing

GALAXY, AGILE, STABLE, STELLAR = "galaxy-multi-tenant", "agile", "stable", "stellar"


def running(
    product: str = "galaxy", deployment: str = "public_cloud", tenancy: str = "", *, pace: str = "",
    customised: bool | None = None, tenant: str = "", version: str = "",
) -> Owned:  # fmt: skip
    """Return a product as it runs."""
    row = Product.objects.get(code=product)
    return Owned(row, deployment, tenant, version, 1, tenancy, pace, customised)


def contract_with(
    *owned: Owned, code: str = "tide", plan: str = "kingdee-advanced", first: date = date(2026, 1, 1),
    last: date = date(2027, 12, 31), seats: Any = (),
) -> Contract:  # fmt: skip
    """Sign a contract for these running products with a customer of its own."""
    customer = Customer.objects.create(code=code, name=f"{code}公司", name_en=f"{code} Ltd")
    return sign(
        customer=customer, plan=Plan.objects.current().get(code=plan), number=f"C-{code}", starts_on=first,
        ends_on=last, agreed=Agreed(products=owned, account_team=seats),
    )  # fmt: skip


def owned_of(contract: Contract) -> OwnedProduct:
    """Return the one product of a contract."""
    return contract.owned_products.select_related("product").get()


def admin_of(contract: Contract, language: str = "zh-hans") -> Contact:
    """Give a customer an administrator who is written to."""
    name = f"admin-{contract.customer.code}"
    user = User.objects.create(
        username=name, name="高管理", role=Role.CUSTOMER_ADMIN, email=f"{name}@customer.example", language=language
    )
    return Contact.objects.create(
        customer=contract.customer, user=user, name="高管理", name_en="Gao", email=user.email, language=language
    )


def laid_out(wall: str) -> None:
    """Look ahead at a wall time of Beijing."""
    look_ahead(at=beijing(wall))


def windows(policy: str, **more: Any) -> list[UpdateWindow]:
    """Return the windows of one policy, the earliest first."""
    return list(UpdateWindow.objects.filter(policy=policy, **more).order_by("starts_at"))
