"""A plan from its document to the customer: written, loaded, signed, read, picked from, and upgraded."""

from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from plans.actions.contracts import Agreed, Owned, sign
from plans.coverage import cover
from plans.models import Contact, Contract, Customer, Item, Plan, Product
from tests.clocks import clock_at
from tests.hours import beijing
from tests.plans.conftest import contact_of
from tests.plans.test_third_vendor import FASTER, LANHAI
from tests.world import World, person

AT = beijing("2026-09-28 09:30")
YEAR = {"starts_on": date(2026, 1, 1), "ends_on": date(2026, 12, 31)}


def customer_of(plan: str, product: str, number: str, **agreed) -> tuple[Contract, Contact]:
    """Sign a plan for a new customer of one product; return the contract and somebody who may ask."""
    customer = Customer.objects.create(code=number.lower(), name="远帆贸易", name_en="Far Sail")
    owned = (Owned(Product.objects.get(code=product)),)
    contract = sign(
        customer=customer, plan=Plan.objects.current().get(code=plan), number=number,
        agreed=Agreed(products=owned, **agreed), **YEAR,
    )  # fmt: skip
    return contract, contact_of(customer)


def decided(contract: Contract, contact: Contact, item: str, category: str = "how_to"):
    product = contract.owned_products.get().product
    return cover(contact, contract, item, product, "public_cloud", category, "portal", AT)


@pytest.mark.django_db
def test_gold_customer_gets_what_was_picked_with_what_it_needs_and_nothing_else__K19():
    contract, contact = customer_of("kingdee-gold", "galaxy", "C-G-1", picks=("K02", "K06"))
    held = set(contract.entitlements.values_list("item__promise", flat=True))
    assert held == {"K02", "K06", "K10", "K19"}
    ticket = decided(contract, contact, "ticket")
    assert (ticket.outcome, ticket.policy.code) == ("covered", "kingdee-advanced-ticket")
    refused = decided(contract, contact, "im")
    assert refused.outcome != "covered"


@pytest.mark.django_db
def test_advanced_customer_holds_what_the_standard_plan_has_and_more__K19():
    standard, _someone = customer_of("kingdee-standard", "galaxy", "C-S-1")
    advanced, _other = customer_of("kingdee-advanced", "galaxy", "C-A-1")
    held = {(row.item.promise, row.item.service) for row in advanced.entitlements.select_related("item")}
    assert {(row.item.promise, row.item.service) for row in standard.entitlements.select_related("item")} < held
    better = Item.objects.get(entitlements__contract=advanced, service="ticket")
    assert better.policy == "kingdee-advanced-ticket"


def test_third_vendor_s_document_becomes_a_plan_that_customers_read_and_upgrade(client, world: World, tmp_path: Path):
    out = StringIO()
    call_command("load_plans", "--check", str(LANHAI), stdout=out)
    assert "新增 计划 lanhai-pro v1" in out.getvalue()
    call_command("load_plans", str(LANHAI), stdout=out)
    contract, contact = customer_of("lanhai-pro", "lanhai-erp", "C-L-1")
    contact.user = person("far", "远帆", "customer", language="en")
    contact.language = "en"
    contact.save()

    client.force_login(contact.user)
    page = client.get("/portal/service/C-L-1/plan/").content.decode()
    assert "An engineer replies within four working hours." in page
    assert "From Basic Service" in page
    assert "Your plan" in page

    text = LANHAI.read_text()
    for before, after in FASTER:
        text = text.replace(before, after)
    edition = tmp_path / "lanhai.yaml"
    edition.write_text(text)
    call_command("load_plans", str(edition), stdout=out)
    page = client.get("/portal/service/C-L-1/plan/").content.decode()
    assert "v2 of this plan is sold now" in page
    assert decided(contract, contact, "ticket").clause == "§2.1 An engineer replies within four working hours."

    client.force_login(world.manager)
    with clock_at("2026-09-28 09:30"):
        said = {"version": 2, "reason": "客户同意新版"}
        assert client.post("/console/accounts/C-L-1/upgrade/apply/", said).status_code == 302
    contract.refresh_from_db()
    assert contract.plan.version == 2
    assert decided(contract, contact, "ticket").clause == "§2.1 An engineer replies within two working hours."
    change = contract.changes.order_by("number").last()
    assert (change.kind, change.reason, change.changed["plan"]) == (
        "plan", "客户同意新版", ["lanhai-pro/1", "lanhai-pro/2"],
    )  # fmt: skip
